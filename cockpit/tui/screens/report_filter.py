"""A list of reports with a line for a filter, and one kind of report at a time."""

from __future__ import annotations

from textual import getters, on
from textual.reactive import var
from textual.widgets import Input

from cockpit.tui.report_rows import ALL_KINDS, next_kind
from cockpit.tui.screens.report_acts import ReportActs
from cockpit.tui.widgets.filter_input import FilterInput
from cockpit.tui.widgets.gpu_table import GpuTable
from cockpit.views.report_list import ReportEntry


class ReportFilter(ReportActs):
    """Knows which of the reports are wanted."""

    table = getters.query_one(GpuTable)
    filter_input = getters.query_one(FilterInput)

    kind: var[str] = var(ALL_KINDS, init=False)
    entries: var[tuple[ReportEntry, ...] | None] = var(None, init=False)
    """None until they were read for the first time."""

    def show_rows(self) -> None:
        """Show the reports that are wanted."""

    @property
    def is_writing(self) -> bool:
        """True while the keys are letters of the filter."""
        return self.is_mounted and self.filter_input.display

    @property
    def is_filtered(self) -> bool:
        """True while not all reports are shown."""
        return bool(self.filter_input.value.strip()) or self.kind != ALL_KINDS

    def watch_entries(self) -> None:
        """Show the rows; what stays the same is not painted again."""
        self.show_rows()

    def watch_kind(self) -> None:
        """Show reports of another kind."""
        self.show_rows()

    @on(Input.Changed)
    def filter_rows(self) -> None:
        """Show the rows that match what is written so far."""
        self.show_rows()

    @on(Input.Submitted)
    def keep_filter(self) -> None:
        """Give the keys back to the rows."""
        self.filter_input.display = False
        self.table.focus()
        self.refresh_bindings()

    @on(FilterInput.Dropped)
    def drop_filter(self) -> None:
        """Show all rows and give the keys back to them."""
        self.filter_input.value = ""
        self.keep_filter()

    def action_kind(self) -> None:
        """Show the reports of the next kind."""
        self.kind = next_kind(self.entries or (), self.kind)

    def action_filter(self) -> None:
        """Open the line for the filter."""
        self.filter_input.display = True
        self.set_focus(self.filter_input)
        self.refresh_bindings()

    def action_show_all(self) -> None:
        """Drop both filters."""
        self.filter_input.value = ""
        self.kind = ALL_KINDS
