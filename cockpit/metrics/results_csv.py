"""results.csv as trainers really write it.

Seen in Ultralytics 8.0 to 8.4: names padded to 23 characters or not, epochs counted from 0
(8.0) or from 1, a `time` column or none, other columns for each task, an epoch written twice
after a resume, `time` that starts again, rows of a new run below those of an old one, NaN.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from typing import Final

from cockpit.metrics.epochs import Curve, TrainingClock
from cockpit.metrics.series import MetricSeries, MetricTable

MANY_EPOCHS: Final = 10**9
"""A number above this in the epoch column is no epoch."""
A_DATE_S: Final = 10**8
"""More seconds than a training takes: the column holds dates (and NaN is no time either)."""
FEW: Final = 10
"""One undecodable character in this many may be a name in an old encoding."""


class ResultsCsvReader:
    """Reads a table with a header and an `epoch` column, a line at a time.

    Of an epoch that is written twice the last row counts, and a row that goes back takes the
    later ones with it: training went on from there. A row with too few or too many cells is
    skipped; an empty cell keeps what an earlier row of the same epoch said.
    """

    def __init__(self, *, timed_files_count_from_one: bool = False) -> None:
        """Make an empty reader.

        `timed_files_count_from_one`: an epoch 0 beside a `time` is not the first of a 0-based
        count (Ultralytics wrote no times while it counted from 0).
        """
        self._timed_files_count_from_one = timed_files_count_from_one
        self.restart()

    def restart(self) -> None:
        """Forget everything."""
        self._names: list[str] = []
        self._epoch_column = -1
        self._time_column = -1
        self._curves: dict[str, Curve] = {}
        self._row_curves: list[Curve | None] = []
        self._rows = Curve()
        self._clock = TrainingClock()
        self._is_timed = False
        self._problem: str | None = None
        self._table: MetricTable | None = None

    def feed(self, lines: Sequence[str]) -> None:
        """Take whole lines; what cannot be read is skipped or named in `table().problem`."""
        if lines:
            self._table = None
        for line in lines:
            if not self._take_new_row(line):
                self._take(line)

    def table(self) -> MetricTable:
        """Return the curves so far, epochs 1-based."""
        if self._table is None:
            self._table = self._build()
        return self._table

    def _take_new_row(self, line: str) -> bool:
        """Take a row of numbers only, for an epoch not seen yet; False leaves the rest to `_take`.

        Nearly every row is such a one, and this way costs a third.
        """
        cells = line.split(",")
        if len(cells) != len(self._names):
            return False
        try:
            values = [float(cell) for cell in cells]
        except ValueError:
            return False
        epoch = values[self._epoch_column]
        if not 0 <= epoch < MANY_EPOCHS or (self._rows.epochs and epoch <= self._rows.epochs[-1]):
            return False
        self._rows.append(epoch, 0.0)
        if self._time_column >= 0:
            self._take_time(epoch, values[self._time_column])
        for value, curve in zip(values, self._row_curves, strict=True):
            if curve is not None:
                curve.append(epoch, value)
        return True

    def _take(self, line: str) -> None:
        if not line.strip("\ufeff \t\r"):
            return
        cells = split_row(line)
        if is_binary(line):
            self._refuse("the results file is not text")
        elif is_header(cells):
            self._start_columns(cells)
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
        if self._rows.epochs and epoch < self._rows.epochs[-1]:
            self._go_back(epoch)
        self._rows.put(epoch, 0.0)
        if self._time_column >= 0:
            self._take_time(epoch, number(cells[self._time_column]))
        for cell, curve in zip(cells, self._row_curves, strict=True):
            if curve is not None and (value := number(cell)) is not None:
                curve.put(epoch, value)

    def _go_back(self, epoch: float) -> None:
        for curve in self._curves.values():
            curve.cut(epoch)
        self._clock.cut(epoch)

    def _take_time(self, epoch: float, time_s: float | None) -> None:
        if time_s is not None and 0 <= time_s < A_DATE_S:
            self._is_timed = True
            self._clock.put(epoch, time_s)

    def _build(self) -> MetricTable:
        shift = self._shift()
        rows = tuple(epoch + shift for epoch in self._rows.epochs)
        completed = math.floor(rows[-1]) if rows else 0
        return MetricTable(
            series={
                name: MetricSeries(
                    name, epochs=shifted(curve, rows, shift), values=tuple(curve.values)
                )
                for name, curve in self._curves.items()
                if curve.values
            },
            epoch=completed if completed >= 1 else None,
            epoch_ends=tuple(end for end in self._clock.ends(shift) if end[0] >= 1),
            problem=self._problem,
        )

    def _shift(self) -> int:
        """Return 1 for a file that counts from 0: it has an epoch 0, and whole epochs only."""
        epochs = self._rows.epochs
        if not epochs or epochs[0] != 0 or (self._is_timed and self._timed_files_count_from_one):
            return 0
        return 1 if all(epoch.is_integer() for epoch in epochs) else 0


def shifted(curve: Curve, rows: tuple[float, ...], shift: int) -> tuple[float, ...]:
    """Return a curve's epochs, 1-based; the rows' own tuple when it has a value in each."""
    if len(curve.epochs) == len(rows):
        return rows
    return tuple(epoch + shift for epoch in curve.epochs)


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
    return any(cell.lower() == "epoch" for cell in cells)


def is_binary(line: str) -> bool:
    """Return True for what no text holds: a NUL, or many bytes that are not UTF-8."""
    return "\0" in line or line.count("\ufffd") * FEW > len(line)
