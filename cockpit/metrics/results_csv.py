"""results.csv as trainers really write it.

Seen in Ultralytics 8.0 to 8.4: names padded to 23 characters or not, epochs counted from 0
(8.0) or from 1, a `time` column or none, other columns for each task, an epoch written twice
after a resume, `time` that starts again, rows of a new run below those of an old one, NaN.
"""

from __future__ import annotations

import csv
import math
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from operator import lt, methodcaller
from typing import Final

from cockpit.metrics.epochs import Curve, TrainingClock
from cockpit.metrics.log_lines import strip_codes
from cockpit.metrics.resumed import ResumedParts
from cockpit.metrics.series import MetricTable

MANY_EPOCHS: Final = 10**9
"""A number above this in the epoch column is no epoch."""
A_DATE_S: Final = 10**8
"""More seconds than a training takes: the column holds dates (and NaN is no time either)."""
FEW: Final = 10
"""One undecodable character in this many may be a name in an old encoding."""
BLOCK: Final = 256
"""So many rows are tried at once: few enough to try them singly when one of them is odd."""
_count_commas: Final = methodcaller("count", ",")


class ResultsCsvReader:
    """Reads a table with a header and an `epoch` column, a line at a time.

    Of an epoch that is written twice the last row counts, and a row that goes back takes the
    later ones with it: training went on from there. A row with too few or too many cells is
    skipped; an empty cell keeps what an earlier row of the same epoch said.
    """

    def __init__(self, *, timed_files_count_from_one: bool = False) -> None:
        """Make an empty reader.

        `timed_files_count_from_one`: an epoch 0 beside a `time` is not the first of a 0-based
        count (Ultralytics wrote no times while it counted from 0), and a time that falls tells
        of a resume: it is the trainer's own clock.
        """
        self._timed_files_count_from_one = timed_files_count_from_one
        self.restart()

    def restart(self) -> None:
        """Forget everything."""
        self._names: list[str] = []
        self._epoch_column = -1
        self._time_column = -1
        self._step_column = -1
        self._curves: dict[str, Curve] = {}
        self._row_curves: list[Curve | None] = []
        self._first: float | None = None
        """The lowest epoch of all rows."""
        self._last = -1.0
        self._part: float | None = None
        """The lowest epoch that is not a whole one."""
        self._clock = TrainingClock()
        self._is_timed = False
        self._last_step = -1.0
        self._resumed = ResumedParts(own_clock=self._timed_files_count_from_one)
        self._problem: str | None = None
        self._table: MetricTable | None = None

    def feed(self, lines: Sequence[str]) -> None:
        """Take whole lines; what cannot be read is skipped or named in `table().problem`."""
        if lines:
            self._table = None
        for start in range(0, len(lines), BLOCK):
            block = lines[start : start + BLOCK]
            if not self._take_new_rows(block):
                for line in block:
                    if not self._take_new_rows((line,)):
                        self._take(line)

    def table(self) -> MetricTable:
        """Return the curves so far, epochs 1-based."""
        if self._table is None:
            self._table = self._build()
        return self._table

    def _take_new_rows(self, lines: Sequence[str]) -> bool:
        """Take rows of numbers only, for epochs not seen yet; False takes none of them.

        Nearly all rows are such ones, and together they cost a fraction.
        """
        width = len(self._names)
        if set(map(_count_commas, lines)) != {width - 1}:
            return False
        try:
            cells = array("d", map(float, ",".join(lines).split(",")))
        except ValueError:
            return False
        epochs = cells[self._epoch_column :: width]
        if not self._last < epochs[0] or not 0 <= epochs[0] <= epochs[-1] < MANY_EPOCHS:
            return False
        if not all(map(lt, epochs, epochs[1:])):
            return False
        before = self._last
        self._note_epochs(epochs)
        if self._time_column >= 0:
            times_s = cells[self._time_column :: width]
            self._resumed.see_times(before, epochs, times_s)
            self._take_times(epochs, times_s)
        if self._step_column >= 0:
            self._last_step = cells[self._step_column :: width][-1]
        for at, curve in enumerate(self._row_curves):
            if curve is not None:
                curve.extend(epochs, cells[at::width])
        return True

    def _note_epochs(self, epochs: Sequence[float]) -> None:
        """Keep of rising epochs what the count and the shift are made of."""
        self._first = epochs[0] if self._first is None else self._first
        self._last = epochs[-1]
        if self._part is None and not all(map(float.is_integer, epochs)):
            self._part = next(epoch for epoch in epochs if not epoch.is_integer())

    def _take(self, line: str) -> None:
        if not line.strip("\ufeff \t\r"):
            return
        cells = split_row(line)
        if is_binary(line):
            self._refuse("the results file is not text")
        elif is_header(cells):
            self._start_columns([plain_name(cell) for cell in cells])
        elif self._epoch_column < 0:
            self._refuse("the results file does not begin with a header that names a column epoch")
        elif len(cells) == len(self._names):
            self._take_row(cells)

    def _refuse(self, problem: str) -> None:
        """Keep the first problem, and none once there is a header: damaged rows are skipped."""
        if self._epoch_column < 0:
            self._problem = self._problem or problem

    def _start_columns(self, cells: list[str]) -> None:
        words = [cell.lower() for cell in cells]
        self._names = cells
        self._epoch_column = words.index("epoch")
        self._time_column = words.index("time") if "time" in words else -1
        self._step_column = words.index("step") if "step" in words else -1
        self._problem = None
        no_curve = {self._epoch_column, self._time_column}
        self._row_curves = [
            self._curves.setdefault(name, Curve())
            if name and at not in no_curve and cells.index(name) == at
            else None
            for at, name in enumerate(cells)
        ]

    def _take_row(self, cells: list[str]) -> None:
        epoch = number(cells[self._epoch_column])
        if epoch is None or not 0 <= epoch < MANY_EPOCHS:
            return
        if epoch < self._last:
            self._go_back(epoch)
            self._note_resume(epoch)
        elif epoch == self._last and self._is_done_again(cells):
            self._note_resume(epoch)
        before = self._last
        self._note_epochs((epoch,))
        step = number(cells[self._step_column]) if self._step_column >= 0 else None
        self._last_step = self._last_step if step is None else step
        time_s = number(cells[self._time_column]) if self._time_column >= 0 else None
        if time_s is not None:
            self._resumed.see_times(before, (epoch,), (time_s,))
            self._take_times(array("d", (epoch,)), array("d", (time_s,)))
        for cell, curve in zip(cells, self._row_curves, strict=True):
            if curve is not None and (value := number(cell)) is not None:
                curve.put(epoch, value)

    def _go_back(self, epoch: float) -> None:
        for curve in self._curves.values():
            curve.cut(epoch)
        self._clock.cut(epoch)
        if self._first is not None and self._first >= epoch:
            self._first = None
        if self._part is not None and self._part >= epoch:
            self._part = None

    def _is_done_again(self, cells: Sequence[str]) -> bool:
        """Say whether a row of the last epoch repeats one, rather than filling its empty cells.

        Lightning writes a row for the training and others for each validation: its steps rise.
        """
        step = number(cells[self._step_column]) if self._step_column >= 0 else None
        if step is not None and step > self._last_step:
            return False
        return any(
            curve is not None and curve.x and curve.x[-1] == self._last and cells[at]
            for at, curve in enumerate(self._row_curves)
            if at != self._step_column
        )

    def _note_resume(self, epoch: float) -> None:
        """Keep that a resumed part begins with `epoch`, unless all begins again."""
        ends = [(curve.x, bisect_left(curve.x, epoch)) for curve in self._curves.values()]
        before = max((epochs[end - 1] for epochs, end in ends if end), default=None)
        self._resumed.begin(epoch, before)

    def _take_times(self, epochs: array[float], times_s: array[float]) -> None:
        if not all(0 <= time_s < A_DATE_S for time_s in times_s):
            pairs = zip(epochs, times_s, strict=True)
            kept = [(epoch, time_s) for epoch, time_s in pairs if 0 <= time_s < A_DATE_S]
            epochs = array("d", [epoch for epoch, _ in kept])
            times_s = array("d", [time_s for _, time_s in kept])
        if times_s:
            self._is_timed = True
            self._clock.put_many(epochs, times_s)

    def _build(self) -> MetricTable:
        shift = self._shift()
        completed = math.floor(self._last) + shift
        return MetricTable(
            series={
                name: curve.series(name, shift)
                for name, curve in self._curves.items()
                if curve.values
            },
            epoch=completed if completed >= 1 else None,
            epoch_ends=self._clock.ends(shift, are_whole=self._part is None),
            problem=self._problem,
            resumed_after=tuple(epoch + shift for epoch in self._resumed.after),
        )

    def _shift(self) -> int:
        """Return 1 for a file that counts from 0: it has an epoch 0, and whole epochs only."""
        if self._first != 0 or (self._is_timed and self._timed_files_count_from_one):
            return 0
        return 1 if self._part is None else 0


def split_row(line: str) -> list[str]:
    """Return the cells of a row without the blanks around them."""
    text = line.lstrip("\ufeff").rstrip("\r")
    if '"' in text:
        try:
            return [cell.strip() for cell in next(csv.reader([text]), [])]
        except csv.Error:
            return []
    return [cell.strip() for cell in text.split(",")]


def number(cell: str) -> float | None:
    """Return a cell's number, NaN and infinity included; None for an empty or a wordy one."""
    try:
        return float(cell)
    except ValueError:
        return None


def is_header(cells: list[str]) -> bool:
    """Return True for a row that names a column `epoch`."""
    return any(plain_name(cell).lower() == "epoch" for cell in cells)


def plain_name(cell: str) -> str:
    """Return a name without control codes: it is going to be printed on a terminal."""
    return cell if cell.isprintable() else strip_codes(cell).strip()


def is_binary(line: str) -> bool:
    """Return True for what no text holds: a NUL, or many bytes that are not UTF-8."""
    return "\0" in line or line.count("\ufffd") * FEW > len(line)
