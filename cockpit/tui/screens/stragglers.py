"""The ranks of one run beside each other."""

from __future__ import annotations

import math
from typing import ClassVar, Final

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.message import Message
from textual.worker import get_current_worker

from cockpit.devices.sample import GpuSample
from cockpit.runs.layout import RunPaths
from cockpit.tui.ink import Line, fit
from cockpit.tui.messages import OpenRun, ShowGpu
from cockpit.tui.screens.gpu_past import Past, PastScreen
from cockpit.tui.store import Snapshot
from cockpit.tui.straggler_rows import straggler_columns, straggler_row
from cockpit.tui.stragglers import RankRow, behind_pct, rank_rows, verdict
from cockpit.tui.widgets.gpu_table import GpuTable
from cockpit.tui.widgets.rows import Rows
from cockpit.tui.widgets.rule_title import RuleTitle
from cockpit.views.gpu_history import Figure
from cockpit.views.rank_steps import rank_progress
from cockpit.views.run_view import RunView

HEADS_FROM_ROWS: Final = 10
READ_EVERY_S: Final = 5.0
"""Reading how far the ranks are opens a log of each."""


class StragglersScreen(PastScreen):
    """Which rank is slower than the others, and why."""

    HELP = """\
Each rank with its deviation from the median of its fellows, over the last minute. Ranks wait for
each other at every step: one that is slow makes all slow. ▲ marks only what departs.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", key_display="esc", id="ranks.back",
                tooltip="Back to the screen below"),
        Binding("enter", "open_gpu", "GPU", key_display="⏎", id="ranks.open-gpu",
                tooltip="Curves, facts and processes of this rank's GPU"),
        Binding("l", "log", "log", id="ranks.log", tooltip="The log of the run"),
    ]  # fmt: skip

    ranks_title = getters.query_one("#ranks-title", RuleTitle)
    note = getters.query_one("#ranks-note", Rows)
    table = getters.query_one(GpuTable)

    class ProgressRead(Message):
        """How far each rank is behind the furthest one, in percent of an epoch."""

        def __init__(self, behind: dict[int, float]) -> None:
            super().__init__()
            self.behind = behind

    def __init__(self, host: str, past: Past, run_id: str) -> None:
        super().__init__(host, past)
        self._run_id = run_id
        self._rows: tuple[RankRow, ...] = ()
        self._behind: dict[int, float] = {}
        self._asked_at = -math.inf

    def compose_body(self) -> ComposeResult:
        """Yield the sentence above the rows."""
        yield RuleTitle("Ranks", id="ranks-title")
        yield Rows(id="ranks-note")
        yield GpuTable()

    def on_mount(self) -> None:
        """Put the keys on the rows."""
        self.table.focus()

    @property
    def run_view(self) -> RunView | None:
        """The run, or None once it is gone."""
        return self.snapshot.run(self._run_id) if self.snapshot else None

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Compare the ranks anew."""
        run = self.run_view
        if run is None or run.phase.is_over:
            self.ranks_title.state = "this run is over" if run else "this run is gone"
            return
        if not 0 <= snapshot.time - self._asked_at < READ_EVERY_S:
            self._asked_at = snapshot.time
            self._read_progress(RunPaths(run.directory))
        self._rows = rank_rows(run, snapshot.reading.gpus, self._lately, self._behind)
        self.ranks_title.title = run.name
        count = f"{len(self._rows)} rank{'' if len(self._rows) == 1 else 's'}"
        simulated = " · SIMULATED" if snapshot.is_simulated else ""
        self.ranks_title.facts = f"{count}{simulated}"
        self.ranks_title.state = "mean of the last minute, and how far from the others"
        self._show_rows()

    @work(thread=True, exclusive=True, group="rank-progress", exit_on_error=False)
    def _read_progress(self, paths: RunPaths) -> None:
        behind = behind_pct(rank_progress(paths))
        if not get_current_worker().is_cancelled:
            self.post_message(self.ProgressRead(behind))

    @on(ProgressRead)
    def take_progress(self, event: ProgressRead) -> None:
        """Show it with the next reading."""
        self._behind = event.behind

    def _lately(self, sample: GpuSample, figure: Figure) -> float | None:
        return self.past.live.lately(sample.key, figure)

    def _show_rows(self) -> None:
        width = max(1, self.size.width - 2)
        said = verdict(self._rows)
        self.note.show((((fit(said.words, width), said.tone),),))
        self.table.has_heads = self.size.height >= HEADS_FROM_ROWS
        columns = straggler_columns(width)

        def build(row: int, is_selected: bool) -> tuple[Line, ...]:
            return straggler_row(self._rows[row], columns, is_selected=is_selected)

        keys = [row.sample.key for row in self._rows]
        if self.table.selected is None and said.row is not None:
            self.table.selected = said.row.sample.key
        self.table.show(keys, columns, 1, 0, build)
        self.refresh_bindings()

    @on(Resize)
    def fit_again(self) -> None:
        """Lay the rows out for the new size."""
        if self.is_mounted and self._rows:
            self.call_after_refresh(self._show_rows)

    @on(GpuTable.Opened)
    def open_clicked(self) -> None:
        """Open the row that was clicked again."""
        self.action_open_gpu()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the GPU only where a row is selected."""
        return bool(self._rows) if action == "open_gpu" else True

    def action_back(self) -> None:
        """Leave the screen."""
        self.dismiss()

    def action_open_gpu(self) -> None:
        """Ask for the screen of the GPU."""
        if self.table.selected:
            self.post_message(ShowGpu(self.table.selected))

    def action_log(self) -> None:
        """Ask for the log of the run."""
        self.post_message(OpenRun(self._run_id, log=True))
