"""Where one stands in a log whose long lines are wrapped: one scrolls by rows of the screen."""

from __future__ import annotations

from typing import Final

from textual.events import MouseScrollDown, MouseScrollUp
from textual.reactive import reactive, var

from cockpit.tui.log_words import wrapped
from cockpit.tui.widgets.log_finder import LogFinder

WHEEL_ROWS: Final = 3

Place = tuple[int, int]
"""A line's row among those that are shown, and which of the rows that it takes."""


class LogFolds(LogFinder):
    """Scrolls by lines, or within them where they are wrapped.

    The scrollbar counts lines all the same: nobody knows how many rows those of a huge log take.
    """

    wraps: var[bool] = var(False, init=False)
    into: reactive[int] = reactive(0, init=False)
    """How many rows of the line at the top stand above the window."""
    _known_end: tuple[object, Place] = (None, (0, 0))
    _fills_window = False
    _is_moving = False

    @property
    def text_width(self) -> int:
        """Cells for the text of a line."""
        raise NotImplementedError

    @property
    def place(self) -> Place:
        """What stands at the top of the window."""
        top = self.scroll_offset.y
        if not self.wraps:
            return top, 0
        if self.following:
            return self._end
        return top, min(self.into, self._height_of(top) - 1)

    def _folds(self, row: int) -> tuple[str, ...]:
        """Return the text of a line in the rows that it takes."""
        line = self.line_at(row)
        if line is None:
            return ("",)
        rows = wrapped(((self.text_of(line), ""),), self.text_width)
        return tuple("".join(part for part, _ in one) for one in rows)

    def _height_of(self, row: int) -> int:
        return len(self._folds(row))

    def rows_needed(self) -> int:
        """Return how many rows there are to scroll through: as many as lines, until the last."""
        count = super().rows_needed()
        if not self.wraps:
            return count
        height, (top, _) = self.size.height, self._end
        return top + height if self._fills_window else min(count, height)

    @property
    def _end(self) -> Place:
        """The place at the top where the last row is at the bottom."""
        count = len(self.pages) if self.pages else 0
        scanned = self.pages.index.scanned if self.pages else 0
        key = (id(self.pages), count, scanned, self.text_width, self.size.height)
        if self._known_end[0] != key:
            top, taken = count, 0
            while top > 0 and taken < self.size.height:
                top -= 1
                taken += self._height_of(top)
            self._fills_window = taken >= self.size.height
            self._known_end = (key, (top, max(0, taken - self.size.height)))
        return self._known_end[1]

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Begin with the first row of a line to which one has scrolled otherwise."""
        if self._is_moving:
            following = self.following
            super().watch_scroll_y(old_value, new_value)
            self.following = following
            return
        self.into = 0
        super().watch_scroll_y(old_value, new_value)

    def scroll_rows(self, rows: int) -> None:
        """Scroll by rows of the screen."""
        if self.wraps:
            self._go(self._beside(self.place, rows))
        else:
            self.scroll_to(y=self.scroll_offset.y + rows, animate=False, immediate=True)

    def to_start(self) -> None:
        """Go to the first line."""
        if self.wraps:
            self._go((0, 0))
        else:
            self.scroll_to(y=0, animate=False, immediate=True)

    def show_at_middle(self, row: int, at: int) -> None:
        """Bring a sign of a wrapped line to the middle of the window."""
        fold, left = 0, at
        for fold, text in enumerate(self._folds(row)):  # noqa: B007  # the last one stays
            if left < len(text):
                break
            left -= len(text)
        self._go(self._beside((row, fold), -(self.size.height // 2)))

    def show_row(self, row: int) -> None:
        """Scroll as little as is needed to see a line."""
        height = self.size.height
        if self.wraps and row < self.place[0]:
            self._go((row, 0))
        elif self.wraps and row > self.last_row:
            self._go(self._beside((row, self._height_of(row) - 1), 1 - height))
        elif not self.wraps and not 0 <= row - self.scroll_offset.y < height:
            top = row if row < self.scroll_offset.y else row - height + 1
            self.scroll_to(y=top, animate=False, immediate=True)

    def _beside(self, place: Place, rows: int) -> Place:
        """Return the place so many rows further, or before, as far as there are lines."""
        (top, into), count = place, len(self.pages) if self.pages else 0
        into += rows
        while into < 0 and top > 0:
            top -= 1
            into += self._height_of(top)
        into = max(0, into)
        while top < count - 1 and into >= (height := self._height_of(top)):
            top, into = top + 1, into - height
        return top, into

    def _go(self, place: Place) -> None:
        is_end = place >= self._end
        top, into = min(place, self._end)
        self._is_moving = True
        self.into, self.following = into, is_end
        self.scroll_to(y=top, animate=False, immediate=True, force=True)
        self._is_moving = False
        self.refresh()
        self.tell()

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Scroll by rows with the wheel."""
        self._turn(event, WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Scroll by rows with the wheel."""
        self._turn(event, -WHEEL_ROWS)

    def _turn(self, event: MouseScrollDown | MouseScrollUp, rows: int) -> None:
        if self.wraps:
            event.stop()
            event.prevent_default()
            self.scroll_rows(rows)
