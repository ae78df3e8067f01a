"""The parts of a training that follow each other: where it was resumed, and what was done again."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeAlias

from cockpit.metrics.column import Column
from cockpit.metrics.series import MetricSeries, Segment

Ends: TypeAlias = "Mapping[str, tuple[array[float], array[float]]]"
"""Of each curve its end: x and values."""

MOST_KEPT: Final = 1000
"""Of more segments the oldest are forgotten: no training was resumed that often."""
MOST_WITH_VALUES: Final = 32
"""So many segments keep what was done again."""


@dataclass(slots=True)
class _Part:
    """A segment while it grows, x as the file counts."""

    start: float
    end: float
    rows: int
    replaced: Ends = field(default_factory=dict)


class SegmentBook:
    """Keeps the segments of a table that grows; of all of them together linear in its rows."""

    def __init__(self) -> None:
        self._closed: deque[_Part] = deque(maxlen=MOST_KEPT)
        self._open: _Part | None = None
        self._built: tuple[int, tuple[Segment, ...]] | None = None
        """The closed ones with the shift that they were built for."""
        self.after: list[float] = []
        """x after which a resumed part begins, rising, as the file counts; what was done again
        is none."""

    def begin(self, before: float | None, replaced: Ends) -> None:
        """Close the segment: another begins after `before`; None: all begins again."""
        if self._open is not None:
            self._open.replaced = replaced
            self._closed.append(self._open)
            if len(self._closed) > MOST_WITH_VALUES:
                self._closed[-MOST_WITH_VALUES - 1].replaced = {}
        self._open = self._built = None
        if before is None:
            self.after.clear()
        else:
            del self.after[bisect_left(self.after, before) :]
            self.after.append(before)

    def add(self, start: float, end: float, rows: int = 1) -> None:
        """Add rows from x `start` to `end` to the segment in work."""
        if self._open is None:
            self._open = _Part(start, end, rows)
        else:
            self._open.start = min(self._open.start, start)
            self._open.end = max(self._open.end, end)
            self._open.rows += rows

    def segments(self, shift: int) -> tuple[Segment, ...]:
        """Return them as they are now, each x `shift` higher."""
        if self._built is None or self._built[0] != shift:
            self._built = shift, tuple(_segment(part, shift) for part in self._closed)
        last = () if self._open is None else (_segment(self._open, shift),)
        return (*self._built[1], *last)


def _segment(part: _Part, shift: int) -> Segment:
    replaced = {
        name: MetricSeries(name, Column(x, shift=shift), Column(values))
        for name, (x, values) in part.replaced.items()
    }
    return Segment(part.start + shift, part.end + shift, part.rows, MappingProxyType(replaced))
