"""A screen with a log: its keys scroll it and search it, whatever else has the focus."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from textual import getters, on
from textual.binding import Binding
from textual.widgets import Input

from cockpit.analysis.log_levels import Level
from cockpit.runs.layout import RunPaths
from cockpit.runs.log_times import LogTimes
from cockpit.tui.screens.acting import ActingScreen
from cockpit.tui.widgets.log_view import LogView
from cockpit.tui.widgets.rule_title import RuleTitle
from cockpit.tui.widgets.search_input import SearchInput
from cockpit.views.rank_logs import RankLog, rank_logs

LOG_KEYS: Final = (
    Binding("slash", "search", "search", key_display="/", id="run.search",
            tooltip="Search the log: a text, or a regular expression"),
    Binding("n", "find(1)", show=False, key_display="n N", id="run.next",
            tooltip="The next, the previous line that holds it"),
    Binding("N", "find(0)", show=False, id="run.previous"),
    Binding("up", "scroll_log('line_up')", show=False, key_display="↑ ↓", id="run.up",
            tooltip="Scroll the log by a line"),
    Binding("down", "scroll_log('line_down')", show=False, id="run.down"),
    Binding("pageup", "scroll_log('page_up')", show=False, key_display="pgup pgdn",
            id="run.page-up", tooltip="Scroll the log by a page"),
    Binding("pagedown", "scroll_log('page_down')", show=False, id="run.page-down"),
    Binding("home", "scroll_log('home')", show=False, id="run.top",
            tooltip="The beginning of the log"),
    Binding("G,end", "scroll_log('end')", show=False, id="run.end",
            tooltip="The end of the log, and follow it"),
    Binding("e", "log_error", "errors", id="run.log-error",
            tooltip="The first error of the log; again for the next"),
    Binding("ampersand", "filter_log", "filter", key_display="&", id="run.log-filter",
            tooltip="Show only lines that hold a text or an expression; empty for all"),
    Binding("left_square_bracket", "log_rank(-1)", "ranks", key_display="[ ]", id="run.log-rank",
            tooltip="The log of all ranks, of rank 0, of rank 1, …"),
    Binding("right_square_bracket", "log_rank(1)", show=False, id="run.log-rank-next"),
    Binding("v", "select_lines", "select", id="run.log-select",
            tooltip="Select lines with ↑ and ↓, or drag with the mouse; y copies them"),
    Binding("y", "copy_lines", show=False, id="run.log-copy",
            tooltip="Copy the selected lines, else those in sight, to the clipboard"),
    Binding("E", "log_level", show=False, id="run.log-level",
            tooltip="Show only warnings and errors, only errors, or all lines"),
    Binding("W", "log_option('wraps')", show=False, id="run.log-wrap",
            tooltip="Wrap long lines, or cut them"),
    Binding("t", "log_option('shows_times')", show=False, id="run.log-times",
            tooltip="When each line was written, as far as the supervisor saw it"),
    Binding("c", "log_option('shows_colours')", show=False, id="run.log-colours",
            tooltip="The colours that the log asks for, or none"),
    Binding("b", "log_bars", show=False, id="run.log-bars",
            tooltip="Every state of progress bars, or the last only"),
)  # fmt: skip
IN_FULL_LOG: Final = frozenset(
    {
        "log_error", "filter_log", "log_rank", "select_lines", "copy_lines", "log_level",
        "log_option", "log_bars",
    }
)  # fmt: skip
"""Actions that want the log over the whole screen."""
NEXT_LEVEL: Final = {
    Level.ALL: Level.WARNING,
    Level.WARNING: Level.ERROR,
    Level.ERROR: Level.ALL,
}
LEVEL_SAID: Final = {
    Level.ALL: "all lines",
    Level.WARNING: "warnings and errors only",
    Level.ERROR: "errors only",
}


class LogScreen(ActingScreen):
    """Scrolls and searches its log."""

    log_title = getters.query_one("#log-title", RuleTitle)
    run_log = getters.query_one(LogView)
    search = getters.query_one(SearchInput)
    _was_searching = False

    @property
    def is_selecting(self) -> bool:
        """Whether lines are being selected."""
        return self.is_mounted and self.run_log.selected is not None

    def show_log_of(self, log: Path) -> None:
        """Show the log of a run, with the times that its supervisor noted."""
        paths = RunPaths(log.parent)
        self.run_log.times = LogTimes(paths.log_sizes) if paths.log == log else None
        self.run_log.path = log
        self.call_after_refresh(self.run_log.follow)

    @on(LogView.StateChanged)
    def show_log_state(self, event: LogView.StateChanged) -> None:
        """Say at the title which lines are shown and where one stands in them."""
        self.log_title.state = event.state
        if self.run_log.is_searching is not self._was_searching:
            self._was_searching = self.run_log.is_searching
            self.refresh_bindings()
        self.log_title.facts = event.facts

    def action_scroll_log(self, where: str) -> None:
        """Scroll the log, or what is selected of it; its end is followed again."""
        log = self.run_log
        page = max(1, log.size.height - 1)
        moves = {"line_up": -1, "line_down": 1, "page_up": -page, "page_down": page}
        if self.is_selecting:
            far = len(log.pages) if log.pages else 0
            log.extend_selection(moves.get(where, -far if where == "home" else far))
        elif where in moves:
            log.action_lines(moves[where])
        elif where == "home":
            log.action_start()
        else:
            log.follow()

    def on_key(self) -> None:
        """Take back what was said of a search that found nothing."""
        self.run_log.forget_miss()

    def action_end_search(self) -> None:
        """Search no more."""
        self.run_log.give_up()
        self.refresh_bindings()

    def action_search(self) -> None:
        """Open the search line."""
        self._ask(is_filter=False)

    def action_filter_log(self) -> None:
        """Ask what the lines shall hold that are shown."""
        self._ask(is_filter=True)

    def _ask(self, *, is_filter: bool) -> None:
        self.search.ask(is_filter=is_filter)
        self.search.display = True
        self.set_focus(self.search)  # at once: what is typed ahead belongs to it
        self.refresh_bindings()

    def _close_search(self) -> None:
        self.search.display = False
        self.set_focus(None)
        self.refresh_bindings()

    @on(Input.Submitted, "#search")
    def find_first(self) -> None:
        """Go to the first match, or show those lines only, and give the keys back."""
        self._close_search()
        if self.search.is_filter:
            self.run_log.show_holding(self.search.value)
        else:
            self.run_log.find(self.search.value)

    @on(SearchInput.Left)
    def leave_search(self) -> None:
        """Give the keys back and search nothing."""
        self._close_search()

    def action_find(self, forward: int) -> None:
        """Go to the next or the previous match; without a text, ask for one."""
        if self.run_log.has_goal:
            self.run_log.find_again(forward=bool(forward))
        elif self.search.searched:
            self.run_log.find(self.search.searched, forward=bool(forward))
        else:
            self.action_search()

    def action_log_error(self) -> None:
        """Go to the first error, then to the next."""
        self.run_log.find_error()

    @on(LogView.Searched)
    def tell_how_the_search_ended(self, event: LogView.Searched) -> None:
        """Say that there is no such line; of one that was found the log's title tells."""
        if event.hit is None:
            wanted = self.run_log.wanted
            text = wanted.why_none(f"“{event.text}”") if wanted else "no error"
            self.notify(text, markup=False)

    def action_log_level(self) -> None:
        """Show fewer lines: the graver ones; after the gravest all again."""
        level = NEXT_LEVEL[self.run_log.shown.level]
        self.run_log.show_level(level)
        self.notify(LEVEL_SAID[level])

    def action_log_option(self, name: str) -> None:
        """Change how lines look."""
        setattr(self.run_log, name, not getattr(self.run_log, name))

    def action_log_bars(self) -> None:
        """Join the states of progress bars, or show them all."""
        self.run_log.join_bars(not self.run_log.shown.joins_bars)

    def action_log_rank(self, step: int) -> None:
        """Show the log of the next rank, or of the one before; before the first stand all."""
        log = self.run_log
        if log.path is None:
            return
        found = rank_logs(log.path, RunPaths(log.path.parent).ranks)
        if not found:
            self.notify("the log does not tell ranks apart")
            return
        tabs: tuple[RankLog | None, ...] = (None, *found)
        at = tabs.index(log.tab) if log.tab in tabs else 0
        log.tab = tabs[(at + step) % len(tabs)]

    def action_leave_lines(self) -> None:
        """Select nothing."""
        self.action_select_lines()

    def action_select_lines(self) -> None:
        """Begin to select lines, or leave it."""
        self.run_log.toggle_selection()
        self.refresh_bindings()

    def action_copy_lines(self) -> None:
        """Copy the selected lines, else those in sight."""
        self.run_log.copy_lines()
        self.refresh_bindings()

    @on(LogView.Copied)
    def tell_how_much_was_copied(self, event: LogView.Copied) -> None:
        """Say how many lines the terminal was handed."""
        lines = f"{event.count:,} line{'' if event.count == 1 else 's'} copied"
        more = f"; {event.left_out:,} more are too many at once" if event.left_out else ""
        self.notify(lines + more)
        self.refresh_bindings()
