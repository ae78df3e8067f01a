"""What every 64 points of a long curve come to, so that drawing it does not look at each. Pure."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final

from cockpit.metrics.column import Column
from cockpit.metrics.envelope import Bucket, bucketed

BLOCK: Final = 64
"""Points of a block."""
_ROUGH_FROM: Final = 2
"""From so many blocks a column on, columns begin and end with a block: half a dot is not seen."""
PIECES_FROM: Final = 2048
"""A curve with more points is told by its blocks where each point would cost too much."""


class Blocks:
    """A curve that may grow, with the extremes and the mean of each of its blocks.

    Following a grown curve costs what was added; another curve is looked through once.
    """

    def __init__(self) -> None:
        self._xs: Sequence[float] = ()
        self._ys: Sequence[float] = ()
        self._curves = 0
        """How many different curves were followed."""
        self._forget()

    def _forget(self) -> None:
        self._starts = array("d")
        """The first x of each block; what is not whole yet has none."""
        self._lows = array("d")
        self._highs = array("d")
        self._totals = array("d")
        """Of the finite values."""
        self._counts = array("H")
        """How many are finite."""

    def follow(self, xs: Sequence[float], ys: Sequence[float]) -> Blocks:
        """Take the curve as it is now, and return these blocks."""
        if not (_goes_on(self._xs, xs) and _goes_on(self._ys, ys)):
            self._forget()
            self._curves += 1
        self._xs, self._ys = xs, ys
        for start in range(len(self._counts) * BLOCK, len(ys) - BLOCK + 1, BLOCK):
            self._add(start)
        return self

    def _add(self, start: int) -> None:
        values = self._ys[start : start + BLOCK]
        total = sum(values)
        if not math.isfinite(total):
            values = [value for value in values if math.isfinite(value)]
            total = sum(values)
        self._starts.append(self._xs[start])
        self._lows.append(min(values, default=math.inf))
        self._highs.append(max(values, default=-math.inf))
        self._totals.append(total)
        self._counts.append(len(values))

    def buckets(self, edges: Sequence[float]) -> tuple[Bucket, ...]:
        """Return the columns of a plot as `bucketed` does; long ones end with a block."""
        first = max(0, bisect_right(self._starts, edges[0]) - 1)
        last = bisect_left(self._starts, edges[-1])
        if last - first < _ROUGH_FROM * (len(edges) - 1):
            return bucketed(self._xs, self._ys, edges)
        return self._rough(edges, first)

    def _rough(self, edges: Sequence[float], first: int) -> tuple[Bucket, ...]:
        """Return the columns, each made of whole blocks, and the last one with what is left."""
        buckets: list[Bucket] = []
        is_broken = True
        stop = bisect_right(self._xs, edges[-1])
        blocks = stop // BLOCK
        last = len(edges) - 2
        for column in range(last + 1):
            end = blocks if column == last else bisect_left(self._starts, edges[column + 1], first)
            end = min(end, blocks)
            points = stop if column == last else end * BLOCK
            bucket, is_whole = self._join(column, first, end, points)
            is_broken = is_broken or not is_whole
            if bucket is not None:
                buckets.append(bucket if is_broken else _joined(bucket))
                is_broken = not math.isfinite(self._ys[points - 1])
            first = end
        return tuple(buckets)

    def _join(self, column: int, first: int, end: int, points: int) -> tuple[Bucket | None, bool]:
        """Return the bucket of blocks `first` to `end` and the points up to `points`.

        And whether every value in it is finite.
        """
        rest = [value for value in self._ys[end * BLOCK : points] if math.isfinite(value)]
        count = sum(self._counts[first:end]) + len(rest)
        is_whole = count == points - first * BLOCK
        if not count:
            return None, is_whole
        return Bucket(
            column=column,
            low=min(*self._lows[first:end], *rest, math.inf),
            high=max(*self._highs[first:end], *rest, -math.inf),
            mean=sum(self._totals[first:end], sum(rest)) / count,
            first=self._ys[first * BLOCK],
            last=self._ys[points - 1],
            is_joined=False,
        ), is_whole

    @property
    def is_long(self) -> bool:
        """Say whether `pieces` are blocks."""
        return len(self._ys) > PIECES_FROM

    @property
    def stamp(self) -> tuple[int, int]:
        """What changes when `pieces` do."""
        return self._curves, len(self._counts) if self.is_long else len(self._ys)

    def pieces(self) -> tuple[Sequence[float], Sequence[float], Sequence[float], Sequence[bool]]:
        """Return x, lowest, highest and whether all is finite: of each point, or of each block."""
        if not self.is_long:
            finite = [math.isfinite(value) for value in self._ys]
            return self._xs, self._ys, self._ys, finite
        finite = [count == BLOCK for count in self._counts]
        return self._starts, self._lows, self._highs, finite


def _joined(bucket: Bucket) -> Bucket:
    return Bucket(
        bucket.column,
        bucket.low,
        bucket.high,
        bucket.mean,
        bucket.first,
        bucket.last,
        is_joined=True,
    )


def _goes_on(before: Sequence[float], now: Sequence[float]) -> bool:
    """Say whether the numbers of before are surely the first of now."""
    return now is before or (isinstance(now, Column) and now.goes_on_from(before))
