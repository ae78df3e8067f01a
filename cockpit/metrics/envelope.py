"""Long curves made small enough to draw. Pure."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bucket:
    """What of a curve falls into one column of a plot."""

    column: int
    """0-based, from the left."""
    low: float
    high: float
    mean: float
    first: float
    """The leftmost value: a line from the column before meets this one."""
    last: float
    """The rightmost value: a line to the next column leaves from it."""
    is_joined: bool
    """False when a value that is not finite lies between the bucket before and this one's end,
    and for the first bucket: no line leads here."""


def envelope(
    xs: Sequence[float], ys: Sequence[float], columns: int, x_low: float, x_high: float
) -> tuple[Bucket, ...]:
    """Return the columns of a plot from `x_low` to `x_high` that hold values, left to right.

    `xs` must be rising. NaN and infinity are not drawn; they break the line. Columns between
    two points of a sparse curve are left out: a line leads across them.
    """
    if columns < 1 or not x_low <= x_high:
        return ()
    return bucketed(xs, ys, even_edges(x_low, x_high, columns))


def even_edges(x_low: float, x_high: float, columns: int) -> tuple[float, ...]:
    """Return where each of so many equal columns begins, and where the last one ends."""
    if x_low == x_high:
        return (x_low, x_high)
    span = x_high - x_low
    return (*(x_low + span * number / columns for number in range(columns)), x_high)


def bucketed(
    xs: Sequence[float], ys: Sequence[float], edges: Sequence[float]
) -> tuple[Bucket, ...]:
    """Return the same for columns between edges that never fall; the last edge belongs to it."""
    buckets: list[Bucket] = []
    is_broken = True
    for column, start, end in _slices(xs, edges):
        values = ys[start:end]
        total = sum(values)
        if not math.isfinite(total):
            finite = [value for value in values if math.isfinite(value)]
            is_broken = is_broken or len(finite) < len(values)
            if not finite:
                continue
            values, total = finite, math.nan
        buckets.append(
            Bucket(
                column=column,
                low=min(values),
                high=max(values),
                mean=_mean(values, total),
                first=values[0],
                last=values[-1],
                is_joined=not is_broken,
            )
        )
        is_broken = not math.isfinite(ys[end - 1])
    return tuple(buckets)


def _slices(xs: Sequence[float], edges: Sequence[float]) -> Iterator[tuple[int, int, int]]:
    """Yield (column, start, end) for each column that holds points."""
    start, stop = bisect_left(xs, edges[0]), bisect_right(xs, edges[-1])
    last = len(edges) - 2
    for column in range(last + 1):
        end = stop if column == last else bisect_left(xs, edges[column + 1], start, stop)
        if end > start:
            yield column, start, end
        start = end


def _mean(values: Sequence[float], total: float) -> float:
    """Return the mean; values so large that their sum is infinite are divided first."""
    if math.isfinite(total):
        return total / len(values)
    return sum(value / len(values) for value in values)
