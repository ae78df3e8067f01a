"""The curves of one run, read on as its results file or its log grows."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cockpit.files import LineTail, stamp
from cockpit.metrics.readers import open_reader
from cockpit.metrics.series import MetricTable
from cockpit.runs.layout import RunPaths
from cockpit.runs.record import RunRecord

LOG_READERS: Final = ("epri-log",)
"""These read the log itself; the others a file that the trainer writes."""


class ResultsTail:
    """Reads a run's results to their present end, at most a budget at a time.

    What an earlier run left at the same place is not read: the file counts once it has changed
    since the start. After the end, the copy that the supervisor kept is read.
    """

    def __init__(self, record: RunRecord, paths: RunPaths) -> None:
        self.path = results_path(record, paths)
        self._before = record.results_before if self.path == record.results else None
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
        if self._tail is None or self.path is None or self._is_foreign(self.path):
            return False
        found = self._tail.read()
        if found.restarted:
            self._reader.restart()
        if found.lines:
            self._reader.feed(found.lines)
        return found.has_more

    def _is_foreign(self, path: Path) -> bool:
        if self._before is not None and stamp(path) != self._before:
            self._before = None
        return self._before is not None


def results_path(record: RunRecord, paths: RunPaths) -> Path | None:
    """Return the file that the curves come from; None where the preset names none."""
    if record.reader in LOG_READERS:
        return paths.log
    if record.results is not None and (paths.kept_results / record.results.name).is_file():
        return paths.kept_results / record.results.name
    return record.results
