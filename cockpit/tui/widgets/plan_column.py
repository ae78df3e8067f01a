"""The column beside the launch form: what is expected of the training, then its plan."""

from __future__ import annotations

from typing import Final

from textual import getters
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.reactive import var

from cockpit.tui.forecast_rows import ASKED, Outlook, forecast_rows, short_forecast_rows
from cockpit.tui.widgets.facts import Fact, Facts
from cockpit.tui.widgets.rows import Rows
from cockpit.tui.widgets.rule_title import RuleTitle

ANSWERS_FROM: Final = 21
"""Rows from which each question has its title; below, it has one line."""


class PlanColumn(VerticalScroll):
    """Will it fit, how long, what does it cost; below, where and how it will run."""

    outlook: var[Outlook] = var(ASKED, init=False)
    facts: var[tuple[Fact, ...]] = var((), init=False)
    now_s: var[float] = var(0.0, init=False)
    """Epoch seconds."""

    rows = getters.query_one("#outlook", Rows)
    plan = getters.query_one("#plan", Facts)

    def compose(self) -> ComposeResult:
        """Yield the answers and the plan."""
        yield Rows(id="outlook")
        yield RuleTitle("Plan", id="plan-title")
        yield Facts(id="plan")

    def on_mount(self) -> None:
        """Leave the keys to form and list."""
        self.can_focus = False

    def on_resize(self) -> None:
        """Fit the answers to the new size."""
        self._show()

    def watch_outlook(self) -> None:
        """Show other answers."""
        self._show()

    def watch_now_s(self) -> None:
        """Move the end with the clock."""
        self._show()

    def watch_facts(self, facts: tuple[Fact, ...]) -> None:
        """Show another plan."""
        self.plan.facts = facts

    def _show(self) -> None:
        width = self.scrollable_content_region.width
        if width:
            lines = forecast_rows if self.size.height >= ANSWERS_FROM else short_forecast_rows
            self.rows.show(lines(self.outlook, self.now_s, width))
