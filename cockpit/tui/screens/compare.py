"""Runs beside each other: which is better, in what they differ, their curves in one plot."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import ClassVar, Final

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.events import Resize
from textual.message import Message
from textual.reactive import var
from textual.worker import get_current_worker

from cockpit import locations
from cockpit.analysis.comparison.comparing import Comparison
from cockpit.errors import CockpitError
from cockpit.tui.comparison_rows import (
    refusal_lines,
    run_lines,
    table_lines,
    verdict_lines,
    wrote_lines,
)
from cockpit.tui.crash import describe
from cockpit.tui.screens.frame import FrameScreen
from cockpit.tui.store import Snapshot
from cockpit.tui.widgets.compared_curves import ComparedCurves
from cockpit.tui.widgets.rows import Rows
from cockpit.tui.widgets.rule_title import RuleTitle
from cockpit.views.comparison import compare_views, refuse_unlike
from cockpit.views.opened import Watch, watch_run

BESIDE_FROM: Final = 140
"""Columns from which tables and curves stand beside each other."""
TABLES_WIDTH: Final = 64


class CompareScreen(FrameScreen):
    """Verdict, runs, tables and curves; what grows is compared again."""

    HELP = """\
Runs beside each other; the first one is what the others are held against. A difference counts as
clear when it is larger than what the metric varies by itself over the last epochs, and does not
come from one run having trained longer.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", key_display="esc", id="compare.back",
                tooltip="Back to the screen below"),
        Binding("w", "write", "write report", id="compare.write",
                tooltip="Write report, picture and JSON, and say where"),
        Binding("f", "curves(True)", "curves", id="compare.curves",
                tooltip="The curves in the place of the tables"),
        Binding("f", "curves(False)", "tables", id="compare.tables",
                tooltip="The tables in the place of the curves"),
        Binding("left", "cursor(-1)", "cursor", key_display="← →", id="compare.cursor-left",
                tooltip="Move the cursor of all curves"),
        Binding("right", "cursor(1)", show=False, id="compare.cursor-right"),
        Binding("up,k", "scroll(-1)", "scroll", key_display="↑ ↓", id="compare.up",
                tooltip="Scroll the tables"),
        Binding("down,j", "scroll(1)", show=False, id="compare.down"),
        Binding("pageup", "scroll(-10)", show=False, id="compare.pageup"),
        Binding("pagedown", "scroll(10)", show=False, id="compare.pagedown"),
    ]  # fmt: skip

    head = getters.query_one("#compare-verdict", Rows)
    runs = getters.query_one("#compare-runs", Rows)
    tables_box = getters.query_one("#compare-tables-box", VerticalScroll)
    tables = getters.query_one("#compare-tables", Rows)
    curves = getters.query_one(ComparedCurves)

    wants_curves: var[bool] = var(False, init=False)

    class Compared(Message):
        """What the runs come to now."""

        def __init__(self, found: Comparison) -> None:
            super().__init__()
            self.found = found

    class Refused(Message):
        """Why they cannot be compared, and what to try."""

        def __init__(self, error: CockpitError) -> None:
            super().__init__()
            self.error = error

    class Wrote(Message):
        """The files are there."""

        def __init__(self, folder: str, problem: str) -> None:
            super().__init__()
            self.folder = folder
            self.problem = problem

    def __init__(self, host: str, run_ids: Sequence[str]) -> None:
        super().__init__(host)
        self._run_ids = tuple(run_ids)
        self._watches: list[Watch] = []
        self._asked: object = None
        self.found: Comparison | None = None
        self._refused: CockpitError | None = None
        self._wrote: tuple[str, str] | None = None

    def compose_body(self) -> ComposeResult:
        """Yield the verdict, the runs, and tables beside curves."""
        yield RuleTitle("Comparison", id="compare-title")
        yield Rows(id="compare-verdict")
        yield Rows(id="compare-runs")
        with Horizontal(id="compare-body"):
            with VerticalScroll(id="compare-tables-box"):
                yield Rows(id="compare-tables")
            yield ComparedCurves()

    def on_mount(self) -> None:
        """Let the keys scroll the tables wherever the focus is."""
        self.tables_box.can_focus = False
        self.head.show(((("reading the runs", "muted"),),))
        self._arrange()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Compare anew when one of the runs went on."""
        views = [snapshot.run(run_id) for run_id in self._run_ids]
        stands = [(view.phase, view.epoch, view.metrics.epoch) if view else None for view in views]
        if stands != self._asked:
            self._asked = stands
            try:
                refuse_unlike([view for view in views if view is not None])
            except CockpitError as error:
                self.post_message(self.Refused(error))
            else:
                self._read()

    @work(thread=True, exclusive=True, group="compare", exit_on_error=False)
    def _read(self) -> None:
        try:
            if not self._watches:
                self._watches = [watch_run(run_id) for run_id in self._run_ids]
            views = [watch.read(time.time()) for watch in self._watches]
            known = [view for view in views if view is not None]
            found = compare_views(known, [view.name for view in known])
        except CockpitError as error:
            if not get_current_worker().is_cancelled:
                self.post_message(self.Refused(error))
            return
        if not get_current_worker().is_cancelled:
            self.post_message(self.Compared(found))

    @on(Compared)
    def take(self, event: Compared) -> None:
        """Show what was found."""
        self.found = self.curves.found = event.found
        self._show()
        self.refresh_bindings()

    @on(Refused)
    def tell(self, event: Refused) -> None:
        """Show why there is nothing to see."""
        self._refused = event.error
        self._show()

    def _show(self) -> None:
        width = max(20, self.size.width - 2)
        if self.found is None:
            if (error := self._refused) is not None:
                self.head.show(refusal_lines(error.problem, error.remedy, width))
            return
        wrote = wrote_lines(*self._wrote, width) if self._wrote else ()
        self.head.show((*verdict_lines(self.found, width), *wrote))
        self.runs.show(run_lines(self.found, width))
        beside = self._stands_beside
        self.tables.show(table_lines(self.found, TABLES_WIDTH if beside else width - 1))

    def _arrange(self) -> None:
        self.tables_box.display = self._stands_beside or not self.wants_curves
        self.curves.display = self._stands_beside or self.wants_curves
        self.tables_box.styles.width = TABLES_WIDTH + 2 if self._stands_beside else "1fr"
        self._show()
        self.refresh_bindings()

    def watch_wants_curves(self) -> None:
        """Give the curves the place of the tables, or take it back."""
        self._arrange()

    @on(Resize)
    def fit_again(self) -> None:
        """Lay everything out for the new size."""
        if self.is_mounted:
            self._arrange()

    @property
    def _stands_beside(self) -> bool:
        return self.size.width >= BESIDE_FROM

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what acts on that which can be seen."""
        match action:
            case "write":
                return self.found is not None
            case "curves":
                return not self._stands_beside and parameters != (self.wants_curves,)
            case "cursor":
                return self._stands_beside or self.wants_curves
            case "scroll":
                return self._stands_beside or not self.wants_curves
            case _:
                return True

    def action_back(self) -> None:
        """Leave the screen."""
        self.dismiss()

    def action_curves(self, is_wanted: bool) -> None:
        """Change between tables and curves."""
        self.wants_curves = is_wanted

    def action_cursor(self, steps: int) -> None:
        """Move the cursor of all curves."""
        self.curves.move_cursor(steps)

    def action_scroll(self, rows: int) -> None:
        """Show what stands above or below."""
        self.tables_box.scroll_relative(y=rows, animate=False)

    def action_write(self) -> None:
        """Write the files of the comparison."""
        if self.found is not None:
            self._write(self.found)

    @work(thread=True, exclusive=True, group="compare-write", exit_on_error=False)
    def _write(self, found: Comparison) -> None:
        from cockpit.reports.comparison_folder import write_comparison

        folder = locations.tools_dir() / f"compare-{time.strftime('%Y%m%d-%H%M%S')}"
        try:
            written = write_comparison(found, folder)
        except CockpitError as error:
            self.app.post_message(describe(error, "not written"))
            return
        self.post_message(self.Wrote(str(folder), written.problem))

    @on(Wrote)
    def tell_where(self, event: Wrote) -> None:
        """Say where the files are, for as long as the screen is open."""
        self._wrote = event.folder, event.problem
        self._show()
