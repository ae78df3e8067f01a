"""The line that opens a region: title, facts, a rule, the state of the region."""

from __future__ import annotations

from rich.cells import cell_len
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from cockpit.tui.ink import Line, fit, glyphs_of, ink_of

SHORTEST_RULE = 2


def rule_line(sign: str, title: str, facts: str, state: str, width: int) -> Line:
    """Return `● Title facts ──────── state` in `width` cells; facts give way, then the state."""
    glyph, _, look = sign.partition(" ")
    head = [(f"{glyph} ", f"{look or 'accent'}")] if glyph else []
    used = sum(cell_len(text) for text, _ in head)
    title = fit(title, min(cell_len(title), max(1, width - used - SHORTEST_RULE - 1)))
    used += cell_len(title)
    state_room = width - used - SHORTEST_RULE - 2
    state = fit(state, min(cell_len(state), max(0, state_room)))
    facts_room = width - used - SHORTEST_RULE - 2 - (cell_len(state) + 1 if state else 0)
    facts = fit(facts, min(cell_len(facts), max(0, facts_room)))
    left = [*head, (title, "strong")]
    if facts:
        left.append((f" {facts}", "muted"))
    right = [(f" {state}", "muted")] if state else []
    taken = sum(cell_len(text) for text, _ in (*left, *right)) + 1
    return (*left, (" ", "line"), ("─" * max(0, width - taken), "line"), *right)


class RuleTitle(Widget):
    """`Title muted facts ──────── state of the region`, one row high."""

    DEFAULT_CSS = "RuleTitle { height: 1; }"

    title: reactive[str] = reactive("")
    facts: reactive[str] = reactive("")
    state: reactive[str] = reactive("")
    sign: reactive[str] = reactive("")
    """A glyph before the title and its token: `● accent`; empty for none."""

    def __init__(
        self,
        title: str = "",
        facts: str = "",
        state: str = "",
        *,
        id: str | None = None,  # noqa: A002  # the name that every Textual widget uses
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.set_reactive(RuleTitle.title, title)
        self.set_reactive(RuleTitle.facts, facts)
        self.set_reactive(RuleTitle.state, state)

    def render_line(self, y: int) -> Strip:
        """Return the one row."""
        text, width = glyphs_of(self).text, self.size.width
        line = rule_line(self.sign, text(self.title), text(self.facts), text(self.state), width)
        return ink_of(self).strip(line, width)
