"""A screen with a log: its keys scroll it and search it, whatever else has the focus."""

from __future__ import annotations

from typing import Final

from textual import getters, on
from textual.binding import Binding
from textual.widgets import Input

from cockpit.tui.screens.acting import ActingScreen
from cockpit.tui.widgets.log_view import LogView
from cockpit.tui.widgets.rule_title import RuleTitle
from cockpit.tui.widgets.search_input import SearchInput

LOG_KEYS: Final = (
    Binding("slash", "search", "search", key_display="/", id="run.search",
            tooltip="Search the log"),
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
)  # fmt: skip


class LogScreen(ActingScreen):
    """Scrolls and searches its log."""

    log_title = getters.query_one("#log-title", RuleTitle)
    run_log = getters.query_one(LogView)
    search = getters.query_one(SearchInput)

    @on(LogView.StateChanged)
    def show_log_state(self, event: LogView.StateChanged) -> None:
        """Say at the right of the title where the log stands."""
        self.log_title.state = event.state

    def action_scroll_log(self, where: str) -> None:
        """Scroll the log; its end is followed again."""
        log = self.run_log
        match where:
            case "line_up":
                log.scroll_up(animate=False)
            case "line_down":
                log.scroll_down(animate=False)
            case "page_up":
                log.scroll_page_up(animate=False)
            case "page_down":
                log.scroll_page_down(animate=False)
            case "home":
                log.scroll_home(animate=False)
            case _:
                log.follow()

    def action_search(self) -> None:
        """Open the search line."""
        self.search.display = True
        self.search.focus()
        self.refresh_bindings()

    def _close_search(self) -> None:
        self.search.display = False
        self.set_focus(None)
        self.refresh_bindings()

    @on(Input.Submitted, "#search")
    def find_first(self) -> None:
        """Go to the first match and give the keys back."""
        self._close_search()
        self.run_log.find(self.search.value)

    @on(SearchInput.Left)
    def leave_search(self) -> None:
        """Give the keys back and search nothing."""
        self._close_search()

    def action_find(self, forward: int) -> None:
        """Go to the next or the previous match; without a text, ask for one."""
        if self.search.value:
            self.run_log.find(self.search.value, forward=bool(forward))
        else:
            self.action_search()

    @on(LogView.Searched)
    def tell_how_the_search_ended(self, event: LogView.Searched) -> None:
        """Say that there is no such line; of one that was found the log's title tells."""
        if event.hit is None:
            self.notify(f"no line holds “{event.text}”", markup=False)
