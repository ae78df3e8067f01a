"""The base of what changes often: rows that are compared, and repainted only where they differ."""

from __future__ import annotations

from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from cockpit.tui.ink import Ink, Line, ink_of


class Rows(Widget):
    """Shows lines of pieces; a changed row is repainted as a region of its own."""

    DEFAULT_CSS = "Rows { height: auto; }"

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002  # the name that every Textual widget uses
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Line, ...] = ()
        self._ink: Ink | None = None

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is shown."""
        return self._lines

    def show(self, lines: tuple[Line, ...]) -> None:
        """Show these lines instead of those before."""
        before, self._lines = self._lines, lines
        if len(before) != len(lines):
            self.refresh(layout=True)
            return
        changed = [row for row, line in enumerate(lines) if line != before[row]]
        if changed:
            width = self.size.width
            self.refresh(*(Region(0, row, width, 1) for row in changed))

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Return the width there is."""
        return container.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return one row for each line."""
        return len(self._lines)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the rows of a region; the colours are asked for once, they cost most of a row."""
        self._ink = ink_of(self)
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Return row `y`."""
        line = self._lines[y] if y < len(self._lines) else ()
        return (self._ink or ink_of(self)).strip(line, self.size.width)
