"""The curves of one run, read on as its results file or its log grows."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from cockpit.errors import InputError
from cockpit.files import LineTail, read_end, stamp
from cockpit.metrics.gaps import LeftOut, left_out_after, with_gap
from cockpit.metrics.log_lines import strip_codes
from cockpit.metrics.reader import BytesReader, LookingAhead, MetricsReader
from cockpit.metrics.readers import AUTO, TITLES, NoReader, open_reader, reads_log
from cockpit.metrics.series import MetricTable
from cockpit.runs.layout import RunPaths
from cockpit.runs.record import RunRecord
from cockpit.views.event_files import EventFiles
from cockpit.views.find_results import FoundResults
from cockpit.views.results_finder import ResultsFinder
from cockpit.views.state_file import StateFile

STATE: Final = "hf"
"""This reader takes a whole file, which is written anew again and again."""
AT_ONCE_BYTES: Final = 64 << 20
"""Of a file with more to read than this, `read_all` leaves the middle out."""
LONGEST: Final = 300
"""Characters of what is said of a reader that failed."""
END_BYTES: Final = 8 << 10
"""So much of a log's last line is looked at: the newest frames of a bar."""


class CurvesTail:
    """Reads a results file or a log to its present end, at most a budget at a time."""

    def __init__(
        self,
        path: Path | None,
        reader: str,
        before: str | None = None,
        since_s: float | None = None,
    ) -> None:
        """Take the file; what it was when its stamp was `before` is not read.

        Of a folder of files, those last written before `since_s` are not read.
        """
        self._before = before
        self._since_s = since_s
        self._begin(path, reader)

    def _begin(self, path: Path | None, reader: str) -> None:
        """Read this file from its start."""
        self.path = path
        self._reader = _open(reader)
        self._reads_log = reads_log(reader)
        self._files = _files_of(path, reader, self._reader, self._since_s)
        self._tail = LineTail(path) if path and self._files is None else None
        self._is_inside_line = False
        self._left_out: LeftOut | None = None
        self._is_begun = False
        self.part_read: float | None = None
        """How far `read_all` came before its patience ended, 0 to 1; None: to the end."""

    def read(self, chunks: int = 4) -> MetricTable:
        """Return the curves after reading up to `chunks` MiB of what was added."""
        for _ in range(chunks):
            if not self._read_chunk():
                break
        return self._table()

    def read_all(
        self, at_once_bytes: int = AT_ONCE_BYTES, *, patience_s: float = math.inf
    ) -> MetricTable:
        """Return the curves after reading all there is, or for as long as the patience lasts.

        Of a file with more to read than `at_once_bytes` only the start, which names the columns,
        and so much of the end is read, and the table's gap says so.
        """
        deadline = time.monotonic() + patience_s
        has_more = self._read_chunk()
        if has_more and not self._is_begun:
            self._leave_out_middle(at_once_bytes)
        self._is_begun = True
        while has_more and time.monotonic() < deadline:
            has_more = self._read_chunk()
        self.part_read = self._part() if has_more else None
        return self._table()

    @property
    def written(self) -> float | None:
        """When the last row was written, epoch seconds; None where that cannot be told.

        A log and a folder of files are written for other reasons, too.
        """
        if self._tail is None or self.path is None or self.part_read is not None:
            return None
        if self._reads_log or self._is_foreign(self.path):
            return None
        try:
            return self.path.stat().st_mtime
        except OSError:
            return None

    def _part(self) -> float:
        if self._tail is None or self.path is None:
            return 0.0
        try:
            return min(1.0, self._tail.offset / max(1, self.path.stat().st_size))
        except OSError:
            return 0.0

    def _table(self) -> MetricTable:
        try:
            return self._told_table()
        except Exception as error:  # noqa: BLE001  # no results may cost a run its supervisor
            self._give_up(error)
            return self._reader.table()

    def _told_table(self) -> MetricTable:
        table = self._reader.table()
        if isinstance(self._files, StateFile) and self._files.problem is not None:
            return replace(table, problem=self._files.problem)
        if isinstance(self._reader, LookingAhead) and self.path is not None:
            table = self._reader.table_with(unfinished_line(self.path))
        return table if self._left_out is None else with_gap(table, self._left_out)

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
            self._left_out = left_out_after(self._reader.table())

    def _read_chunk(self) -> bool:
        try:
            return self._take_chunk()
        except Exception as error:  # noqa: BLE001  # no results may cost a run its supervisor
            self._give_up(error)
            return False

    def _give_up(self, error: Exception) -> None:
        """Read no more, and say why: a reader never raises, and this one did."""
        name = self.path.name if self.path else "the results"
        self._reader = NoReader(f"{name} cannot be read: {type(error).__name__}: {error}"[:LONGEST])
        self._tail = self._files = None

    def _take_chunk(self) -> bool:
        if self._files is not None and self.path is not None and not self._is_foreign(self.path):
            return self._files.read_into(self._reader)
        if self._tail is None or self.path is None or self._is_foreign(self.path):
            return False
        found = self._tail.read()
        lines = found.lines
        if found.restarted:
            self._reader.restart()
            self._is_inside_line, self._left_out = False, None
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
    since the start. Where the preset says `auto`, what is found is read. After the end, the copy
    that the supervisor kept is read.
    """

    def __init__(self, record: RunRecord, paths: RunPaths) -> None:
        path = results_path(record, paths)
        before = record.results_before if path == record.results else None
        super().__init__(path, record.reader, before, record.created)
        self._asked = record.reader
        self._bases = (record.cwd, paths.root)
        """Paths below these are shown without them."""
        self.found: FoundResults | None = None
        """What `auto` found."""
        self._finder = ResultsFinder(record, paths) if record.reader == AUTO else None

    def read(self, chunks: int = 4) -> MetricTable:
        """Return the curves after reading up to `chunks` MiB of what was added."""
        self.find()
        return super().read(chunks)

    def read_all(
        self, at_once_bytes: int = AT_ONCE_BYTES, *, patience_s: float = math.inf
    ) -> MetricTable:
        """Return the curves after reading all there is; see `CurvesTail.read_all`."""
        self.find()
        return super().read_all(at_once_bytes, patience_s=patience_s)

    @property
    def reader(self) -> str:
        """What reads them: the preset's choice, or what was found."""
        return self.found.reader if self.found else self._asked

    @property
    def found_words(self) -> str | None:
        """What `auto` found: `found runs/x/results.csv (Ultralytics CSV): the log names …`."""
        if self._finder is None:
            return None
        if self.found is None:
            return "found nothing yet"
        path, title = self.found.path, TITLES.get(self.found.reader, self.found.reader)
        base = next((one for one in self._bases if path.is_relative_to(one)), None)
        shown = path if base is None else path.relative_to(base)
        return f"found {strip_codes(str(shown))} ({title}): {self.found.why}"

    def find(self) -> None:
        """Look for the results where the preset says `auto`; `reader` and `path` tell of them."""
        try:
            found = self._finder.look() if self._finder is not None else None
        except Exception as error:  # noqa: BLE001  # nor may what else lies in folders
            self._finder, found = None, None
            self._give_up(error)
        if found is not None and found != self.found:
            self.found = found
            self._begin(found.path, found.reader)


def _open(name: str) -> MetricsReader:
    """Return the reader; for a grammar that is gone or wrong by now, one that says so."""
    try:
        return open_reader(name)
    except InputError as error:
        return NoReader(error.problem.partition("\n")[0])


def _files_of(
    path: Path | None, name: str, reader: MetricsReader, since_s: float | None
) -> EventFiles | StateFile | None:
    """Return what reads files that do not grow by lines."""
    if path is not None and isinstance(reader, BytesReader):
        return EventFiles(path, since_s)
    if path is not None and name == STATE:
        return StateFile(path, since_s)
    return None


def unfinished_line(log: Path) -> str:
    """Return the end of what a log holds after its last line feed."""
    try:
        _, end = read_end(log, END_BYTES)
    except OSError:
        return ""
    return end.rpartition("\n")[2]


def results_path(record: RunRecord, paths: RunPaths) -> Path | None:
    """Return the file that the curves come from; None where the preset names none."""
    if reads_log(record.reader):
        return paths.log
    if record.results is not None and (paths.kept_results / record.results.name).is_file():
        return paths.kept_results / record.results.name
    return record.results
