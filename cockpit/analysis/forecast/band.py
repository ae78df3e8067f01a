"""A number with the range that holds it nine times in ten. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Band:
    """0 <= low <= likely <= high. Bands that meet in a sum or product are taken as independent."""

    low: float
    likely: float
    high: float

    def __add__(self, other: Band) -> Band:
        """Return the sum; the doubts add up as those of independent numbers do."""
        likely = self.likely + other.likely
        below = math.hypot(self.likely - self.low, other.likely - other.low)
        above = math.hypot(self.high - self.likely, other.high - other.likely)
        return Band(likely - below, likely, likely + above)

    def __mul__(self, other: Band) -> Band:
        """Return the product; the doubts are factors and add up as those of independent numbers."""
        likely = self.likely * other.likely
        if likely == 0:
            return Band(0.0, 0.0, self.high * other.high)
        below = math.hypot(*(_log_ratio(one.likely, one.low) for one in (self, other)))
        above = math.hypot(*(_log_ratio(one.high, one.likely) for one in (self, other)))
        return Band(likely * math.exp(-below), likely, likely * math.exp(above))

    def times(self, factor: float) -> Band:
        """Return it `factor` times: all of them fast or slow together."""
        return Band(self.low * factor, self.likely * factor, self.high * factor)

    def at_least(self, other: Band) -> Band:
        """Return the larger of both, end by end."""
        return Band(
            max(self.low, other.low), max(self.likely, other.likely), max(self.high, other.high)
        )

    @property
    def width(self) -> float:
        """How many times the low end the high end is."""
        return self.high / self.low if self.low > 0 else math.inf


NOTHING = Band(0.0, 0.0, 0.0)


def exactly(value: float) -> Band:
    """Return a number without doubt."""
    return Band(value, value, value)


def within(likely: float, factor: float) -> Band:
    """Return a number that may be `factor` times as large or small."""
    return Band(likely / factor, likely, likely * factor)


def _log_ratio(large: float, small: float) -> float:
    return math.log(large / small) if small > 0 else math.inf
