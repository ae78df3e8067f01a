"""What a newcomer can do now."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from cockpit.tui.ink import Line, fit, glyphs_of, ink_of
from cockpit.tui.widgets.rule_title import rule_line


@dataclass(frozen=True, slots=True)
class Step:
    """A key and what it does, in words."""

    key: str
    text: str


def step_line(key: str, text: str, key_width: int, width: int) -> Line:
    """Return ` ⏎  open this run: curves, log, facts`."""
    room = max(0, width - key_width - 4)
    shown = text if cell_len(text) <= room else fit(text, room)
    return ((f" {key:<{key_width}}  ", "accent bold"), (shown, "text"))


class NextSteps(Widget):
    """The title `Next` and one line for each step."""

    DEFAULT_CSS = "NextSteps { height: auto; }"

    steps: reactive[tuple[Step, ...]] = reactive((), layout=True)

    def __init__(
        self,
        steps: tuple[Step, ...] = (),
        *,
        id: str | None = None,  # noqa: A002  # the name that every Textual widget uses
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.set_reactive(NextSteps.steps, steps)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Return the width there is."""
        return container.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the title and one row for each step."""
        return len(self.steps) + 1

    def render_line(self, y: int) -> Strip:
        """Return the title or step `y - 1`."""
        ink, text, width = ink_of(self), glyphs_of(self).text, self.size.width
        if y == 0:
            return ink.strip(rule_line("", "Next", "", "", width), width)
        if y > len(self.steps):
            return Strip.blank(width)
        key_width = max(cell_len(text(step.key)) for step in self.steps)
        step = self.steps[y - 1]
        return ink.strip(step_line(text(step.key), text(step.text), key_width, width), width)
