"""The Hugging Face Trainer: `trainer_state.json`, and the dicts that it prints."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from cockpit.metrics.dict_line import parse_dict_line
from cockpit.metrics.json_rows import Row, as_number, as_row, parse_object
from cockpit.metrics.log_lines import clean
from cockpit.metrics.rank_lines import RankLines
from cockpit.metrics.row_table import RowTable
from cockpit.metrics.series import Axis, MetricTable
from cockpit.metrics.table_reader import TableReader

ENDS_WITH: Final = "train_runtime"
"""The last row of a training holds means over the whole of it: no point of any curve."""
LONGEST_STATE: Final = 256 << 20
"""Characters of a state that are kept: more is no state."""


class TrainerStateReader(TableReader):
    """Reads the state whole: its lines, and the last one too, which these files do not end."""

    def restart(self) -> None:
        """Forget everything."""
        super().restart()
        self._parts: list[str] = []
        self._size = 0

    def _take(self, line: str) -> None:
        self._size += len(line)
        if self._size <= LONGEST_STATE:
            self._parts.append(line)

    def _build(self) -> MetricTable:
        return _table_of("\n".join(self._parts))


class HfLogReader(TableReader):
    """Reads `{'loss': '8.616', …, 'epoch': '0.3125'}` out of a log; by epoch, as it tells no step.

    An epoch is complete once the whole number is told. Values are texts since version 5 and were
    numbers before.
    """

    def restart(self) -> None:
        """Forget everything."""
        super().restart()
        self._rows = RowTable(Axis.EPOCH)
        self._ranks = RankLines()
        self._rank: int | None = None
        self._last: float | None = None

    def _take(self, line: str) -> None:
        rank, text = self._ranks.take(line)
        if "': " not in text:
            return
        said = next(filter(None, map(parse_dict_line, map(clean, text.split("\r")))), None)
        if said is None or ENDS_WITH in said:
            return
        row = as_row(said)
        if row.epoch is None or not row.values or (self._last is not None and rank != self._rank):
            return
        self._rank, self._last = rank, row.epoch
        self._rows.put(row.epoch, row.values)

    def _build(self) -> MetricTable:
        epoch = self._last
        part = None if epoch is None or epoch.is_integer() else epoch - math.floor(epoch)
        return self._rows.table(shift=0, epoch_part=part)


def _table_of(text: str) -> MetricTable:
    if not text.strip():
        return MetricTable()
    state = parse_object(text)
    if state is None:
        problem = "trainer_state.json is not whole JSON: it is being written, or was cut"
        return MetricTable(problem=problem)
    history = state.get("log_history")
    if not isinstance(history, list):
        return MetricTable(problem="trainer_state.json holds no log_history")
    rows = RowTable(Axis.STEP)
    for said in history:
        if isinstance(said, dict) and ENDS_WITH not in said:
            _put(rows, as_row(said))
    return rows.table(
        shift=0, epoch=_completed(state), epochs=_epochs(state), epoch_part=_part(state)
    )


def _put(rows: RowTable, row: Row) -> None:
    if row.step is not None and row.values:
        rows.put(row.step, row.values, epoch=row.epoch)


def _epochs(state: Mapping[str, object]) -> int | None:
    epochs = as_number(state.get("num_train_epochs"))
    return None if epochs is None or not 1 <= epochs < math.inf else math.ceil(epochs)


def _completed(state: Mapping[str, object]) -> int | None:
    epoch = as_number(state.get("epoch"))
    return None if epoch is None or not 1 <= epoch < math.inf else math.floor(epoch)


def _part(state: Mapping[str, object]) -> float | None:
    epoch = as_number(state.get("epoch"))
    if epoch is None or not 0 <= epoch < math.inf or epoch.is_integer():
        return None
    return epoch - math.floor(epoch)
