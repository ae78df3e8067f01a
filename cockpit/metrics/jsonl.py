"""One JSON object a line, as many scripts log: by step, else by epoch, else by line."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cockpit.metrics.axis_names import EPOCH_NAMES, STEP_NAMES, STEP_NAMES_BESIDE_EPOCH
from cockpit.metrics.dates import split_times
from cockpit.metrics.json_rows import (
    WALL_NAMES,
    Row,
    as_columns,
    as_row,
    parse_object,
    take_column,
)
from cockpit.metrics.log_lines import split_prefix
from cockpit.metrics.row_table import RowTable
from cockpit.metrics.series import Axis, MetricTable
from cockpit.metrics.table_reader import TableReader


class JsonlReader(TableReader):
    """Reads the lines that hold an object with numbers; others, of a log for example, are skipped.

    The first object with a step or an epoch decides what all are laid along; one that names
    neither belongs to the row before it.
    """

    def restart(self) -> None:
        """Forget everything."""
        super().restart()
        self._rows: RowTable | None = None
        self._waiting: list[Row] = []
        """Rows before the first that tells its place."""
        self._last = 0.0
        self._has_words = False

    def _take_block(self, lines: Sequence[str]) -> bool:
        """Take objects of numbers that go on from what there is; False takes none of them."""
        rows = self._rows
        if rows is None or not all(line.startswith("{") for line in lines):
            return False
        objects = [said for line in lines if (said := parse_object(line)) is not None]
        columns = as_columns(objects) if len(objects) == len(lines) else None
        if columns is None:
            return False
        epochs = take_column(columns, EPOCH_NAMES)
        steps = take_column(columns, STEP_NAMES if epochs is None else STEP_NAMES_BESIDE_EPOCH)
        clock = take_column(columns, WALL_NAMES)
        x, other = (steps, epochs) if rows.axis is Axis.STEP else (epochs, steps)
        told = [one for one in (x, other, clock) if one is not None]
        if x is None or not columns or not all(math.isfinite(sum(one)) for one in told):
            return False
        split = split_times(clock)
        if split is None:
            return False
        times_s, walls_s = split
        is_taken = rows.extend(
            x,
            columns,
            times_s=times_s,
            walls_s=walls_s,
            epochs=other if rows.axis is Axis.STEP else None,
            steps=None if rows.axis is Axis.STEP else other,
        )
        if is_taken:
            self._last = x[-1]
        return is_taken

    def _take(self, line: str) -> None:
        text = split_prefix(line)[1].strip("\ufeff \t\r")
        if not text:
            return
        said = parse_object(text) if text.startswith("{") else None
        if said is None:
            self._has_words = True
            return
        row = as_row(said)
        if self._rows is None:
            self._choose_axis(row)
        elif row.values:
            self._put(self._rows, row)

    def _choose_axis(self, row: Row) -> None:
        if row.step is None and row.epoch is None:
            if row.values:
                self._waiting.append(row)
            return
        axis = Axis.STEP if row.step is not None else Axis.EPOCH
        self._rows = RowTable(axis)
        self._waiting.clear()  # settings and the like
        self._put(self._rows, row)

    def _put(self, rows: RowTable, row: Row) -> None:
        by_step = rows.axis is Axis.STEP
        x = row.step if by_step else row.epoch
        if x is None:
            x = self._last
        self._last = x
        rows.put(
            x,
            row.values,
            time_s=row.time_s,
            wall_s=row.wall_s,
            epoch=row.epoch if by_step else None,
            step=None if by_step else row.step,
        )

    def _build(self) -> MetricTable:
        if self._rows is not None:
            return self._rows.table()
        if not self._waiting:
            problem = "no line of the results is a JSON object with numbers"
            return MetricTable(problem=problem if self._has_words else None)
        rows = RowTable(Axis.STEP)
        for number, row in enumerate(self._waiting, 1):
            rows.put(float(number), row.values, time_s=row.time_s, wall_s=row.wall_s)
        return rows.table()
