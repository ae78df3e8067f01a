"""One report, to be read."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Final

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.message import Message
from textual.widgets import Input
from textual.worker import get_current_worker

from cockpit.files import stamp
from cockpit.tui.ink import Line, fit
from cockpit.tui.report_pages import Page, page_lines, read_page
from cockpit.tui.report_rows import command_lines, standing_sign, when
from cockpit.tui.screens.report_acts import ReportActs
from cockpit.tui.store import Snapshot
from cockpit.tui.widgets.markdown_view import MarkdownView
from cockpit.tui.widgets.rows import Rows
from cockpit.tui.widgets.rule_title import RuleTitle
from cockpit.tui.widgets.search_input import SearchInput
from cockpit.views.report_list import REPORT, ReportEntry

LOOK_EVERY_S: Final = 3.0
"""A report is seldom written again."""


class ReportScreen(ReportActs):
    """A report from its title to its end, with the command that shows the same."""

    MODE = "4"
    HELP = """\
One report, laid out for this screen. Pictures are named, links are not followed: o shows the files
that lie beside the report, y copies its path.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "end_search", "end the search", key_display="esc", id="report.end-search",
                tooltip="Mark nothing any more"),
        Binding("escape", "back", "back", key_display="esc", id="report.back",
                tooltip="Back to the list"),
        Binding("slash", "search", "search", key_display="/", id="report.search",
                tooltip="Look for a text"),
        Binding("n", "find_again(1)", "next", key_display="n N", id="report.next",
                tooltip="The next, the previous line that holds it"),
        Binding("N", "find_again(0)", show=False, id="report.previous"),
        *ReportActs.ACTS,
    ]  # fmt: skip

    title_row = getters.query_one("#report-title", RuleTitle)
    notes = getters.query_one("#report-notes", Rows)
    view = getters.query_one(MarkdownView)
    command = getters.query_one("#report-command", Rows)
    search_input = getters.query_one(SearchInput)

    class PageRead(Message):
        """The report was laid out."""

        def __init__(self, page: Page, width: int, mark: str | None) -> None:
            super().__init__()
            self.page = page
            self.width = width
            self.mark = mark

    def __init__(self, host: str, entry: ReportEntry) -> None:
        super().__init__(host)
        self.entry = entry
        self._page: Page | None = None
        self._laid_out = 0
        self._mark: str | None = None
        self._missed = ""
        self._knows_time = False

    def compose_body(self) -> ComposeResult:
        """Yield what it is, its text, and the command that shows it."""
        yield RuleTitle(self.entry.kind, self.entry.about, "reading it", id="report-title")
        yield Rows(id="report-notes")
        yield MarkdownView()
        yield Rows(id="report-command")
        search = SearchInput(id="report-search")
        search.placeholder = "look for a text"
        yield search

    def on_mount(self) -> None:
        """Put the keys on the text, and read it."""
        self.view.focus()
        self._show_about()
        self.set_interval(LOOK_EVERY_S, self._look_again)

    @property
    def acted_on(self) -> ReportEntry | None:
        """The report; none while one writes."""
        return None if self.is_writing else self.entry

    @property
    def is_writing(self) -> bool:
        """True while the keys are letters of the text to look for."""
        return self.is_mounted and self.search_input.display

    @property
    def _width(self) -> int:
        return max(20, self.size.width - 2)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the date, now that the time is known."""
        if not self._knows_time:
            self._knows_time = True
            self._show_about()

    def _look_again(self) -> None:
        """Read the report anew when it was written again, and the one that was written now."""
        if self.is_current and self._page is not None:
            self._read(self.entry, self._width, self._mark)

    @work(thread=True, exclusive=True, group="report", exit_on_error=False)
    def _read(self, entry: ReportEntry, width: int, known: str | None) -> None:
        mark = stamp(entry.report or entry.folder / "events.jsonl")
        if self._page is not None and mark == known and width == self._laid_out:
            return
        page = read_page(entry, width)
        if not get_current_worker().is_cancelled:
            self.post_message(self.PageRead(page, width, mark))

    @on(PageRead)
    def show_page(self, event: PageRead) -> None:
        """Show the text; who reads it already stays where he is."""
        is_first = self._page is None
        self._page, self._laid_out, self._mark = event.page, event.width, event.mark
        self.view.show(page_lines(event.page, event.width), from_top=is_first)
        self._show_about()
        self._show_place()

    def _show_about(self) -> None:
        """Say how it ended, what is to be known of the text, and the command."""
        entry, width = self.entry, self._width
        sign, look = standing_sign(entry.standing)
        now = self.snapshot.time if self.snapshot else 0.0
        words = f"{entry.standing} · {when(entry.time_s, now).strip()}"
        words += f" · {entry.why}" * bool(entry.why)
        lines: list[Line] = [((f"{sign} ", look), (fit(words, width - 2).rstrip(), "muted"))]
        if entry.report is None:
            told = "▲ no report was written yet; this is the result, w writes it"
            lines.append(((fit(told, width).rstrip(), "attention"),))
        for note in self._page.notes if self._page else ():
            lines.append(((fit(f"▲ {note}", width).rstrip(), "attention"),))
        self.notes.show(tuple(lines))
        self.command.show(command_lines(entry, width))

    def _show_place(self) -> None:
        if self._page is None:
            return
        self.title_row.state = self._missed or self.view.place

    @on(MarkdownView.Moved)
    def tell_place(self) -> None:
        """Say which lines can be seen."""
        self._show_place()

    def on_resize(self, event: Resize) -> None:
        """Lay the text out for the new width."""
        if self._width != self._laid_out:
            self._read(self.entry, self._width, self._mark)
        self._show_about()

    def after_writing(self) -> None:
        """Show the report that was written now."""
        report = self.entry.folder / REPORT
        if report.is_file():
            self.entry = replace(self.entry, report=report)
            self._read(self.entry, self._width, None)
            self.refresh_bindings()

    @on(Input.Submitted)
    def find(self) -> None:
        """Go to the first line that holds the text."""
        self._end_writing()
        self._find(forward=True, again=False)

    @on(SearchInput.Left)
    def drop_search(self) -> None:
        """Look for nothing."""
        self.search_input.value = ""
        self._end_writing()
        self.action_end_search()

    def _end_writing(self) -> None:
        self.search_input.display = False
        self.view.focus()
        self.refresh_bindings()

    def _find(self, *, forward: bool, again: bool) -> None:
        text = self.search_input.value
        is_found = self.view.find(text, forward=forward, again=again)
        self._missed = f"“{text}” is not in it" if text and not is_found else ""
        self._show_place()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what can be done; no letter acts while one writes."""
        if not self.is_mounted:
            return True
        match action:
            case "search" | "back":
                return not self.is_writing
            case "find_again":
                return bool(self.search_input.value) and not self.is_writing
            case "end_search":
                return (self.view.found is not None or bool(self._missed)) and not self.is_writing
            case _:
                return super().check_action(action, parameters)

    def action_search(self) -> None:
        """Ask for the text."""
        self.search_input.display = True
        self.set_focus(self.search_input)
        self.refresh_bindings()

    def action_find_again(self, is_forward: int) -> None:
        """Go on to the next line that holds the text, or to the one before."""
        self._find(forward=bool(is_forward), again=True)

    def action_end_search(self) -> None:
        """Mark nothing any more."""
        self._missed = ""
        self.view.forget()
        self._show_place()
        self.refresh_bindings()

    def action_back(self) -> None:
        """Leave the report."""
        self.dismiss()
