"""A few lines of pieces, as high as they are many."""

from __future__ import annotations

from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from cockpit.tui.ink import Line, ink_of


class Lines(Widget):
    """Shows lines as they are; one too long is cut at the right."""

    DEFAULT_CSS = "Lines { height: auto; }"

    lines: reactive[tuple[Line, ...]] = reactive((), layout=True)

    def __init__(self, lines: tuple[Line, ...] = (), *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self.set_reactive(Lines.lines, lines)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Take the width there is."""
        return container.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Take a row for each line."""
        return len(self.lines)

    def render_line(self, y: int) -> Strip:
        """Return one row."""
        line = self.lines[y] if y < len(self.lines) else ()
        return ink_of(self).strip(line, self.size.width)
