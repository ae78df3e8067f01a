"""Rows of numbers, one after the other, as curves: the engine under every row-based reader."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence
from operator import le, lt
from typing import Final

from cockpit.metrics.curve_set import MOST_CURVES, CurveSet
from cockpit.metrics.dates import A_DATE_S
from cockpit.metrics.epoch_count import EpochCount
from cockpit.metrics.epoch_times import EpochTimes
from cockpit.metrics.scales import Scales
from cockpit.metrics.segments import SegmentBook
from cockpit.metrics.series import Axis, MetricTable, TrainerFacts

MOST_EPOCHS: Final = 10**9
"""A number from here on is no epoch."""
MOST_STEPS: Final = 10**15
"""And one from here on no step, nor a count of samples or tokens."""


TOO_MANY: Final = f"more than {MOST_CURVES:,} names: only the first are shown"


class RowTable:
    """Curves by epoch or by step, of which the last row counts, and where the training resumed.

    By epoch, a row that does not go on begins a segment, unless it only fills other cells of the
    same epoch or its step has risen. By step, it does where it gives again what lies at its step or
    after it, or where the epoch falls; else it came late and belongs to its own step.
    """

    def __init__(self, axis: Axis = Axis.EPOCH, *, own_clock: bool = False) -> None:
        """Make an empty one; `own_clock`: any time that falls tells of a resume."""
        self.axis: Final = axis
        self._own_clock = own_clock
        self._most = MOST_EPOCHS if axis is Axis.EPOCH else MOST_STEPS
        self.restart()

    def restart(self) -> None:
        """Forget everything."""
        self._curves = CurveSet()
        self._scales = Scales()
        self._segments = SegmentBook()
        self._times = EpochTimes(own_clock=self._own_clock)
        self._count = EpochCount()
        self._last: float = -1
        """The highest x."""
        self._last_step: float = -1

    @property
    def is_timed(self) -> bool:
        """True when a row told its time."""
        return self._times.is_told

    def name(self, names: Sequence[str]) -> None:
        """Give curves their place before they have values; others follow as they are put."""
        self._curves.name(names)

    def put(
        self, x: float, values: Mapping[str, float], *,
        time_s: float | None = None, epoch: float | None = None, step: float | None = None,
        wall_s: float | None = None, ends_epoch: bool = False,
    ) -> None:  # fmt: skip
        """Take a row, without what cannot be so: a negative x, a NaN step.

        `time_s`: seconds since the trainer's start; `wall_s`: epoch seconds; `epoch`, `step`: the
        one that is not x; `ends_epoch`: with this step its epoch is complete.
        """
        if not 0 <= x < self._most:
            return
        x = float(x)
        counted = x if self.axis is Axis.EPOCH else _within(epoch, MOST_EPOCHS)
        step, time_s = _within(step, MOST_STEPS), _within(time_s, A_DATE_S)
        is_again = self._is_done_again(x, values, counted, step)
        if is_again:
            self._go_back(x, counted)
        if x >= self._last:
            self._take_place(x, counted, time_s, is_again=is_again)
            self._see_epoch(x, counted, ends_epoch=ends_epoch)
            self._see_scales(x, counted, step, wall_s)
            self._last = x
        self._curves.put(x, values)
        self._segments.add(self._last, self._last)

    def extend(
        self, x: array[float], columns: Mapping[str, array[float]], *,
        times_s: array[float] | None = None, epochs: array[float] | None = None,
        steps: array[float] | None = None, walls_s: array[float] | None = None,
        ends_epoch: bool = False,
    ) -> bool:  # fmt: skip
        """Take rows together that all go on from what there is; False takes none: put each.

        Costs a fraction of single rows, and gives the same. `ends_epoch`: of the last row.
        """
        if not (self._last < x[0] and _is_rising(x, 0, self._most) and all(map(lt, x, x[1:]))):
            return False
        counted = x if self.axis is Axis.EPOCH else epochs
        if counted is not None and not _is_rising(counted, self._count.last or 0, MOST_EPOCHS):
            return False
        if times_s is not None and not self._times.goes_on_through(counted, times_s):
            return False
        if counted is not None:
            self._count.note(counted, is_done=self.axis is Axis.EPOCH or ends_epoch)
            if self.axis is Axis.STEP:
                self._scales.extend(Axis.EPOCH, x, counted)
        if steps is not None and self.axis is Axis.EPOCH:
            self._scales.extend(Axis.STEP, x, steps)
            self._last_step = steps[-1] if math.isfinite(steps[-1]) else self._last_step
        if walls_s is not None:
            self._scales.extend(Axis.TIME, x, walls_s)
        self._curves.extend(x, columns)
        self._last = x[-1]
        self._segments.add(x[0], x[-1], len(x))
        return True

    def table(
        self, *, shift: int | None = None, epoch: int | None = None, epochs: int | None = None,
        epoch_part: float | None = None, problem: str | None = None,
        facts: TrainerFacts | None = None,
    ) -> MetricTable:  # fmt: skip
        """Return the curves so far; costs what was added since the last time.

        `shift`: what makes the file's epochs 1-based; None: 1 where it has an epoch 0 and whole
        epochs only. `epoch`: the last completed one, where the reader knows it better.
        """
        shift = self._count.shift if shift is None else shift
        x_shift = shift if self.axis is Axis.EPOCH else 0
        done = self._count.completed(shift) if epoch is None else epoch
        return MetricTable(
            series=self._curves.series(x_shift),
            axis=self.axis,
            scales=self._scales.series(self.axis, shift),
            segments=self._segments.segments(x_shift),
            facts=facts or TrainerFacts(),
            epoch=done,
            epochs=epochs,
            epoch_ends=self._times.ends(shift, are_whole=self._count.are_whole, up_to=done),
            problem=problem or (TOO_MANY if self._curves.has_more else None),
            epoch_part=epoch_part,
            resumed_after=self._resumed_after(shift),
        )

    def _is_done_again(
        self, x: float, values: Mapping[str, float], counted: float | None, step: float | None
    ) -> bool:
        if x > self._last:
            return False
        if self.axis is Axis.EPOCH:
            if x < self._last:
                return True
            if step is not None and step > self._last_step:
                return False
        elif self._has_fallen(counted):
            return True
        return self._curves.gives_again(x, values)

    def _has_fallen(self, counted: float | None) -> bool:
        last = self._count.last
        return counted is not None and last is not None and counted < last

    def _go_back(self, x: float, counted: float | None) -> None:
        """Take back what lies at `x` and after: it is done again."""
        replaced, before = self._curves.take_back(x)
        counted = self._scales.at(Axis.EPOCH, x) if counted is None else counted
        self._times.cut(counted)
        if counted is not None:
            self._count.cut(counted)
        self._scales.cut(x)
        self._segments.begin(before, replaced)
        self._last, self._last_step = x, -1

    def _take_place(
        self, x: float, counted: float | None, time_s: float | None, *, is_again: bool
    ) -> None:
        """Look whether a row that goes on begins a segment, and what its time tells."""
        restarts = self._times.sees_restart(time_s)
        if restarts and x == self._last and not is_again:
            self._go_back(x, counted)
            is_again = True
            self._times.sees_restart(time_s)
        elif not is_again and (restarts or self._has_fallen(counted)):
            self._segments.begin(self._last, {})
        if time_s is not None:
            self._times.put(counted, time_s, starts_again=None if is_again else restarts)

    def _see_epoch(self, x: float, counted: float | None, *, ends_epoch: bool) -> None:
        if counted is not None:
            was_done = x == self._last and counted == self._count.last and self._count.is_done
            is_done = self.axis is Axis.EPOCH or ends_epoch or was_done
            self._count.note((counted,), is_done=is_done)

    def _see_scales(
        self, x: float, counted: float | None, step: float | None, wall_s: float | None
    ) -> None:
        if self.axis is Axis.STEP:
            self._scales.put(Axis.EPOCH, x, counted)
        elif step is not None:
            self._scales.put(Axis.STEP, x, step)
            self._last_step = step
        self._scales.put(Axis.TIME, x, wall_s)

    def _resumed_after(self, shift: int) -> tuple[float, ...]:
        if self.axis is Axis.EPOCH:
            return tuple(x + shift for x in self._segments.after)
        epochs = (self._scales.at(Axis.EPOCH, x) for x in self._segments.after)
        return tuple(dict.fromkeys(epoch + shift for epoch in epochs if epoch is not None))


def _within(number: float | None, most: float) -> float | None:
    """Return a number that is none of a kind, negative or too high, as None."""
    return float(number) if number is not None and 0 <= number < most else None


def _is_rising(numbers: array[float], low: float, most: float) -> bool:
    return low <= numbers[0] <= numbers[-1] < most and all(map(le, numbers, numbers[1:]))
