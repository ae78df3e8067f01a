"""A log file of any size, one page at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar, Final

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive, var
from textual.scroll_view import ScrollView
from textual.strip import Strip

from cockpit.line_index import LineIndex
from cockpit.tui.ink import Line, ink_of, shifted
from cockpit.tui.log_search import Hit, search
from cockpit.tui.log_words import as_shown, marked
from cockpit.units import binary

GROW_BYTES: Final = 8 << 20
BUDGET_S: Final = 0.05
SEARCH_PAUSE_S: Final = 0.01
"""Between two pieces of a search, so that keys act meanwhile."""


class LogView(ScrollView, can_focus=True):
    """The lines of a growing log; follows its end until the user scrolls up.

    Only the lines in sight are read. A progress bar shows its newest frame.
    """

    DEFAULT_CSS = """
    LogView { height: 1fr; scrollbar-size-vertical: 1; overflow-x: hidden; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "lines(-1)", "line up", show=False, id="log.up", tooltip="One line up"),
        Binding("down,j", "lines(1)", "line down", show=False, id="log.down",
                tooltip="One line down"),
        Binding("pageup", "pages(-1)", "page up", show=False, id="log.pageup",
                tooltip="One page up"),
        Binding("pagedown,space", "pages(1)", "page down", show=False, id="log.pagedown",
                tooltip="One page down"),
        Binding("home,g", "start", "start", show=False, id="log.start", tooltip="The first line"),
        Binding("end,G", "follow", "follow", show=False, id="log.follow",
                tooltip="The last line, and stay there"),
    ]  # fmt: skip

    path: reactive[Path | None] = reactive(None)
    following: reactive[bool] = reactive(True)
    shift: reactive[int] = reactive(0)
    """How many cells of each line are left out at its start."""
    is_over: var[bool] = var(False)
    """Nobody writes any more."""

    @dataclass
    class StateChanged(Message):
        """What stands at the right of the log's title has changed."""

        state: str

    @dataclass
    class Searched(Message):
        """A search came to its end."""

        text: str
        hit: Hit | None

    def __init__(
        self,
        path: Path | None = None,
        *,
        id: str | None = None,  # noqa: A002  # the name that every Textual widget uses
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.set_reactive(LogView.path, path)
        self._index: LineIndex | None = None
        self._page: tuple[int, list[str]] = (0, [])
        self._found: int | None = None
        self._wanted = ""
        self._is_wrapped = False
        self._search: Iterator[Hit | None] | None = None
        self._state = ""

    @property
    def state(self) -> str:
        """`following · 2.1 MiB`, `line 1,204 of 88,120 · 2.1 MB` or why there is nothing."""
        index = self._index
        if index is None or (len(index) == 0 and index.size_bytes == 0):
            return "no line was written" if self.is_over else "no line yet"
        size = binary(index.size_bytes)
        if not index.is_complete:
            return f"reading · {size}"
        if self._search is not None:
            return f"searching for “{self._wanted}”"
        if self.following:
            return f"following{self._side} · {size}"
        if self._found is not None and not self._wanted:
            return f"line {self._found + 1:,} of {len(index):,}{self._side} · {size}"
        if self._found is not None:
            around = " · went around" if self._is_wrapped else ""
            return f"line {self._found + 1:,} of {len(index):,} holds “{self._wanted}”{around}"
        last = min(len(index), self.scroll_offset.y + self.size.height)
        return f"line {last:,} of {len(index):,}{self._side} · {size}"

    @property
    def _side(self) -> str:
        return f" · from column {self.shift + 1}" if self.shift else ""

    def watch_shift(self) -> None:
        """Tell which columns are in sight."""
        self._tell()

    def on_mount(self) -> None:
        """Look at the file that was given before the mount."""
        self.poll()

    def on_resize(self, event: Resize) -> None:
        """Stay at the end when the window changes."""
        self._page = (0, [])
        if self.following:
            self.call_after_refresh(self._to_end)

    def watch_path(self) -> None:
        """Begin with another file, at its end."""
        self._index = None
        self._page = (0, [])
        self._found, self._search = None, None
        self.following, self.shift = True, 0
        self.virtual_size = Size(0, 0)
        if self.is_mounted:
            self.poll()
            self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Stop following when the user scrolls up, and begin again at the end."""
        super().watch_scroll_y(old_value, new_value)
        self.following = round(new_value) >= self.max_scroll_y
        self._tell()

    def poll(self) -> None:
        """Look at the file again, for at most 50 ms; call it every 0.5 s."""
        if self.path is None:
            self._tell()
            return
        if self._index is None:
            self._index = LineIndex(self.path)
        deadline = time.monotonic() + BUDGET_S
        changed = False
        while self._index.grow(GROW_BYTES):
            changed = True
            if self._index.is_stale:
                self._index = LineIndex(self.path)
                self._found, self._search = None, None
            if time.monotonic() > deadline:
                break
        if changed:
            self._show_growth(self._index)
        self._tell()

    def _show_growth(self, index: LineIndex) -> None:
        """Repaint only when a line in sight may have changed."""
        first, lines = self._page
        grew_in_sight = self.following or first + len(lines) >= self.virtual_size.height
        self._page = (0, [])
        self._grow_to(Size(0, len(index)))
        if self.following:
            self._to_end()
        if grew_in_sight:
            self.refresh()

    def _grow_to(self, size: Size) -> None:
        """Take another size; where it scrolls already nothing else on the screen moves for it."""
        window = self.size.height
        if self.virtual_size.height > window > 0 and size.height > window:
            self.set_reactive(LogView.virtual_size, size)
            self.vertical_scrollbar.window_virtual_size = size.height
        else:
            self.virtual_size = size  # the whole screen is laid out anew

    def _to_end(self) -> None:
        self.scroll_to(y=self.max_scroll_y, animate=False, immediate=True, force=True)

    def _tell(self) -> None:
        state = self.state
        if state != self._state:
            self._state = state
            self.post_message(self.StateChanged(state))

    def render_line(self, y: int) -> Strip:
        """Return the line at row `y` of the window."""
        width, number = self._text_width, self.scroll_offset.y + y
        return ink_of(self).strip(self._line(number, width), width)

    def _line(self, number: int, width: int) -> Line:
        if self._index is None or number >= len(self._index):
            return ()
        text = self._text(number)
        if number == self._found:
            return shifted(marked(text, self._wanted), self.shift, width)
        is_last = number == len(self._index) - 1
        return shifted(((text, "text" if is_last else "muted"),), self.shift, width)

    def _text(self, number: int) -> str:
        return as_shown(self._read(number))

    def shift_by(self, columns: int) -> None:
        """Scroll to the side, up to the end of the longest line in sight."""
        top, width = self.scroll_offset.y, self._text_width
        numbers = range(top, top + self.size.height) if self._index else range(0)
        longest = max((cell_len(self._text(number)) for number in numbers), default=0)
        self.shift = max(0, min(self.shift + columns, longest - width))

    @property
    def _text_width(self) -> int:
        return max(1, self.scrollable_content_region.width)

    def _read(self, number: int) -> str:
        """Return a raw line; a page of them is read at once."""
        first, lines = self._page
        if not first <= number < first + len(lines):
            assert self._index is not None
            first = self.scroll_offset.y
            lines = self._index.read(first, max(1, self.size.height))
            self._page = (first, lines)
        at = number - first
        return lines[at] if 0 <= at < len(lines) else ""

    @property
    def found(self) -> int | None:
        """The number of the line that the last search found, 0-based."""
        return self._found

    def find(self, text: str, *, forward: bool | None = None) -> None:
        """Look for the next line that holds `text` (case ignored), around the end if need be.

        From the line found before on; without one from the window's top, or backward from the
        end while that is followed. `Searched` tells what came of it; other keys act meanwhile.
        """
        index = self._index
        if index is None or not text:
            return
        start, is_forward = self._start_of_search(text, forward)
        self._wanted = text
        self._search = search(index, text, start, forward=is_forward)
        self._go_on(self._search)

    def _go_on(self, hits: Iterator[Hit | None]) -> None:
        """Search for at most 50 ms, then let others have a turn."""
        if hits is not self._search:
            return
        deadline = time.monotonic() + BUDGET_S
        for hit in hits:
            if hit is not None:
                self._end_search(hit)
                return
            if time.monotonic() > deadline:
                self.set_timer(SEARCH_PAUSE_S, partial(self._go_on, hits))
                self._tell()
                return
        self._end_search(None)

    def _end_search(self, hit: Hit | None) -> None:
        self._search = None
        self._found = hit.number if hit else None
        self._is_wrapped = hit is not None and hit.is_wrapped
        if hit:
            top = max(0, hit.number - self.size.height // 2)
            self.scroll_to(y=top, animate=False, immediate=True)
            self._shift_to(hit.number)
            self.following = False
        self.refresh()
        self._tell()
        self.post_message(self.Searched(self._wanted, hit))

    def _shift_to(self, number: int) -> None:
        """Scroll to the side until what was found can be seen."""
        text = self._text(number)
        at = max(0, text.casefold().find(self._wanted.casefold()))
        start, end = cell_len(text[:at]), cell_len(text[: at + len(self._wanted)])
        if end < self._text_width:
            self.shift = 0
        elif not self.shift < start <= end < self.shift + self._text_width:
            self.shift = max(
                0, min(start - self._text_width // 3, cell_len(text) - self._text_width)
            )

    def _start_of_search(self, text: str, forward: bool | None) -> tuple[int, bool]:
        last = len(self._index) - 1 if self._index else 0
        if self._found is not None and text == self._wanted:
            ahead = forward is not False
            step = self._found + (1 if ahead else -1)
            return (step if 0 <= step <= last else 0 if ahead else last), ahead
        if self.following:
            return last, bool(forward)
        top, is_forward = self.scroll_offset.y, forward is not False
        return (top if is_forward else top + max(1, self.size.height) - 1), is_forward

    def go_to(self, number: int) -> None:
        """Show the line of that number, 0-based, in the middle, and mark it."""
        if self._index is None or not 0 <= number < len(self._index):
            return
        self._search, self._wanted, self._is_wrapped = None, "", False
        self._found, self.shift = number, 0
        self.following = False
        top = max(0, number - self.size.height // 2)
        self.scroll_to(y=top, animate=False, immediate=True)
        self.refresh()
        self._tell()

    def follow(self) -> None:
        """Go to the end and stay there."""
        self.following = True
        self._to_end()
        self._tell()

    def action_follow(self) -> None:
        """Go to the end and stay there."""
        self.follow()

    def action_start(self) -> None:
        """Go to the first line."""
        self.scroll_to(y=0, animate=False, immediate=True)

    def action_lines(self, lines: int) -> None:
        """Scroll by lines."""
        self.scroll_to(y=self.scroll_offset.y + lines, animate=False, immediate=True)

    def action_pages(self, pages: int) -> None:
        """Scroll by pages, one line of the old page kept."""
        self.action_lines(pages * max(1, self.size.height - 1))
