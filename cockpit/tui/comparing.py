"""An app that compares runs: the marked ones, or one with another that is chosen from a list."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType

from cockpit.analysis.comparison.names import same_metrics
from cockpit.runs.phase import glyph
from cockpit.tui.messages import ChooseOther, CompareRuns
from cockpit.tui.run_acts import ActingApp
from cockpit.tui.screens.acting import ActingScreen
from cockpit.views.run_view import RunView


class ComparingApp(ActingApp):
    """Knows how to come to a comparison from wherever a run can be seen."""

    host: str
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("C", "compare", "compare", show=False, id="app.compare",
                tooltip="Compare this run with one from a list"),
    ]  # fmt: skip

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer a comparison where a run is shown and another one exists."""
        if action != "compare":
            return super().check_action(action, parameters)
        runs = self.snapshot.runs if self.snapshot else ()
        screen = self.screen if self.screen_stack else None
        return isinstance(screen, ActingScreen) and bool(screen.acted_on) and len(runs) > 1

    def action_compare(self) -> None:
        """Compare the marked runs; without any, ask with which."""
        screen = self.screen
        if not isinstance(screen, ActingScreen) or screen.acted_on is None:
            return
        run_id = screen.acted_on.run_id
        chosen = tuple(
            dict.fromkeys((*screen.marked, *(() if len(screen.marked) > 1 else (run_id,))))
        )
        self.post_message(CompareRuns(chosen) if len(chosen) > 1 else ChooseOther(run_id))

    @on(CompareRuns)
    def compare_runs(self, event: CompareRuns) -> None:
        """Show runs beside each other, over the screen that asks for it."""
        from cockpit.tui.screens.compare import CompareScreen

        screen = CompareScreen(self.host, event.run_ids)
        self.show_newest(screen)
        self.push_screen(screen)

    @on(ChooseOther)
    def choose_other(self, event: ChooseOther) -> None:
        """Ask with which run this one shall be compared."""
        from cockpit.tui.choice import Choice
        from cockpit.tui.screens.chooser import Chooser

        runs = self.snapshot.runs if self.snapshot else ()
        run = next((one for one in runs if one.run_id == event.run_id), None)
        others = [one for one in runs if one.run_id != event.run_id and one.epoch]
        if run is None or not others:
            self.notify("there is no other run with results to compare with")
            return
        choices = [
            Choice(one.run_id, one.name, f"{_note(one, run)} · {one.run_id}") for one in others
        ]
        box = Chooser(f"Compare {run.name} with", choices)
        self.push_screen(box, partial(self._compare_with, run.run_id))

    def _compare_with(self, run_id: str, other: str | None) -> None:
        if other is not None:
            self.post_message(CompareRuns((run_id, other)))


def _note(run: RunView, first: RunView) -> str:
    done = f"{run.epoch}/{run.epochs}" if run.epochs else str(run.epoch)
    tables = [first.metrics, run.metrics]
    count = sum(one.run_count > 1 for one in same_metrics(tables))
    is_known = all(table.series for table in tables)
    common = f" · {count or 'no'} metric{'s'[: count > 1]} in common" if is_known else ""
    return f"{glyph(run.phase)} {run.phase}  {done} epochs{common}"
