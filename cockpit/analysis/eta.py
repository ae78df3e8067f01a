"""When a run will end, from the epochs that it did. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

RECENT: Final = 8
"""This many epochs speak for the rest: few enough to follow a change of speed."""
LOOK_BACK: Final = 64
"""So many epoch ends are looked at: of 100,000 each would cost time at every refresh."""
LEAST_MARGIN: Final = (0.5, 0.3, 0.2, 0.15, 0.1)
"""Least half width of the range as a share of an epoch, after 1, 2, … epochs; then `SETTLED`."""
SETTLED: Final = 0.05
"""Even a steady run is disturbed: never closer than this."""


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


@dataclass(frozen=True, slots=True)
class _Pace:
    """The length of an epoch as the last few tell it, in seconds."""

    usual_s: float
    low_s: float
    high_s: float
    basis: str


def remaining(
    epoch_ends: Sequence[tuple[int, float]], epochs: int | None, since_last_end_s: float
) -> Eta | None:
    """Return the time to the end of epoch `epochs`, or None while nothing can be said.

    `epoch_ends` are (epoch, seconds of training up to its end) as in MetricTable;
    `since_last_end_s` is how long ago the last of them ended. The first epoch is left out as
    soon as there is another: it warms up. An epoch that takes longer than usual may take as
    long again, which only the upper bound says.
    """
    if epochs is None or epochs < 1 or not epoch_ends:
        return None
    left = epochs - epoch_ends[-1][0]
    if left <= 0:
        return Eta(0.0, 0.0, 0.0, "all epochs are done")
    pace = _pace(epoch_lengths(epoch_ends[-LOOK_BACK:]))
    if pace is None:
        return None
    spent_s = max(since_last_end_s, 0.0) if math.isfinite(since_last_end_s) else 0.0
    over_s = max(spent_s - pace.high_s, 0.0)
    return Eta(
        remaining_s=_rest(left, pace.usual_s, spent_s),
        low_s=_rest(left, pace.low_s, spent_s),
        high_s=_rest(left, pace.high_s, spent_s) + over_s,
        basis=pace.basis,
    )


def epoch_lengths(epoch_ends: Sequence[tuple[int, float]]) -> tuple[float, ...]:
    """Return the seconds of each epoch, without the first one when there are others."""
    lengths = tuple(
        (end_s - start_s) / (epoch - before)
        for (before, start_s), (epoch, end_s) in pairwise(epoch_ends)
        if epoch > before and end_s > start_s
    )
    if lengths or not epoch_ends:
        return lengths
    epoch, end_s = epoch_ends[0]
    return (end_s / epoch,) if epoch >= 1 and end_s > 0 else ()


def _pace(lengths: Sequence[float]) -> _Pace | None:
    recent = [length for length in lengths if math.isfinite(length)][-RECENT:]
    if not recent:
        return None
    usual_s = statistics.median(recent)
    spread_s = statistics.median(abs(length - usual_s) for length in recent)
    # 1.5 times the median deviation is one standard deviation, were they normal.
    half_s = max(1.5 * spread_s, usual_s * _least_margin(len(recent)))
    # Every fifth epoch may be slow (a checkpoint, a full validation): the mean knows.
    mean_s = statistics.fmean(recent)
    return _Pace(
        usual_s=usual_s,
        low_s=max(min(usual_s - half_s, mean_s), 0.0),
        high_s=max(usual_s + half_s, mean_s * (1 + SETTLED)),
        basis=f"last {len(recent)} epochs" if len(recent) > 1 else "one epoch",
    )


def _least_margin(count: int) -> float:
    return LEAST_MARGIN[count - 1] if count <= len(LEAST_MARGIN) else SETTLED


def _rest(left: int, epoch_s: float, spent_s: float) -> float:
    """Return what `left` epochs of one length take when `spent_s` of the first is over."""
    return (left - 1) * epoch_s + max(epoch_s - spent_s, 0.0)
