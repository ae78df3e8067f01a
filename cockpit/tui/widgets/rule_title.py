"""The line that opens a region: title, facts, a rule, the state of the region."""

from __future__ import annotations

from textual.reactive import reactive
from textual.widget import Widget


class RuleTitle(Widget):
    """`Title muted facts ──────── state of the region`, one row high."""

    DEFAULT_CSS = "RuleTitle { height: 1; }"

    title: reactive[str] = reactive("")
    facts: reactive[str] = reactive("")
    state: reactive[str] = reactive("")
    sign: reactive[str] = reactive("")
    """A glyph before the title, with its token: `● accent`; empty for none."""

    def __init__(
        self, title: str = "", facts: str = "", state: str = "", *, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self.set_reactive(RuleTitle.title, title)
        self.set_reactive(RuleTitle.facts, facts)
        self.set_reactive(RuleTitle.state, state)
