"""When a run will end, from the epochs that it did. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Eta:
    """A remaining time with its range, all in seconds from the moment it was computed for."""

    remaining_s: float
    low_s: float
    high_s: float
    basis: str
    """What it rests on, in words: `last 5 epochs`."""

    @property
    def margin_s(self) -> float:
        """Half the width of the range, for a `±`."""
        return (self.high_s - self.low_s) / 2


def remaining(
    epoch_ends: Sequence[tuple[int, float]], epochs: int | None, since_last_end_s: float
) -> Eta | None:
    """Return the time to the end of epoch `epochs`, or None while nothing can be said.

    `epoch_ends` are (epoch, seconds of training up to its end) as in MetricTable;
    `since_last_end_s` is how long ago the last of them ended.
    """
    raise NotImplementedError
