"""A screen of GPUs with a line for a filter: it filters while one writes."""

from __future__ import annotations

from textual import getters, on
from textual.widgets import Input

from cockpit.tui.screens.gpu_past import PastScreen
from cockpit.tui.widgets.filter_input import FilterInput
from cockpit.tui.widgets.gpu_table import GpuTable


class FilterScreen(PastScreen):
    """Shows only the rows that match."""

    table = getters.query_one(GpuTable)
    filter_input = getters.query_one(FilterInput)

    @property
    def is_writing(self) -> bool:
        """True while the keys are letters of the filter."""
        return self.filter_input.display

    @property
    def has_filter(self) -> bool:
        """True while not all rows are shown."""
        return bool(self.filter_input.value.strip())

    def action_filter(self) -> None:
        """Open the line for the filter."""
        self.filter_input.display = True
        self.filter_input.focus()
        self.refresh_bindings()

    def action_show_all(self) -> None:
        """Drop the filter."""
        self.filter_input.value = ""
        self.refresh_bindings()

    @on(Input.Changed)
    def filter_rows(self) -> None:
        """Show the rows that match what is written so far."""
        if self.snapshot is not None:
            self.show_snapshot(self.snapshot)

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
