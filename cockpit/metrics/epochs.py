"""Growing curves by epoch, of which a resume can take back the end."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from operator import eq, le
from typing import overload

from cockpit.metrics.column import Column
from cockpit.metrics.series import Extremes, MetricSeries, Point


class Curve:
    """One metric while it grows: 16 bytes a value, epochs rising.

    What was handed out by `columns` or `series` stays as it is: the arrays are appended to, and
    replaced by copies where an end is taken back that somebody may still hold.
    """

    def __init__(self) -> None:
        self.x = array("d")
        self.values = array("d")
        self._handed_out = 0
        self._low: Point | None = None
        self._high: Point | None = None
        self._searched = 0
        """So many values were looked through for the lowest and the highest."""

    def put(self, epoch: float, value: float) -> None:
        """Add a value; a second one for the last epoch replaces the first."""
        if self.x and epoch <= self.x[-1]:
            self.cut(epoch)
        self.x.append(epoch)
        self.values.append(value)

    def extend(self, epochs: array[float], values: array[float]) -> None:
        """Add values for rising epochs that are known to lie after the last."""
        self.x.extend(epochs)
        self.values.extend(values)

    def cut(self, epoch: float) -> None:
        """Drop what lies at `epoch` and after."""
        end = bisect_left(self.x, epoch)
        if end < self._handed_out:
            self.x, self.values = self.x[:end], self.values[:end]
            self._handed_out = 0
        else:
            del self.x[end:], self.values[end:]
        if end < self._searched:
            self._searched = end
            if any(one is not None and one.x >= epoch for one in (self._low, self._high)):
                self._low = self._high = None
                self._searched = 0

    def take_back(self, x: float) -> tuple[array[float], array[float]]:
        """Drop what lies at `x` and after, and return it: x and values."""
        end = bisect_left(self.x, x)
        taken = self.x[end:], self.values[end:]
        self.cut(x)
        return taken

    def columns(self, shift: int) -> tuple[Column, Column]:
        """Return epochs + shift and values as they are now; costs the same at any length."""
        self._handed_out = len(self.x)
        return Column(self.x, shift=shift), Column(self.values)

    def series(self, name: str, shift: int) -> MetricSeries:
        """Return the curve as it is now; costs what was added since the last time."""
        self._search()
        epochs, values = self.columns(shift)
        extremes = Extremes(_shifted(self._low, shift), _shifted(self._high, shift))
        return MetricSeries(name, epochs, values, extremes)

    def _search(self) -> None:
        """Bring the lowest and the highest finite value up to date; of equals the first counts."""
        new = self.values[self._searched :]
        finite: Sequence[float] = new
        if not math.isfinite(sum(new)):
            finite = [value for value in new if math.isfinite(value)]
        if finite:
            low, high = min(finite), max(finite)
            if self._low is None or low < self._low.value:
                self._low = Point(self.x[self._searched + new.index(low)], low)
            if self._high is None or high > self._high.value:
                self._high = Point(self.x[self._searched + new.index(high)], high)
        self._searched = len(self.values)


class EpochEnds(Sequence[tuple[int, float]]):
    """(epoch, seconds) for whole, rising epochs from 1 on, without a tuple for each."""

    __slots__ = ("_columns", "_first")

    def __init__(self, epochs: Column, times: Column) -> None:
        self._columns = (epochs, times)
        self._first = bisect_left(epochs, 1)

    def __len__(self) -> int:
        """Return how many epochs ended."""
        return len(self._columns[0]) - self._first

    @overload
    def __getitem__(self, index: int) -> tuple[int, float]: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[tuple[int, float], ...]: ...

    def __getitem__(self, index: int | slice) -> tuple[int, float] | tuple[tuple[int, float], ...]:
        """Return one end, or a tuple of some."""
        if isinstance(index, slice):
            return tuple(map(self._at, range(len(self))[index]))
        return self._at(range(len(self))[index])

    def __iter__(self) -> Iterator[tuple[int, float]]:
        """Yield the ends."""
        return map(self._at, range(len(self)))

    def __eq__(self, other: object) -> bool:
        """Return True for the same ends, in a tuple or a list too."""
        if isinstance(other, EpochEnds):
            return self._columns == other._columns
        if not isinstance(other, tuple | list):
            return NotImplemented
        return len(self) == len(other) and all(map(eq, self, other))

    def __hash__(self) -> int:
        """Return the hash of the tuple that this is equal to."""
        return hash(tuple(self))

    def __repr__(self) -> str:
        """Return the newest ends."""
        return f"EpochEnds(… {self[-3:]})"

    def _at(self, number: int) -> tuple[int, float]:
        epochs, times = self._columns
        return int(epochs[self._first + number]), times[self._first + number]


class TrainingClock:
    """Seconds of training up to the end of each epoch, joined over resumed parts.

    A trainer's own clock starts again near 0 at every resume. What a resume repeats counts
    once, with its second time: else an epoch done twice would look twice as long.
    """

    def __init__(self) -> None:
        self._ends = Curve()
        self._offset_s = 0.0
        self._last_s = 0.0

    def put(self, epoch: float, time_s: float, *, starts_again: bool | None = None) -> None:
        """Note that the trainer's clock showed `time_s` when `epoch` ended.

        `starts_again`: the clock began anew before it; None: it did where it shows less.
        """
        self._ends.cut(epoch)
        before_s = self._before_s
        if time_s < self._last_s if starts_again is None else starts_again:
            self._offset_s = before_s
        self._last_s = time_s
        self._ends.put(epoch, max(before_s, self._offset_s + time_s))

    def put_many(self, epochs: array[float], times_s: array[float]) -> None:
        """Note the same of one or more rising epochs, through which the clock goes on."""
        is_new = not self._ends.x or epochs[0] > self._ends.x[-1]
        goes_on = times_s[0] >= self._last_s and self._offset_s + times_s[0] >= self._before_s
        if is_new and goes_on and all(map(le, times_s, times_s[1:])):
            self._last_s = times_s[-1]
            self._ends.extend(epochs, array("d", map(self._offset_s.__add__, times_s)))
            return
        for epoch, time_s in zip(epochs, times_s, strict=True):
            self.put(epoch, time_s, starts_again=False)

    def add(self, epoch: float, length_s: float) -> None:
        """Note that `epoch` took `length_s`, for trainers that print each epoch's own time."""
        self._ends.cut(epoch)
        self._ends.put(epoch, self._before_s + length_s)

    def cut(self, epoch: float) -> None:
        """Forget `epoch` and what came after it."""
        self._ends.cut(epoch)

    def ends(self, shift: int, *, are_whole: bool = True) -> Sequence[tuple[int, float]]:
        """Return (epoch + shift, seconds) for whole epochs from 1 on.

        `are_whole`: the caller knows that all are, and none has to be looked at.
        """
        epochs, times = self._ends.columns(shift)
        if are_whole:
            return EpochEnds(epochs, times)
        return tuple(
            (int(epoch), time_s)
            for epoch, time_s in zip(epochs, times, strict=True)
            if epoch.is_integer() and epoch >= 1
        )

    @property
    def _before_s(self) -> float:
        return self._ends.values[-1] if self._ends.values else 0.0


def _shifted(point: Point | None, shift: int) -> Point | None:
    return point and Point(point.x + shift, point.value)
