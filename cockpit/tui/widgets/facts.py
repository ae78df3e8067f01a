"""Labels left, values right."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from cockpit.tui.ink import Line, fit, fit_path, glyphs_of, ink_of


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of facts."""

    label: str
    """Empty label and value: a blank line."""
    value: str
    tone: str = "text"
    """Token: text, muted, strong, attention, danger, good."""
    note: str = ""
    """After the value, in muted words; what gives way first."""


def fact_line(fact: Fact, width: int) -> Line:
    """Return the label left and the value right; a path is cut at its start, a value at its end."""
    label = fit(fact.label, min(cell_len(fact.label), max(0, width - 4)))
    room = max(0, width - cell_len(label) - (2 if label else 0))
    cut = fit_path if "/" in fact.value[:2] else fit
    value = fact.value if cell_len(fact.value) <= room else cut(fact.value, room).strip()
    note = f"  {fact.note}" if fact.note else ""
    note = note if cell_len(value) + cell_len(note) <= room else ""
    blank = " " * max(0, width - cell_len(label) - cell_len(value) - cell_len(note))
    return ((label, "muted"), (blank, "text"), (value, fact.tone), (note, "muted"))


class Facts(Widget):
    """A column of facts, one row each."""

    DEFAULT_CSS = "Facts { height: auto; }"

    facts: reactive[tuple[Fact, ...]] = reactive((), repaint=False)

    def __init__(
        self,
        facts: tuple[Fact, ...] = (),
        *,
        id: str | None = None,  # noqa: A002  # the name that every Textual widget uses
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.set_reactive(Facts.facts, facts)

    def watch_facts(self, before: tuple[Fact, ...], facts: tuple[Fact, ...]) -> None:
        """Paint the rows that changed; only another number of them moves what stands below."""
        if len(before) != len(facts):
            self.refresh(layout=True)
            return
        changed = [row for row, fact in enumerate(facts) if fact != before[row]]
        if changed:
            self.refresh(*(Region(0, row, self.size.width, 1) for row in changed))

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Return the width there is."""
        return container.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return one row for each fact."""
        return len(self.facts)

    def render_line(self, y: int) -> Strip:
        """Return fact `y`."""
        width = self.size.width
        if y >= len(self.facts):
            return Strip.blank(width)
        fact, text = self.facts[y], glyphs_of(self).text
        shown = Fact(text(fact.label), text(fact.value), fact.tone, text(fact.note))
        return ink_of(self).strip(fact_line(shown, width), width)
