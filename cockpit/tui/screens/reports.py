"""Reports: what tools, runs and comparisons left to read, the newest first."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Resize, ScreenResume
from textual.message import Message
from textual.timer import Timer
from textual.worker import get_current_worker

from cockpit import locations
from cockpit.tui.ink import Line, glyphs_of
from cockpit.tui.messages import ShowReport
from cockpit.tui.report_pages import PREVIEW_BYTES, Page, page_lines, read_page
from cockpit.tui.report_rows import (
    EMPTY,
    choose_columns,
    chosen,
    report_row,
    told_lines,
)
from cockpit.tui.screens.report_filter import ReportFilter
from cockpit.tui.store import Snapshot
from cockpit.tui.widgets.filter_input import FilterInput
from cockpit.tui.widgets.gpu_table import GpuTable
from cockpit.tui.widgets.markdown_view import MarkdownView
from cockpit.tui.widgets.next_steps import NextSteps
from cockpit.tui.widgets.rows import Rows
from cockpit.tui.widgets.rule_title import RuleTitle
from cockpit.views.report_list import ReportEntry, ReportList

READ_EVERY_S: Final = 3.0
"""Reports come seldom, and the folder may lie on a slow disk."""
PREVIEW_FROM_ROWS: Final = 30
PREVIEW_AFTER_S: Final = 0.1
"""Who holds a key down reads no report in passing."""


class ReportsScreen(ReportFilter):
    """The list, and from 30 rows on the beginning of the selected report."""

    MODE = "4"
    HELP = """\
Reports of tools, runs and comparisons, the newest first. A tool of which no report was written yet
is in the list too: its result can be read, and w writes report, numbers and picture beside it.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", key_display="⏎", id="reports.open",
                tooltip="Read the selected report"),
        ReportFilter.ACTS[0],
        Binding("f", "kind", "kind", id="reports.kind",
                tooltip="Only the reports of one tool, of runs, of comparisons; then all again"),
        Binding("slash", "filter", "filter", key_display="/", id="reports.filter",
                tooltip="Show only reports that hold these words: a run, a path, failed"),
        *ReportFilter.ACTS[1:],
        Binding("escape", "show_all", "all rows", key_display="esc", id="reports.show-all",
                tooltip="Show all reports again"),
        Binding("escape", "app.mode('1')", "deck", key_display="esc", id="reports.back",
                tooltip="Back to the Deck"),
    ]  # fmt: skip

    title_row = getters.query_one("#reports-title", RuleTitle)
    told = getters.query_one("#reports-told", Rows)
    steps = getters.query_one(NextSteps)
    preview_box = getters.query_one("#reports-preview-box", Vertical)
    preview_title = getters.query_one("#reports-preview-title", RuleTitle)
    preview = getters.query_one(MarkdownView)

    class Listed(Message):
        """The folders were read."""

        def __init__(self, entries: tuple[ReportEntry, ...]) -> None:
            super().__init__()
            self.entries = entries

    class Previewed(Message):
        """The beginning of a report was read."""

        def __init__(self, entry: ReportEntry, page: Page) -> None:
            super().__init__()
            self.entry = entry
            self.page = page

    def __init__(self, host: str) -> None:
        super().__init__(host)
        self._list = ReportList(
            locations.tools_dir(), locations.runs_dir(), locations.compared_file()
        )
        self._is_reading = False
        self._knows_time = False
        self._shown: tuple[ReportEntry, ...] = ()
        self._timer: Timer | None = None
        self._previewed: tuple[ReportEntry, int] | None = None

    def compose_body(self) -> ComposeResult:
        """Yield the list, what is told of the selected report, and its beginning."""
        yield RuleTitle("Reports", "reading the folders", id="reports-title")
        yield GpuTable(id="reports-table")
        yield NextSteps(EMPTY, id="reports-steps")
        yield Rows(id="reports-told")
        with Vertical(id="reports-preview-box"):
            yield RuleTitle(id="reports-preview-title")
            yield MarkdownView(id="reports-preview")
        yield FilterInput("kind, run, path or outcome", id="reports-filter")

    def on_mount(self) -> None:
        """Put the keys on the list, and look for new reports while it is shown."""
        self.preview.can_focus = False
        self.steps.display = False
        self.table.focus()
        self.set_interval(READ_EVERY_S, self._look)
        self._look()

    @on(ScreenResume)
    def _look(self) -> None:
        if self.is_current and not self._is_reading:
            self._is_reading = True
            self._read()

    @work(thread=True, group="reports", exit_on_error=False)
    def _read(self) -> None:
        try:
            self.post_message(self.Listed(self._list.read()))
        finally:
            self._is_reading = False

    @on(Listed)
    def take(self, event: Listed) -> None:
        """Show what there is now."""
        self.entries = event.entries

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the dates once the time is known; nothing else here goes with it."""
        if not self._knows_time:
            self._knows_time = True
            self.show_rows()

    @property
    def _now(self) -> float:
        return self.snapshot.time if self.snapshot else 0.0

    @property
    def selected(self) -> ReportEntry | None:
        """The report that the keys act on."""
        row = self.table.row
        return self._shown[row] if 0 <= row < len(self._shown) else None

    @property
    def acted_on(self) -> ReportEntry | None:
        """The selected report; none while one writes."""
        return None if self.is_writing else self.selected

    def show_rows(self) -> None:
        """Show the reports that are wanted; a row that stays the same is not painted again."""
        if self.entries is None or not self.is_mounted:
            return
        self._shown = chosen(self.entries, self.kind, self.filter_input.value)
        columns, now = choose_columns(max(20, self.size.width - 2)), self._now

        def build(row: int, is_selected: bool) -> tuple[Line, ...]:
            return report_row(self._shown[row], columns, now, selected=is_selected)

        keys = [str(entry.folder) for entry in self._shown]
        self.table.show(keys, columns.columns, 1, 0, build)
        self._divide(len(self.entries))
        self._show_title(len(self.entries))
        self._show_selected()
        self.refresh_bindings()

    def _show_title(self, count: int) -> None:
        self.title_row.facts = str(count or "none yet")
        words = self.filter_input.value.strip()
        told = (
            f"{len(self._shown)} shown" if self.is_filtered else "",
            f"only {self.kind}" if self.kind else "",
            f"with “{words}”" if words else "",
            self._rows_words(),
        )
        self.title_row.state = " · ".join(part for part in told if part)

    def _rows_words(self) -> str:
        seen = self.table.rows_in_sight
        if not self.table.is_cut or not seen:
            return ""
        return f"rows {seen.start + 1} to {seen.stop}"

    def _divide(self, count: int) -> None:
        """Give the list the rows that it needs, at most half of them where there is a preview."""
        height = self.size.height
        previews = height >= PREVIEW_FROM_ROWS and bool(self._shown)
        self.steps.display = not count
        self.table.display = bool(self._shown)
        self.preview_box.display = previews
        most = max(6, (height - 8) // 2)
        self.table.styles.height = min(most, len(self._shown) + 1) if previews else "1fr"

    def _show_selected(self) -> None:
        """Say of the selected report what its row has no room for, and show its beginning."""
        entry, width = self.selected, max(20, self.size.width - 2)
        if entry is not None:
            self.told.show(told_lines(entry, width))
        elif self.entries:
            self.told.show(((("no report matches; esc shows all", "muted"),),))
        else:
            self.told.show(())
        wanted = (entry, width) if entry and self.preview_box.display else None
        if wanted is not None and wanted != self._previewed:
            if self._timer:
                self._timer.stop()
            self._timer = self.set_timer(PREVIEW_AFTER_S, self._preview)

    def _preview(self) -> None:
        entry, width = self.selected, max(20, self.size.width - 2)
        if entry is not None:
            self._previewed = (entry, width)
            self._read_page(entry, width)

    @work(thread=True, exclusive=True, group="preview", exit_on_error=False)
    def _read_page(self, entry: ReportEntry, width: int) -> None:
        page = read_page(entry, width, PREVIEW_BYTES)
        if not get_current_worker().is_cancelled:
            self.post_message(self.Previewed(entry, page))

    @on(Previewed)
    def show_preview(self, event: Previewed) -> None:
        """Show the beginning of the report under the bar."""
        if event.entry == self.selected:
            width = max(20, self.size.width - 2)
            self.preview_title.title = event.entry.kind
            self.preview_title.facts = event.entry.about
            self.preview.show(page_lines(event.page, width))

    @on(MarkdownView.Moved)
    def tell_how_much(self) -> None:
        """Say that there is more to read."""
        more = len(self.preview.lines) - self.preview.size.height
        arrow = glyphs_of(self).text("⏎")
        self.preview_title.state = f"{arrow} reads on" if more > 0 else ""

    def on_resize(self, event: Resize) -> None:
        """Lay everything out for the new size, after the regions have theirs."""
        self.call_after_refresh(self.show_rows)

    @on(GpuTable.Highlighted)
    def show_other(self) -> None:
        """Tell of the report under the bar."""
        self._show_selected()
        if self.entries is not None:
            self._show_title(len(self.entries))
        self.refresh_bindings()

    @on(GpuTable.Opened)
    def open_clicked(self) -> None:
        """Open the row that was clicked again."""
        self.action_open()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what acts on a report only when there is one; no letter acts while one writes."""
        if not self.is_mounted:
            return True
        match action:
            case "kind" | "filter":
                return bool(self.entries) and not self.is_writing
            case "open":
                return self.acted_on is not None
            case "show_all":
                return self.is_filtered and not self.is_writing
            case _:
                return super().check_action(action, parameters)

    def start_over(self) -> None:
        """Put the keys on the list, and look at once."""
        self.table.focus()
        self._look()

    def after_writing(self) -> None:
        """Look at once: there is a report more."""
        self._look()

    def action_open(self) -> None:
        """Ask for the screen of the selected report."""
        if self.selected is not None:
            self.post_message(ShowReport(self.selected))
