"""What GPUs did over a span of time, in steps; and what a run's own record tells of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Final, TypeAlias

from cockpit.devices.sample import GpuSample
from cockpit.runs.samples import GpuRecord, read_gpu_records

FINE_CELLS_S: Final = (5, 10, 15, 20, 30, 60)
COARSE_CELLS_S: Final = (20, 40, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200, 86400)
FINE_SPAN_S: Final = 600
"""Up to this span a history is kept in fine steps."""
RECORD_STEP_S: Final = 20
MOST_STEPS: Final = 240


class Figure(StrEnum):
    """The quantities of a GPU of which a history is kept."""

    UTILIZATION = "utilisation"
    MEMORY = "memory"
    TEMPERATURE = "temperature"
    POWER = "power"


FIGURES: Final = tuple(Figure)


def reading_of(sample: GpuSample, figure: Figure) -> float | None:
    """Return what the sample tells of a quantity: percent, bytes, degrees or watts."""
    match figure:
        case Figure.UTILIZATION:
            return sample.utilization_pct
        case Figure.MEMORY:
            return sample.memory_used_bytes
        case Figure.TEMPERATURE:
            return sample.temperature_c
        case Figure.POWER:
            return sample.power_w


@dataclass(frozen=True, slots=True)
class Cells:
    """Equal pieces of time on the clock, so that a history moves by whole cells only."""

    cell_s: int
    count: int
    last: int
    """Number of the last whole cell; cell `n` begins `n * cell_s` after the epoch."""

    @property
    def first(self) -> int:
        """Number of the first cell."""
        return self.last - self.count + 1

    @property
    def span_s(self) -> int:
        """How much time the cells cover."""
        return self.cell_s * self.count


def choose_cells(
    span_s: float, room: int, now: float, *, least_s: int = 5, fills: bool = False
) -> Cells:
    """Return the shortest cells that cover the span in at most `room` of them, up to `now`.

    One that fills the room covers more than the span: its width stands still while a run grows.
    """
    sizes = FINE_CELLS_S if span_s <= FINE_SPAN_S else COARSE_CELLS_S
    fitting = (size for size in sizes if size >= least_s and math.ceil(span_s / size) <= room)
    cell_s = next(fitting, sizes[-1])
    count = max(0, room if fills else min(room, math.ceil(span_s / cell_s)))
    return Cells(cell_s, count, int(now // cell_s) - 1)


@dataclass(frozen=True, slots=True)
class Trace:
    """Means over equal steps; a step in which nothing was read is None."""

    step_s: int
    first: int
    """Number of the first step; step `n` begins `n * step_s` after the epoch."""
    values: Sequence[float | None]

    def sampled(self, cells: Cells) -> tuple[float | None, ...]:
        """Return one value for each cell: the mean of its steps, or the step it lies in."""
        return tuple(self._mean(number, cells.cell_s) for number in _numbers(cells))

    def _mean(self, number: int, cell_s: int) -> float | None:
        low = number * cell_s // self.step_s - self.first
        high = max(low + 1, ((number + 1) * cell_s) // self.step_s - self.first)
        known = [one for one in self.values[max(0, low) : max(0, high)] if one is not None]
        return math.fsum(known) / len(known) if known else None


def _numbers(cells: Cells) -> range:
    return range(cells.first, cells.last + 1)


def joined(
    live: Sequence[float | None], recorded: Sequence[float | None] | None
) -> tuple[float | None, ...]:
    """Return what was seen live, and what the record tells of the cells that nobody saw."""
    if recorded is None:
        return tuple(live)
    return tuple(
        here if here is not None else there for here, there in zip(live, recorded, strict=True)
    )


Recorded: TypeAlias = dict[str, dict[Figure, Trace]]
"""The traces of each GPU, by `GpuSample.key`."""


def record_step_s(span_s: float) -> int:
    """Return in which steps a record of so long a time is kept: never more than `MOST_STEPS`."""
    if span_s <= FINE_SPAN_S:
        return RECORD_STEP_S
    steps = (size for size in COARSE_CELLS_S if span_s / size <= MOST_STEPS)
    return next(steps, COARSE_CELLS_S[-1])


class RecordedRun:
    """What the supervisor of one run recorded of its GPUs, in steps; reads on where it stopped."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._step_s = 0
        self._since = math.inf
        self._read_to = self._newest = -math.inf
        self._sums: dict[str, dict[Figure, dict[int, tuple[float, int]]]] = {}

    def read(self, since: float, until: float) -> Recorded:
        """Return the traces of every GPU from `since` to `until`, by `GpuSample.key`."""
        step_s = record_step_s(until - since)
        if step_s != self._step_s or since < self._since:
            self._step_s, self._sums = step_s, {}
            self._read_to = self._newest = -math.inf
        self._since = since
        start = max(since, self._read_to)
        for record in read_gpu_records(self._file, start, until):
            if record.time > self._read_to:
                self._add(record)
        self._read_to = max(self._read_to, self._newest)
        first = int(since // step_s)
        self._forget_before(first)
        count = int(until // step_s) - first + 1
        return {
            key: {figure: _trace(step_s, first, count, sums) for figure, sums in figures.items()}
            for key, figures in self._sums.items()
        }

    def _add(self, record: GpuRecord) -> None:
        self._newest = max(self._newest, record.time)
        figures = self._sums.setdefault(record.key, {figure: {} for figure in FIGURES})
        step = int(record.time // self._step_s)
        for figure, value in (
            (Figure.UTILIZATION, record.utilization_pct),
            (Figure.MEMORY, record.memory_used_bytes),
            (Figure.TEMPERATURE, record.temperature_c),
            (Figure.POWER, record.power_w),
        ):
            if value is not None and record.problem is None:
                total, count = figures[figure].get(step, (0.0, 0))
                figures[figure][step] = (total + value, count + 1)

    def _forget_before(self, first: int) -> None:
        """Keep the memory flat: what has left a span of fixed length is not asked for again."""
        for figures in self._sums.values():
            for sums in figures.values():
                for step in [step for step in sums if step < first]:
                    del sums[step]


def _trace(step_s: int, first: int, count: int, sums: dict[int, tuple[float, int]]) -> Trace:
    means: list[float | None] = [None] * count
    for step, (total, number) in sums.items():
        if 0 <= step - first < count:
            means[step - first] = total / number
    return Trace(step_s, first, means)


class RecordedRuns:
    """The records of several runs, each read on where it was left; for worker threads."""

    def __init__(self) -> None:
        self._runs: dict[tuple[Path, int], RecordedRun] = {}
        self._lock = Lock()

    def read(self, files: Iterable[tuple[Path, float]], until: float) -> Recorded:
        """Return what the files hold, each from its own time on, in epoch seconds."""
        found: Recorded = {}
        with self._lock:
            wanted = [(file, record_step_s(until - since), since) for file, since in files]
            known = {(file, step_s) for file, step_s, _ in wanted}
            for gone in [key for key in self._runs if key[0] not in {file for file, _ in known}]:
                del self._runs[gone]
            for file, step_s, since in wanted:
                run = self._runs.setdefault((file, step_s), RecordedRun(file))
                found.update(run.read(since, until))
        return found
