"""Means of numbers. The standard library's `statistics` loads decimals and random numbers. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence


def arithmetic_mean(values: Sequence[float]) -> float:
    """Return the arithmetic mean of at least one number."""
    return math.fsum(values) / len(values)


def geometric_mean(values: Sequence[float]) -> float:
    """Return the geometric mean of at least one number, all above 0."""
    return math.exp(arithmetic_mean([math.log(value) for value in values]))


def median(values: Sequence[float]) -> float:
    """Return the middle of at least one number; of an even count the mean of both middles."""
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2
