"""A screen that knows what the GPUs of its run did; reads their record in a thread."""

from __future__ import annotations

from typing import Final

from textual import getters, on, work
from textual.message import Message
from textual.worker import get_current_worker

from cockpit.runs.layout import RunPaths
from cockpit.tui.screens.log_keys import LogScreen
from cockpit.tui.widgets.curves import Curves
from cockpit.views.gpu_history import Recorded, RecordedRuns
from cockpit.views.run_view import RunView

READ_EVERY_S: Final = 20.0
"""A record of days is large, and a step of its history lasts minutes."""


class DeviceScreen(LogScreen):
    """Gives its curves the GPUs of its run, while they lie along the clock."""

    curves = getters.query_one(Curves)
    _records: RecordedRuns | None = None
    _read_at: float | None = None

    class DevicesRead(Message):
        """What the record of the run tells."""

        def __init__(self, run: RunView, recorded: Recorded) -> None:
            super().__init__()
            self.run = run
            self.recorded = recorded

    def follow_devices(self, run: RunView, now: float, *, is_wanted: bool) -> None:
        """Read the record when it is time and somebody looks; of a run that is over, once."""
        if not is_wanted or run.started is None or run.is_remote:
            return
        is_early = self._read_at is not None and (
            run.phase.is_over or 0 <= now - self._read_at < READ_EVERY_S
        )
        if not is_early:
            self._read_at = now
            self._read_devices(run, run.started, run.ended or now)

    @work(thread=True, exclusive=True, group="curve-devices", exit_on_error=False)
    def _read_devices(self, run: RunView, since: float, until: float) -> None:
        if self._records is None:
            self._records = RecordedRuns()
        files = [(RunPaths(run.directory).gpu_samples, since)]
        recorded = self._records.read(files, until)
        if not get_current_worker().is_cancelled:
            self.post_message(self.DevicesRead(run, recorded))

    @on(DevicesRead)
    def show_devices(self, event: DevicesRead) -> None:
        """Put them under the curves."""
        from cockpit.tui.curve_devices import device_plots

        self.curves.devices = device_plots(event.recorded, frozenset(event.run.gpu_ranks))
