"""Tables with a header as trainers really write them: results.csv, metrics.csv, summary.csv, TSV.

Seen in Ultralytics 8.0 to 8.4 and YOLOv5: names padded or not, epochs counted from 0 or from 1, a
`time` column or none, other columns for each task, an epoch written twice after a resume, `time`
that starts again, rows of a new run below those of an old one, NaN. In Lightning: empty cells,
several rows for each step, epochs from 0.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from copy import copy
from operator import methodcaller
from typing import Final

from cockpit.metrics.axis_choice import AxisChoice
from cockpit.metrics.cells import BLANKS, is_binary, is_utf16, number, split_row
from cockpit.metrics.dates import split_time, split_times
from cockpit.metrics.epoch_end import EpochEnd
from cockpit.metrics.row_table import RowTable
from cockpit.metrics.series import Axis, MetricTable
from cockpit.metrics.table_header import TableHeader, find_header, guess_header
from cockpit.metrics.table_reader import TableReader

NO_HEADER: Final = "the results file has no header above its numbers"
NOT_TEXT: Final = "the results file is not text"
UTF_16: Final = "the results file is UTF-16 text: save it as UTF-8"


class ResultsCsvReader(TableReader):
    """Reads a table with a header, a line at a time, by epoch, by step, or by the row's number.

    A row with too few or too many cells is skipped; an empty cell keeps what an earlier row of the
    same epoch or step said.
    """

    def __init__(self, *, timed_files_count_from_one: bool = False) -> None:
        """Make an empty reader.

        `timed_files_count_from_one`: an epoch 0 beside a `time` is not the first of a 0-based
        count (Ultralytics wrote no times while it counted from 0), and a time that falls tells
        of a resume: it is the trainer's own clock.
        """
        self._timed_files_count_from_one = timed_files_count_from_one
        super().__init__()

    def restart(self) -> None:
        """Forget everything."""
        super().restart()
        self._header: TableHeader | None = None
        self._guess: TableHeader | None = None
        """The last line of words, while no numbers have followed one."""
        self._problem: str | None = None
        self._choice: AxisChoice | None = None
        """Open while it is not known whether to go by epoch or by step."""
        self._lay_along(Axis.EPOCH)

    def _build(self) -> MetricTable:
        is_fixed = self._rows.is_timed and self._timed_files_count_from_one
        return self._rows.table(shift=0 if is_fixed else None, problem=self._problem)

    def _lay_along(self, axis: Axis) -> None:
        self._rows = RowTable(axis, own_clock=self._timed_files_count_from_one)
        self._rows_count = 0
        self._end = EpochEnd()

    def _take_block(self, lines: Sequence[str]) -> bool:
        """Take rows of numbers only that go on from what there is; False takes none of them.

        Nearly all rows are such ones, and together they cost a fraction.
        """
        header = self._header
        if header is None or self._choice is not None:
            return False
        width = len(header.names)
        if set(map(self._count_delimiters, lines)) != {width - 1}:
            return False
        try:
            cells = array("d", map(float, header.delimiter.join(lines).split(header.delimiter)))
        except ValueError:
            return False
        return self._extend(header, cells, len(lines))

    def _extend(self, header: TableHeader, cells: array[float], count: int) -> bool:
        width = len(header.names)
        epochs, steps, times = (
            None if at is None else cells[at::width]
            for at in (header.epoch, header.step, header.time)
        )
        x = epochs if self._rows.axis is Axis.EPOCH else steps
        if x is None:
            x = array("d", range(self._rows_count + 1, self._rows_count + count + 1))
        split = split_times(times)
        if split is None:
            return False
        times_s, walls_s = split
        end, is_end = copy(self._end), False
        if header.ends and epochs is not None and self._rows.axis is Axis.STEP:
            for epoch, step in zip(epochs, x, strict=True):
                is_end = end.sees(epoch, step, is_filled=True)
        is_taken = self._rows.extend(
            x,
            {name: cells[at::width] for at, name in header.curves},
            times_s=times_s,
            epochs=epochs,
            steps=steps,
            walls_s=walls_s,
            ends_epoch=is_end,
        )
        if is_taken:
            self._rows_count, self._end = self._rows_count + count, end
        return is_taken

    def _take(self, line: str) -> None:
        if not line.strip(BLANKS):
            return
        if is_binary(line):
            self._refuse(UTF_16 if is_utf16(line) else NOT_TEXT)
            return
        header = find_header(line)
        if header is not None:
            self._start_columns(header, line)
        elif self._header is not None:
            self._take_row(self._header, line)
        else:
            self._look_for_numbers(line)

    def _refuse(self, problem: str) -> None:
        """Keep the first problem, and none once there is a header: damaged rows are skipped."""
        if self._header is None and self._problem in (None, NO_HEADER):
            self._problem = problem

    def _start_columns(self, header: TableHeader, line: str = "") -> None:
        goes_on = self._header is not None and (
            header.epoch is not None
            if self._rows.axis is Axis.EPOCH
            else header.step is not None and self._header.step is not None
        )
        if not goes_on:
            self._lay_along(Axis.STEP if header.epoch is None else Axis.EPOCH)
            has_both = header.epoch is not None and header.step is not None
            self._choice = AxisChoice() if has_both else None
        if self._choice is not None:
            self._choice.keep(line)
        self._header, self._problem = header, None
        self._count_delimiters: Callable[[str], int] = methodcaller("count", header.delimiter)
        self._rows.name([name for _, name in header.curves])

    def _look_for_numbers(self, line: str) -> None:
        """Take a line of words for the header once numbers follow it, unless bytes came before."""
        if self._problem in (NOT_TEXT, UTF_16):
            return
        if self._guess is not None:
            cells = split_row(line, self._guess.delimiter)
            numbers = [number(cell, self._guess.delimiter) for cell in cells]
            if len(cells) == len(self._guess.names) and any(one is not None for one in numbers):
                self._start_columns(self._guess)
                self._take_row(self._guess, line)
                return
            self._refuse(NO_HEADER)
        self._guess = guess_header(line)
        if self._guess is None:
            self._refuse(NO_HEADER)

    def _take_row(self, header: TableHeader, line: str) -> None:
        cells = split_row(line, header.delimiter)
        if len(cells) != len(header.names):
            return
        epoch, step, time = (
            None if at is None else number(cells[at], header.delimiter)
            for at in (header.epoch, header.step, header.time)
        )
        if self._choice is not None and self._choose(self._choice, line, epoch, step):
            return
        values = {
            name: value
            for at, name in header.curves
            if cells[at] and (value := number(cells[at], header.delimiter)) is not None
        }
        x = epoch if self._rows.axis is Axis.EPOCH else step
        has_numbers = bool(values) or time is not None
        if header.epoch is None and header.step is None and has_numbers:
            self._rows_count += 1
            x = float(self._rows_count)
        if x is None:
            return
        is_end = False
        if header.ends and epoch is not None and self._rows.axis is Axis.STEP:
            is_filled = any(cells[at] for at in header.ends)
            is_end = self._end.sees(epoch, x, is_filled=is_filled)
        time_s, wall_s = split_time(time)
        self._rows.put(
            x,
            values,
            time_s=time_s,
            epoch=epoch,
            step=step,
            wall_s=wall_s,
            ends_epoch=is_end,
        )

    def _choose(
        self, choice: AxisChoice, line: str, epoch: float | None, step: float | None
    ) -> bool:
        """Go by step once an epoch has two; True when that took the row, and all before it."""
        choice.keep(line)
        axis = choice.look(epoch, step)
        if axis is not None:
            self._choice = None
        if axis is not Axis.STEP:
            return False
        self._lay_along(Axis.STEP)
        for kept in choice.lines:
            self._take(kept)
        return True
