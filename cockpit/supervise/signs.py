"""The signs by which a run is seen to go on: its files, its checkpoints, its ranks."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cockpit.analysis.alerts.run import RunSigns
from cockpit.runs.layout import RunPaths
from cockpit.runs.record import RunRecord
from cockpit.supervise.quiet import QuietWatch

MOST_CHECKPOINTS: Final = 50
"""So many times of a checkpoint are remembered: enough for the usual interval."""


class CheckpointTimes:
    """When the checkpoint of one attempt was written."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._times: tuple[float, ...] = ()
        self._written: float | None = None

    def shift(self, step_s: float) -> None:
        """Tell the times by a clock that was set by `step_s`."""
        self._times = tuple(moment + step_s for moment in self._times)

    def look(self, since: float) -> tuple[float, ...]:
        """Return the times, oldest first; what was written before `since` is of another attempt."""
        if self._file is None:
            return ()
        try:
            written = self._file.stat().st_mtime
        except OSError:
            return self._times
        if written >= since and written != self._written:
            self._written = written
            self._times = (*self._times, written)[-MOST_CHECKPOINTS:]
        return self._times


def signs_of(
    quiet: QuietWatch,
    checkpoints: CheckpointTimes,
    attempt_started: float,
    gpu_ranks: Mapping[str, int | None],
    *,
    cpu_count: int,
    worker_count: int,
) -> RunSigns:
    """Return what the rules ask of a run, at this moment."""
    silent_s = time.monotonic() - quiet.since
    return RunSigns(
        gpu_ranks=gpu_ranks,
        attempt_started=attempt_started,
        last_progress=max(attempt_started, time.time() - silent_s),
        longest_silence_s=quiet.longest_s,
        checkpoints=checkpoints.look(attempt_started),
        cpu_count=cpu_count,
        worker_count=worker_count,
    )


def progress_files(record: RunRecord, paths: RunPaths) -> tuple[Path, ...]:
    """Return the files in which a job shows that it goes on."""
    own = (paths.log, record.results, record.checkpoint)
    return tuple(dict.fromkeys(file for file in own if file is not None))
