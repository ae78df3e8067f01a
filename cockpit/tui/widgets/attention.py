"""What needs somebody: one line each, at most two, and how many more there are."""

from __future__ import annotations

from typing import Final

from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from cockpit.tui.ink import Line, cells, fit, glyphs_of, ink_of
from cockpit.tui.needs import PROBLEM_SIGN, Need

MOST_LINES: Final = 2


class Attention(Widget):
    """`✗ epri-yolov8-seg  failed 16:41: GPU 2 ran out of memory          ⏎ open`."""

    DEFAULT_CSS = "Attention { height: auto; display: none; } Attention.-shown { display: block; }"

    needs: reactive[tuple[Need, ...]] = reactive((), layout=True)
    """Worst first."""

    def watch_needs(self, needs: tuple[Need, ...]) -> None:
        """Leave the screen when nothing is needed."""
        self.set_class(bool(needs), "-shown")

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Take a row for each need, two at most."""
        return min(len(self.needs), MOST_LINES)

    def render_line(self, y: int) -> Strip:
        """Return one need."""
        width = self.size.width
        if y >= min(len(self.needs), MOST_LINES):
            return Strip.blank(width)
        more = len(self.needs) - MOST_LINES if y == MOST_LINES - 1 else 0
        key = glyphs_of(self).text(self.needs[y].key)
        return ink_of(self).strip(need_line(self.needs[y], key, max(0, more), width), width)


def need_line(need: Need, key: str, more: int, width: int) -> Line:
    """Return a need in `width` cells; its text is what gives way."""
    tone = "danger" if need.glyph == PROBLEM_SIGN else "attention"
    press, _, verb = key.partition(" ")
    right: Line = (
        (f"  +{more} more" if more else "", "muted"),
        (f"  {press}" if press else "", "accent bold"),
        (f" {verb}" if verb else "", "muted"),
    )
    subject = fit(need.subject, min(len(need.subject) + 2, width // 3)).rstrip()
    head: Line = ((f"{need.glyph} ", tone), (f"{subject}  ", f"{tone} bold"))
    room = max(0, width - cells(head) - cells(right))
    return (*head, (fit(need.text, room), "text"), *right)
