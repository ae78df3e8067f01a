"""From measured batches to the memory of another one. Pure.

The curve of a training is not one line: for small batches the peak lies at the end of the backward
pass, where the gradients count, for large ones at its start, where the activations do. The
allocator adds steps of 2 or 20 MiB, or of whole segments. So the largest batches are what counts,
and what was under-estimated before is added.
"""

from __future__ import annotations

from typing import NamedTuple, Sequence

FAR = 1.5
"""Two batches this far apart give a slope that a step of the allocator does not spoil."""


class Point(NamedTuple):
    """A batch that was measured."""

    batch: int
    used_bytes: int


class Fit(NamedTuple):
    """A curve through what was measured."""

    points: tuple[Point, ...]
    """By batch."""
    slope_bytes: float
    """What one more sample takes beyond the largest batch."""
    residual_bytes: float
    """The most by which one of the last batches was under-estimated from those below it."""

    def line(self, batch: int) -> float:
        """Return the expected bytes without the residual: between two points their chord."""
        first, last = self.points[0], self.points[-1]
        if batch >= last.batch:
            return last.used_bytes + self.slope_bytes * (batch - last.batch)
        if batch < first.batch:
            return first.used_bytes - _slope(*self.points[:2]) * (first.batch - batch)
        below, above = _neighbours(self.points, batch)
        return below.used_bytes + _slope(below, above) * (batch - below.batch)

    def predict(self, batch: int) -> float:
        """Return the bytes to count on: the line and what it was short of before.

        Never more than what a larger batch really took; close to the last batch the shortfall
        counts less, as there is less way to err.
        """
        if any(point.batch == batch for point in self.points):
            return self.line(batch)
        above = [point.used_bytes for point in self.points if point.batch > batch]
        before, last = self.points[-2:]
        ahead = (batch - last.batch) / (last.batch - before.batch)
        share = 1.0 if above else min(1.0, ahead)
        return min([self.line(batch) + self.residual_bytes * share, *above])

    def largest(self, budget_bytes: float) -> int:
        """Return the largest batch whose expected bytes stay within the budget; 0 for none."""
        last = self.points[-1]
        if self.line(last.batch) <= budget_bytes:
            if self.slope_bytes <= 0:
                return 1 << 30
            spare_bytes = budget_bytes - last.used_bytes
            return last.batch + int(min(spare_bytes / self.slope_bytes, 1 << 30))
        low, high = 0, last.batch
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.line(middle) <= budget_bytes else (low, middle)
        return low


def fit(measured: Sequence[Point]) -> Fit | None:
    """Return the curve through what was measured, or None for fewer than two batches.

    Of a batch that was measured twice the larger figure counts.
    """
    largest: dict[int, int] = {}
    for batch, used_bytes in measured:
        largest[batch] = max(used_bytes, largest.get(batch, 0))
    points = tuple(Point(batch, largest[batch]) for batch in sorted(largest))
    if len(points) < 2:
        return None
    return Fit(points, _end_slope(points), _residual(points))


def _end_slope(points: Sequence[Point]) -> float:
    """Return the larger of two slopes: of the largest batches, and of all.

    The first follows a kink upwards; the second saves the day where the last two happen to lie on
    one step of the allocator.
    """
    last = points[-1]
    far = [point for point in points[:-1] if point.batch * FAR <= last.batch]
    return max(0.0, _slope(far[-1] if far else points[0], last), _slope(points[0], last))


def _residual(points: Sequence[Point]) -> float:
    """Return by how much the last three were above what those below them told."""
    short = [
        points[count].used_bytes
        - points[count - 1].used_bytes
        - _end_slope(points[:count]) * (points[count].batch - points[count - 1].batch)
        for count in range(max(2, len(points) - 3), len(points))
    ]
    return max([0.0, *short])


def _slope(below: Point, above: Point) -> float:
    return (above.used_bytes - below.used_bytes) / (above.batch - below.batch)


def _neighbours(points: Sequence[Point], batch: int) -> tuple[Point, Point]:
    number = next(i for i, point in enumerate(points) if point.batch > batch)
    return points[number - 1], points[number]
