"""The lines of a growing log of any size: what is in sight is read, all else only counted."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from textual import on, work
from textual.events import Resize
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive, var
from textual.scroll_view import ScrollView
from textual.worker import get_current_worker

from cockpit.line_index import LineIndex
from cockpit.tui.widgets.log_pace import Pace
from cockpit.views.log_filter import LogFilter
from cockpit.views.log_pages import LogPages, PageLine
from cockpit.views.rank_logs import rank_cells

GROW_BYTES: Final = 8 << 20
BACKLOG_BYTES: Final = 64 << 20
"""So far behind the end of the file, one begins again at the end."""
BUDGET_S: Final = 0.03
STEP_BLOCKS: Final = 4
STEP_BYTES: Final = 1 << 20
FIRST_PAGE_S: Final = 0.1
"""So long the counting of a huge log waits for its last page to be painted."""


class LogPane(ScrollView, can_focus=True):
    """Follows the end of a log until the user scrolls up.

    Its last lines are there at once; a thread counts the others.
    """

    path: reactive[Path | None] = reactive(None, init=False)
    shown: var[LogFilter] = var(LogFilter(), init=False)
    following: reactive[bool] = reactive(True, init=False)

    @dataclass
    class Nearby(Message):
        """Enough lines to fill the window are chosen."""

        task: object

    @dataclass
    class Loaded(Message):
        """All lines of the log are counted."""

        task: object
        pages: LogPages

    def __init__(
        self,
        path: Path | None = None,
        *,
        id: str | None = None,  # noqa: A002  # the name that every Textual widget uses
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.set_reactive(LogPane.path, path)
        self.pages: LogPages | None = None
        self.is_partial = False
        """Only the end of the log can be seen yet, for the rest is not counted."""
        self.rank_cells = 0
        """Digits of the ranks that the lines name; 0: no ranks are told apart."""
        self.progress: float | None = None
        """How much of the file was judged, from 0 to 1, while a thread does it."""
        self._awaited: object = None
        self._stay: tuple[int, PageLine] | None = None
        """The row that was gone to, and the line that stood at the top, while lines are chosen."""
        self._page: tuple[int, list[PageLine]] = (0, [])

    @property
    def is_loading(self) -> bool:
        """Whether lines are counted by a thread."""
        return self._awaited is not None

    @property
    def file(self) -> Path | None:
        """The file whose lines are shown."""
        return self.path

    def on_mount(self) -> None:
        """Look at the file that was given before the mount."""
        self.poll()

    def watch_path(self) -> None:
        """Begin with another file, at its end."""
        self.begin()

    def begin(self) -> None:
        """Show the end of the file, and have a thread count its lines where they are many."""
        self.pages, self._page, self._awaited = None, (0, []), None
        self._stay, self.progress = None, None
        self.forget()
        self.following = True
        self.virtual_size = Size(0, 0)
        if self.is_mounted:
            self.poll()
            self.refresh()

    def forget(self) -> None:
        """Drop what is only true of the lines that were shown so far."""

    def watch_shown(self) -> None:
        """Choose the lines anew, and stay where one is."""
        self.forget()
        pages = self.pages
        if pages is None:
            return
        self._awaited, self.progress = None, None  # what is chosen otherwise comes too late
        index, near = pages.index, None
        if self.following or index.begin:
            self._show_end(index.path)
        elif index.is_complete:
            near = self._show_near(pages)
        if self.is_partial or self.pages is pages:
            self._awaited = object()
            self.load(self._awaited, LineIndex(index.path) if index.begin else index, near)
        self.tell()

    def _show_near(self, pages: LogPages) -> LogPages:
        """Show the chosen lines from the place where one is, for it takes long to choose all."""
        top = self._top
        start = pages.index.block_of(top.number) if top is not None else 0
        near = LogPages(pages.index, self.shown, start)
        near.grow(1)
        self.is_partial = True
        self._take(near)
        if top is not None:
            self._stay, self.following = (self.scroll_offset.y, top), False
        return near

    def _show_end(self, path: Path) -> None:
        end = LogPages(LineIndex.of_end(path), self.shown)
        while end.grow():
            pass
        self.is_partial = end.index.begin > 0
        self._take(end)

    @work(thread=True, exclusive=True, group="log", exit_on_error=False)
    def load(self, task: object, index: LineIndex, near: LogPages | None = None) -> None:
        """Count the lines of a file, then those that are shown, the nearest first."""
        worker, pace, shown = get_current_worker(), Pace(), self.shown
        while index.grow(STEP_BYTES) and not index.is_complete:
            if worker.is_cancelled or index.is_stale:
                return
            pace.rest()
        pages = LogPages(index, shown)
        if near is not None:
            self._fill(task, near, pace)
            pages.learn(near)
        while pages.grow(STEP_BLOCKS) and not pages.is_complete:
            if worker.is_cancelled:
                return
            self.progress = pages.progress
            pace.rest()
        self.post_message(self.Loaded(task, pages))

    def _fill(self, task: object, near: LogPages, pace: Pace) -> None:
        worker, told = get_current_worker(), 0
        enough = len(near) + self.size.height
        while near.grow(1) and not near.is_complete and told < enough:
            if worker.is_cancelled:
                return
            if len(near) > told:
                told = len(near)
                self.post_message(self.Nearby(task))
            pace.rest()

    @on(Nearby)
    def show_nearby(self, event: Nearby) -> None:
        """Show what was chosen so far."""
        event.stop()
        if event.task is self._awaited:
            self._show_growth()

    @on(Loaded)
    def take_loaded(self, event: Loaded) -> None:
        """Show the whole log instead of its end."""
        event.stop()
        if event.task is not self._awaited:
            return
        self._awaited, self.is_partial = None, False
        self._take(event.pages)
        self._stay, self.progress = None, None
        self.poll()
        self.settled()

    def settled(self) -> None:
        """Do what had to wait until all lines are counted."""

    @property
    def _top(self) -> PageLine | None:
        """The line at the top, or the one that stood there before others were chosen."""
        if self._stay is not None and self.scroll_offset.y == self._stay[0]:
            return self._stay[1]
        lines = self.pages.read(self.scroll_offset.y, 1) if self.pages else []
        return lines[0] if lines else None

    def _take(self, pages: LogPages) -> None:
        """Show other pages of the same file; the line at the top stays there."""
        top = self._top
        self.pages, self._page = pages, (0, [])
        self._grow_to(self.rows_needed())
        if self.following or top is None:
            self.to_end()
        else:
            row = pages.row_of(pages.index.number_at(top.end))
            self._stay = (row, top) if self.is_partial else None
            self.scroll_to(y=row, animate=False, immediate=True, force=True)
        self.refresh()

    def poll(self) -> None:
        """Look at the file again, for at most some 50 ms; call it every 0.5 s."""
        if self.file is None:
            self.tell()
            return
        if self.pages is None:
            self._open(self.file)
        pages = self.pages
        if pages is None:
            return
        has_grown = pages.index.grow(GROW_BYTES)
        is_behind = pages.index.size_bytes - pages.index.scanned > BACKLOG_BYTES
        if pages.index.is_stale or is_behind:
            self.begin()
            return
        if has_grown and not self.rank_cells and pages.index.size_bytes < STEP_BYTES:
            self.look_for_ranks(pages.index.path)
        if self.count(pages) or has_grown:
            self._show_growth()
        self.tell()

    def look_for_ranks(self, path: Path) -> None:
        """See whether prefixes tell ranks apart."""
        self.rank_cells = rank_cells(path) if self.shown.rank is None else 0

    def _open(self, path: Path) -> None:
        self.look_for_ranks(path)
        self._show_end(path)
        if self.is_partial:
            self._awaited = object()
            index = LineIndex(path)
            self.set_timer(FIRST_PAGE_S, partial(self._load, self._awaited, index))

    def _load(self, task: object, index: LineIndex) -> None:
        if task is self._awaited:
            self.load(task, index)

    def count(self, pages: LogPages) -> bool:
        """Judge the lines that were added; return True when there are others to show."""
        deadline, has_grown = time.monotonic() + BUDGET_S, False
        while pages.grow(STEP_BLOCKS):
            has_grown = True
            if time.monotonic() > deadline:
                break
        return has_grown

    def _show_growth(self) -> None:
        """Repaint only when a line in sight may have changed."""
        first, lines = self._page
        reaches_end = first + len(lines) >= self.virtual_size.height
        self._page = (0, [])
        self._grow_to(self.rows_needed())
        if self.following:
            self.to_end()
        if self.following or reaches_end:
            self.refresh()

    def rows_needed(self) -> int:
        """Return how many rows there are to scroll through."""
        return len(self.pages) if self.pages else 0

    def _grow_to(self, height: int) -> None:
        """Take another size; where it scrolls already nothing else on the screen moves for it."""
        window, size = self.size.height, Size(0, height)
        if self.virtual_size.height > window > 0 and height > window:
            self.set_reactive(LogPane.virtual_size, size)
            self.vertical_scrollbar.window_virtual_size = height
        else:
            self.virtual_size = size  # the whole screen is laid out anew

    def measure_again(self) -> None:
        """Lines take another number of rows now."""
        self._page = (0, [])
        self._grow_to(self.rows_needed())
        self.call_after_refresh(self.stay_at_end)
        self.refresh()

    def on_resize(self, event: Resize) -> None:
        """Stay at the end when the window changes."""
        self.measure_again()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Stop following when the user scrolls up, and begin again at the end."""
        super().watch_scroll_y(old_value, new_value)
        self.following = round(new_value) >= self.max_scroll_y and self._stay is None
        self.tell()

    def stay_at_end(self) -> None:
        """Scroll to the last line, unless one has left it meanwhile."""
        if self.following:
            self.to_end()

    def to_end(self) -> None:
        """Scroll to the last line."""
        self.scroll_to(y=self.max_scroll_y, animate=False, immediate=True, force=True)

    def follow(self) -> None:
        """Go to the end and stay there."""
        self._stay = None
        self.following = True
        self.to_end()
        self.tell()

    def tell(self) -> None:
        """Say where the log stands."""

    @property
    def last_row(self) -> int:
        """The row of the last line in sight; -1: there is none."""
        count = len(self.pages) if self.pages else 0
        return min(count, self.scroll_offset.y + max(1, self.size.height)) - 1

    def line_at(self, row: int) -> PageLine | None:
        """Return the line of that row; those of a page are read at once."""
        first, lines = self._page
        if not first <= row < first + len(lines):
            if self.pages is None or not 0 <= row < len(self.pages):
                return None
            top = self.scroll_offset.y
            first = top if 0 <= row - top < self.size.height else row
            lines = self.pages.read(first, max(1, self.size.height))
            self._page = (first, lines)
        at = row - first
        return lines[at] if 0 <= at < len(lines) else None
