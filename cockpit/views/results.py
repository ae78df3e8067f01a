"""The curves of one run, read on as its results file or its log grows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from cockpit.files import LineTail, read_end, stamp
from cockpit.metrics.log_reader import LogReader
from cockpit.metrics.readers import LOG_READERS, open_reader
from cockpit.metrics.series import MetricTable
from cockpit.runs.layout import RunPaths
from cockpit.runs.record import RunRecord

AT_ONCE_BYTES: Final = 64 << 20
"""Of a file with more to read than this, `read_all` leaves the middle out."""
END_BYTES: Final = 8 << 10
"""So much of a log's last line is looked at: the newest frames of a bar."""


class CurvesTail:
    """Reads a results file or a log to its present end, at most a budget at a time."""

    def __init__(self, path: Path | None, reader: str, before: str | None = None) -> None:
        """Take the file; what it was when its stamp was `before` is not read."""
        self.path = path
        self._before = before
        self._reader = open_reader(reader)
        self._tail = LineTail(self.path) if self.path else None
        self._is_inside_line = False
        self._gap: str | None = None
        """What was left out, in one sentence."""

    def read(self, chunks: int = 4) -> MetricTable:
        """Return the curves after reading up to `chunks` MiB of what was added."""
        for _ in range(chunks):
            if not self._read_chunk():
                break
        return self._table()

    def read_all(self, at_once_bytes: int = AT_ONCE_BYTES) -> MetricTable:
        """Return the curves after reading all there is.

        Of a file with more to read than `at_once_bytes` only the start, which names the columns,
        and so much of the end is read, and the table's problem says so.
        """
        has_more = self._read_chunk()
        if has_more:
            self._leave_out_middle(at_once_bytes)
        while has_more:
            has_more = self._read_chunk()
        return self._table()

    def _table(self) -> MetricTable:
        table = self._reader.table()
        if isinstance(self._reader, LogReader) and self.path is not None:
            table = self._reader.table_with(unfinished_line(self.path))
        if self._gap is None or table.problem is not None:
            return table
        return replace(table, problem=self._gap)

    def _leave_out_middle(self, at_once_bytes: int) -> None:
        if self._tail is None or self.path is None:
            return
        try:
            unread_bytes = self.path.stat().st_size - self._tail.offset
        except OSError:
            return
        if unread_bytes > at_once_bytes:
            self._tail.leave_out(unread_bytes - at_once_bytes)
            self._is_inside_line = True
            shown = f"{at_once_bytes >> 20} MiB"
            self._gap = f"{self.path.name} is large: only its start and its last {shown} are shown"

    def _read_chunk(self) -> bool:
        if self._tail is None or self.path is None or self._is_foreign(self.path):
            return False
        found = self._tail.read()
        lines = found.lines
        if found.restarted:
            self._reader.restart()
            self._is_inside_line, self._gap = False, None
        if lines:
            self._reader.feed(lines[1:] if self._is_inside_line else lines)
            self._is_inside_line = False
        return found.has_more

    def _is_foreign(self, path: Path) -> bool:
        if self._before is not None and stamp(path) != self._before:
            self._before = None
        return self._before is not None


class ResultsTail(CurvesTail):
    """Reads a run's results.

    What an earlier run left at the same place is not read: the file counts once it has changed
    since the start. After the end, the copy that the supervisor kept is read.
    """

    def __init__(self, record: RunRecord, paths: RunPaths) -> None:
        path = results_path(record, paths)
        before = record.results_before if path == record.results else None
        super().__init__(path, record.reader, before)


def unfinished_line(log: Path) -> str:
    """Return the end of what a log holds after its last line feed."""
    try:
        _, end = read_end(log, END_BYTES)
    except OSError:
        return ""
    return end.rpartition("\n")[2]


def results_path(record: RunRecord, paths: RunPaths) -> Path | None:
    """Return the file that the curves come from; None where the preset names none."""
    if record.reader in LOG_READERS:
        return paths.log
    if record.results is not None and (paths.kept_results / record.results.name).is_file():
        return paths.kept_results / record.results.name
    return record.results
