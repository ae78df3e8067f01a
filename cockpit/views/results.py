"""The curves of one run, read on as its results file or its log grows."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cockpit.files import LineTail
from cockpit.metrics.readers import open_reader
from cockpit.metrics.series import MetricTable
from cockpit.runs.layout import RunPaths
from cockpit.runs.record import RunRecord

LOG_READERS: Final = ("epri-log",)
"""These read the log itself; the others a file that the trainer writes."""


class ResultsTail:
    """Reads a run's results to their present end, at most a budget at a time."""

    def __init__(self, record: RunRecord, paths: RunPaths) -> None:
        self.path = results_path(record, paths)
        self._reader = open_reader(record.reader)
        self._tail = LineTail(self.path) if self.path else None

    def read(self, chunks: int = 4) -> MetricTable:
        """Return the curves after reading up to `chunks` MiB of what was added."""
        for _ in range(chunks):
            if not self._read_chunk():
                break
        return self._reader.table()

    def read_all(self) -> MetricTable:
        """Return the curves after reading all there is."""
        while self._read_chunk():
            pass
        return self._reader.table()

    def _read_chunk(self) -> bool:
        if self._tail is None:
            return False
        found = self._tail.read()
        if found.restarted:
            self._reader.restart()
        if found.lines:
            self._reader.feed(found.lines)
        return found.has_more


def results_path(record: RunRecord, paths: RunPaths) -> Path | None:
    """Return the file that the curves come from; None where the preset names none."""
    return paths.log if record.reader in LOG_READERS else record.results
