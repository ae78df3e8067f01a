"""A log on the screen: which of its lines, where one stands in it, and what is copied of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.events import MouseDown, MouseMove, MouseUp
from textual.message import Message
from textual.reactive import var

from cockpit.analysis.log_levels import Level
from cockpit.metrics.log_lines import clean
from cockpit.tui.log_words import joined_words
from cockpit.tui.widgets.log_sheet import LogSheet
from cockpit.units import binary
from cockpit.views.log_filter import parse_wanted
from cockpit.views.rank_logs import RankLog

MOST_COPIED: Final = 5000
"""Lines at once; many terminals take less than 100 KiB."""
LEVEL_WORDS: Final = {Level.ALL: "", Level.WARNING: "warnings and errors", Level.ERROR: "errors"}


class LogView(LogSheet):
    """The lines of a growing log; follows its end until the user scrolls up."""

    DEFAULT_CSS = """
    LogView { height: 1fr; scrollbar-size-vertical: 1; overflow-x: hidden; }
    """
    ALLOW_SELECT = False
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

    tab: var[RankLog | None] = var(None, init=False)
    """The rank whose lines are shown; None: all."""
    is_over: var[bool] = var(False)
    """Nobody writes any more."""

    @dataclass
    class StateChanged(Message):
        """What stands in the log's title has changed."""

        state: str
        facts: str

    @dataclass
    class Copied(Message):
        """Lines were handed to the terminal's clipboard."""

        count: int
        left_out: int

    _told: tuple[str, str] = ("", "")
    _is_dragged = False

    @property
    def file(self) -> Path | None:
        """The file whose lines are shown."""
        return self.tab.path if self.tab is not None else self.path

    def watch_path(self) -> None:
        """Begin with another log, at its end and with all ranks."""
        self.set_reactive(LogView.tab, None)
        self.set_reactive(LogView.shift, 0)
        self.set_reactive(LogView.shown, replace(self.shown, rank=None))
        super().watch_path()

    def watch_tab(self) -> None:
        """Show the lines of another rank, at their end."""
        by_prefix = self.tab is not None and self.tab.by_prefix
        rank = self.tab.rank if self.tab is not None and by_prefix else None
        self.set_reactive(LogView.shown, replace(self.shown, rank=rank))
        self.begin()

    def forget(self) -> None:
        """Drop what is only true of the lines that were shown so far."""
        super().forget()
        self.selected = None

    def show_level(self, level: Level) -> None:
        """Show only lines that are as grave."""
        self.shown = replace(self.shown, level=level)

    def show_holding(self, text: str) -> None:
        """Show only lines that hold a text or an expression; an empty one: all."""
        self.shown = replace(self.shown, wanted=(parse_wanted(text),) if text else ())

    def join_bars(self, joins: bool) -> None:
        """Show of each progress bar one line, or every state of it."""
        self.shown = replace(self.shown, joins_bars=joins)

    @property
    def state(self) -> str:
        """`following · 2.1 MiB`, `line 1,204 of 88,120 · 18:43:07` or why there is nothing."""
        pages = self.pages
        if pages is None or (len(pages.index) == 0 and pages.index.size_bytes == 0):
            if self.path is not None and not self.path.name:
                return "no log was found"
            return "no line was written" if self.is_over else "no line yet"
        if self.selected is not None:
            count = abs(self.selected[1] - self.selected[0]) + 1
            return f"{count:,} line{'s' if count > 1 else ''} selected · y copies"
        if self.is_searching:
            return f"searching for {self.goal_words}"
        if self.missed:
            return self.missed
        size = binary(pages.index.size_bytes)
        reading = "reading" if self.is_loading else ""
        if reading and self.progress is not None:
            reading = f"reading {self.progress:.0%}"
        if self.following and not self._sees_found:
            return joined_words(("following", self._side, reading, size))
        return joined_words((self._place, self._side, reading))

    @property
    def _sees_found(self) -> bool:
        """True while what was found stands in the window, at the very end too."""
        if self.found is None or self.pages is None or self.is_partial:
            return False
        return self.pages.row_of(self.found) >= self.scroll_offset.y

    @property
    def _place(self) -> str:
        """`line 1,205 of 5,000 holds “loss” · 3 of 128`."""
        if self.pages is None or self.is_partial:
            return ""
        row = self.last_row
        if self.found is not None:
            row = self.pages.row_of(self.found)
        line = self.line_at(row)
        if line is None:
            return "no such line"
        place = f"line {line.number + 1:,} of {len(self.pages.index):,}"
        if self.found is None or not self.has_goal:
            size = "" if self.found is not None else binary(self.pages.index.size_bytes)
            return joined_words((place, self.time_of(line), size))
        around = "went around" if self.went_around else ""
        if self.wanted is None:
            return joined_words((f"error {self.count_words}".rstrip(), place, around))
        return joined_words((f"{place} holds {self.goal_words}", around, self.count_words))

    @property
    def facts(self) -> str:
        """Which lines are shown, and how: `rank 1 · errors · & “loss”`."""
        wanted = [
            f"& “{one.text}”" + (" as plain text" if one.is_broken else "")
            for one in self.shown.wanted
        ]
        rank = self.tab.name if self.tab else ""
        bars = "" if self.shown.joins_bars else "every state of bars"
        wraps = "wrapped" if self.wraps else ""
        return joined_words((rank, LEVEL_WORDS[self.shown.level], *wanted, bars, wraps))

    @property
    def _side(self) -> str:
        return f"from column {self.shift + 1}" if self.shift else ""

    def tell(self) -> None:
        """Say where the log stands, when that has changed."""
        told = (self.state, self.facts)
        if told != self._told and self.is_mounted:
            self._told = told
            self.post_message(self.StateChanged(*told))

    def toggle_selection(self) -> None:
        """Begin to select lines with the one found, else the last in sight; or leave it."""
        if self.pages is None or self.selected is not None:
            self.selected = None
            return
        row = self.last_row
        if self.found is not None:
            row = self.pages.row_of(self.found)
        self.following = False
        self.selected = (row, row) if row >= 0 else None

    def extend_selection(self, rows: int) -> None:
        """Move the end of the selection, and keep it in sight."""
        if self.selected is None or self.pages is None:
            return
        begin, end = self.selected
        end = max(0, min(len(self.pages) - 1, end + rows))
        self.selected = (begin, end)
        self.show_row(end)

    def copy_lines(self) -> None:
        """Hand the selected lines, or those in sight, to the terminal's clipboard."""
        if self.pages is None:
            return
        low, high = self.row_at(0), self.last_row
        if self.selected is not None:
            low, high = min(self.selected), max(self.selected)
        lines = self.pages.read(low, min(MOST_COPIED, high - low + 1))
        self.app.copy_to_clipboard("".join(f"{clean(line.raw)}\n" for line in lines))
        left_out = 0 if self.selected is None else high - low + 1 - len(lines)
        self.selected = None
        self.post_message(self.Copied(len(lines), left_out))

    def on_mouse_down(self, event: MouseDown) -> None:
        """Begin to select with the mouse."""
        if event.button == 1 and self.pages is not None and event.x < self.text_width:
            row = self.row_at(event.y)
            if row < len(self.pages):
                self._is_dragged = True
                self.selected = (row, row)
                self.capture_mouse()

    def on_mouse_move(self, event: MouseMove) -> None:
        """Select up to the line under the mouse."""
        if self._is_dragged and self.selected is not None:
            self.extend_selection(self.row_at(max(0, event.y)) - self.selected[1])

    def on_mouse_up(self, event: MouseUp) -> None:
        """Keep what was dragged over; a click alone selects nothing."""
        if self._is_dragged:
            self._is_dragged = False
            self.release_mouse()
            if self.selected is not None and self.selected[0] == self.selected[1]:
                self.selected = None

    def action_follow(self) -> None:
        """Go to the end and stay there."""
        self.follow()

    def action_start(self) -> None:
        """Go to the first line."""
        self.to_start()

    def action_lines(self, lines: int) -> None:
        """Scroll by lines."""
        self.scroll_rows(lines)

    def action_pages(self, pages: int) -> None:
        """Scroll by pages, one line of the old page kept."""
        self.action_lines(pages * max(1, self.size.height - 1))
