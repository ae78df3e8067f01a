"""Latency and plateau of an operation from its times over sizes. Pure."""

from __future__ import annotations

import statistics
from typing import NamedTuple, Sequence

LEAST_SIZES = 4
LEAST_SPAN = 64
"""The largest size over the smallest: with less, one of the two is not in the data."""
ROUNDS = 30
SMALLEST_RESIDUAL = 1e-4
"""Keeps a point that the line meets from getting all the weight."""


class Fit(NamedTuple):
    """time = latency + size / bandwidth."""

    latency_s: float
    bytes_per_s: float
    error: float
    """The median of the relative residuals: 0.1 means that the line is 10 % off."""

    @property
    def half_bytes(self) -> float:
        """The size at which half of the bandwidth is reached."""
        return self.latency_s * self.bytes_per_s


def fit(points: Sequence[tuple[float, float]]) -> Fit | None:
    """Return the line through (bytes, seconds); None where the data do not hold one.

    It minimises the sum of the relative residuals, by weighting again and again: sizes span
    decades, and one iteration in which the machine did something else must not bend the line.
    """
    usable = [(size, time) for size, time in points if size > 0 and time > 0]
    sizes = {size for size, _ in usable}
    if len(sizes) < LEAST_SIZES or max(sizes) < LEAST_SPAN * min(sizes):
        return None
    weights = [1 / time**2 for _, time in usable]
    latency = slope = 0.0
    for _ in range(ROUNDS):
        latency, slope = _weighted(usable, weights)
        residuals = [abs(latency + slope * size - time) / time for size, time in usable]
        weights = [
            1 / time**2 / max(residual, SMALLEST_RESIDUAL)
            for (_, time), residual in zip(usable, residuals)
        ]
    if slope <= 0:
        return None
    return Fit(latency, 1 / slope, statistics.median(residuals))


def _weighted(
    points: Sequence[tuple[float, float]], weights: Sequence[float]
) -> tuple[float, float]:
    """Return intercept and slope of weighted least squares; the intercept is never negative."""
    total = sum(weights)
    mean_x = sum(w * x for w, (x, _) in zip(weights, points)) / total
    mean_y = sum(w * y for w, (_, y) in zip(weights, points)) / total
    spread = sum(w * (x - mean_x) ** 2 for w, (x, _) in zip(weights, points))
    slope = sum(w * (x - mean_x) * (y - mean_y) for w, (x, y) in zip(weights, points)) / spread
    intercept = mean_y - slope * mean_x
    if intercept >= 0:
        return intercept, slope
    squares = sum(w * x * x for w, (x, _) in zip(weights, points))
    return 0.0, sum(w * x * y for w, (x, y) in zip(weights, points)) / squares
