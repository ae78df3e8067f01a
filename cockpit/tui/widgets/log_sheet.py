"""How the lines of a log look: cut or wrapped, in colour, with times, selected."""

from __future__ import annotations

from rich.cells import cell_len
from textual.reactive import reactive, var
from textual.strip import Strip

from cockpit.runs.log_times import LogTimes
from cockpit.tui.ink import Line, ink_of, repaint, select, shifted
from cockpit.tui.log_words import TIME_CELLS, in_colour, marked, wrapped
from cockpit.tui.widgets.log_folds import LogFolds
from cockpit.units import MISSING, clock_second
from cockpit.views.log_pages import PageLine

Placed = tuple[int, Line]
"""The row of a line among those that are shown, and what stands in one row of the window."""


class LogSheet(LogFolds):
    """Paints the lines in sight."""

    shift: reactive[int] = reactive(0, init=False)
    """How many cells of each line are left out at its start."""
    shows_colours: reactive[bool] = reactive(False, init=False)
    shows_times: var[bool] = var(False, init=False)
    causes: reactive[frozenset[int]] = reactive(frozenset(), init=False)
    """Numbers of the lines that say why the run failed, from 0; they stand out."""
    selected: reactive[tuple[int, int] | None] = reactive(None, init=False)
    """The rows where a selection begins and where its moving end stands, in any order."""
    times: LogTimes | None = None
    """When the lines of the log were written."""

    _laid: tuple[object, tuple[Placed, ...]] = (None, ())

    def watch_shift(self) -> None:
        """Tell which columns are in sight."""
        self.tell()

    def watch_wraps(self) -> None:
        """Lay the lines out anew."""
        self.shift, self.into = 0, 0
        self.measure_again()
        self.tell()

    def watch_shows_times(self) -> None:
        """Give the times their column, or take it back."""
        self.measure_again()

    def watch_selected(self) -> None:
        """Tell how much is selected."""
        self.tell()

    @property
    def text_width(self) -> int:
        """Cells for the text of a line."""
        width = self.scrollable_content_region.width - (TIME_CELLS if self.shows_times else 0)
        return max(1, width)

    @property
    def last_row(self) -> int:
        """The row of the last line in sight; -1: there is none."""
        if self.wraps and self.size.height:
            return self.row_at(self.size.height - 1) if self.pages else -1
        return super().last_row

    def time_of(self, line: PageLine) -> str:
        """Return `18:43:07`, or nothing where nobody saw when the line was written."""
        moment = self.times.at(line.end) if self.times and self.file == self.path else None
        return clock_second(moment) if moment is not None else ""

    def render_line(self, y: int) -> Strip:
        """Return what stands in row `y` of the window."""
        width = max(1, self.scrollable_content_region.width)
        if self.wraps:
            placed = self._layout()
            line = placed[y][1] if y < len(placed) else ()
        else:
            line = self._unwrapped(self.scroll_offset.y + y)
        return ink_of(self).strip(line, width)

    def row_at(self, y: int) -> int:
        """Return which of the shown lines stands in row `y` of the window."""
        if self.wraps:
            placed = self._layout()
            return placed[min(y, len(placed) - 1)][0] if placed else 0
        return self.scroll_offset.y + y

    def _unwrapped(self, row: int) -> Line:
        line = self.line_at(row)
        if line is None:
            return ()
        text = shifted(self._look(line, row), self.shift, self.text_width)
        return (*self._time_column(line), *text)

    def _layout(self) -> tuple[Placed, ...]:
        """Return the rows of the window; at the end of the log the last one is at the bottom."""
        height, (top, into) = self.size.height, self.place
        scanned = self.pages.index.scanned if self.pages else 0
        key = (
            top, into, height, self.text_width, scanned, self.found, self.selected,
            self.shows_colours, self.causes, id(self.pages), id(self._page[1]),
        )  # fmt: skip
        if self._laid[0] != key:
            placed: list[Placed] = []
            for row in range(top, len(self.pages) if self.pages else 0):
                placed += self._wrapped_row(row)
                if len(placed) >= into + height:
                    break
            self._laid = (key, tuple(placed[into : into + height]))
        return self._laid[1]

    def _wrapped_row(self, row: int) -> list[Placed]:
        line = self.line_at(row)
        if line is None:
            return []
        first, *others = wrapped(self._look(line, row), self.text_width)
        blank: Line = ((" " * TIME_CELLS, "text"),) if self.shows_times else ()
        return [
            (row, (*self._time_column(line), *first)),
            *((row, (*blank, *one)) for one in others),
        ]

    def _time_column(self, line: PageLine) -> Line:
        if not self.shows_times:
            return ()
        return (((self.time_of(line) or MISSING).ljust(TIME_CELLS), "faint"),)

    def _look(self, line: PageLine, row: int) -> Line:
        """Return a whole line as it looks."""
        assert self.pages is not None
        look = "text" if row == len(self.pages) - 1 else "muted"
        pieces: Line = ((self.text_of(line), look),)
        if self.shows_colours:
            pieces = in_colour(line.raw, look, self.rank_cells)
        if line.number in self.causes and not self.is_partial:
            pieces = repaint(pieces, "danger")
        is_found = line.number == self.found
        if self.wanted is not None or is_found:
            pieces = marked(pieces, self.wanted, is_found=is_found)
        if self.selected and min(self.selected) <= row <= max(self.selected):
            pieces = select(repaint(pieces, "strong")) or ((" ", "strong on select"),)
        return pieces

    def shift_by(self, columns: int) -> None:
        """Scroll to the side, up to the end of the longest line in sight."""
        if self.wraps:
            return
        top = self.scroll_offset.y
        lines = (self.line_at(row) for row in range(top, top + self.size.height))
        longest = max((cell_len(self.text_of(line)) for line in lines if line), default=0)
        self.shift = max(0, min(self.shift + columns, longest - self.text_width))

    def bring_to_sight(self, number: int) -> None:
        """Scroll until a line stands in the middle, and what was found in it can be seen."""
        if self.pages is None:
            return
        row = self.pages.row_of(number)
        line = self.line_at(row)
        text = self.text_of(line) if line is not None else ""
        span = self.wanted.find(text) if self.wanted is not None else None
        if self.wraps:
            self.show_at_middle(row, span[0] if span else 0)
        else:
            self.scroll_to(y=max(0, row - self.size.height // 2), animate=False, immediate=True)
            self._shift_to(text, span or (0, 0))
        self.following = False

    def _shift_to(self, text: str, span: tuple[int, int]) -> None:
        start, end = (cell_len(text[:at]) for at in span)
        width = self.text_width
        if end < width:
            self.shift = 0
        elif not self.shift < start <= end < self.shift + width:
            self.shift = max(0, min(start - width // 3, cell_len(text) - width))
