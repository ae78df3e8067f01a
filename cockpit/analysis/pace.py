"""How long the coming epochs of a training will take, by those that it did. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from cockpit.analysis.rhythm import Rhythm, find_rhythm, suspect_rhythm

LOOK_BACK: Final = 64
"""So many epoch ends are looked at: of 100,000 each would cost time at every refresh."""
RECENT: Final = 12
"""So many epochs at one speed are enough to tell it, and few enough to follow a slow drift."""
LEAST_MARGIN: Final = (0.4, 0.3, 0.25, 0.2, 0.17, 0.15, 0.12)
"""Least half width of the range as a share of an epoch, after 1, 2, … epochs; then `SETTLED`."""
SETTLED: Final = 0.1
"""Even a steady run is disturbed later,"""
FAR: Final = 0.05
"""and the more is to come, the more: this is added in proportion to it."""
NORMAL: Final = 1.4826
"""Standard deviation by median deviation, for what is normal."""
NINE_OF_TEN: Final = 1.65
"""So many standard deviations to each side hold nine of ten."""
CHANGE: Final = 0.1
"""A speed that differs by less than this share is the same."""
CHANGE_EPOCHS: Final = 3
"""So many epochs in a row tell a change of speed from a disturbance."""
CHANGE_ERRORS: Final = 3.0
"""And they lie this many standard errors apart."""
YOUNG: Final = 6
"""Until it has lasted so many epochs a change may be over again."""
STALL: Final = 1.3
"""An epoch this many times as long as usual was held up by something."""
RECURS: Final = 3
"""Held up this often, it will be held up again."""


@dataclass(frozen=True, slots=True)
class Length:
    """How long an epoch took."""

    epoch: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Pace:
    """How long an ordinary epoch takes, in seconds, and what comes on top of it."""

    usual_s: float
    low_s: float
    high_s: float
    """Between these the mean of the coming ordinary epochs should lie."""
    count: int
    """So many epochs speak for it."""
    rhythm: Rhythm | None
    """Which epochs are longer by plan."""
    suspected: Rhythm | None
    """Which may be, for all that is known."""
    stalls: tuple[float, ...]
    """By how many seconds some epochs were held up."""
    seen: int
    """Among so many."""

    def planned_s(self, first: int, last: int) -> float:
        """Return the seconds that the longer ones of these epochs take beyond the usual."""
        return self.rhythm.extra_s * self.rhythm.count(first, last) if self.rhythm else 0.0

    def stalls_s(self, first: int, last: int) -> tuple[float, float]:
        """Return the seconds by which these epochs will be held up: likely, and at most."""
        ahead_s = (last - first + 1) / self.seen * sum(self.stalls)
        likely_s = ahead_s if len(self.stalls) >= RECURS else 0.0
        most_s = max(min(2 * ahead_s, sum(self.stalls)), 1.5 * likely_s)
        if self.suspected is not None:
            most_s = max(most_s, 1.1 * self.suspected.extra_s * self.suspected.count(first, last))
        return likely_s, most_s


def lengths_of(
    epoch_ends: Sequence[tuple[int, float]],
    resumed_after: Container[float] = (),
    look_back: int = LOOK_BACK,
) -> tuple[Length, ...]:
    """Return the newest epochs with their lengths.

    Left out are the first one and those that a resume began with: they hold the start-up.
    Epochs that were not seen one by one count as one of their mean length.
    """
    return tuple(
        Length(epoch, (end_s - start_s) / (epoch - before))
        for (before, start_s), (epoch, end_s) in pairwise(epoch_ends[-look_back:])
        if epoch > before
        and 0 < end_s - start_s < math.inf
        and not (epoch == before + 1 and before in resumed_after)
    )


@lru_cache(maxsize=64)
def pace_of(lengths: tuple[Length, ...], left: int) -> Pace | None:
    """Return the pace for `left` epochs to come, or None where there is no length.

    It is asked at every refresh of the screen and changes once an epoch.
    """
    if not lengths:
        return None
    pairs = [(one.epoch, one.seconds) for one in lengths]
    rhythm = find_rhythm(pairs)
    ordinary = [one for one in lengths if not (rhythm and rhythm.falls_on(one.epoch))]
    seconds = [one.seconds for one in ordinary]
    change = last_change(seconds)
    same = ordinary[change:]
    limit_s = _limit_s([one.seconds for one in same])
    free = [one.seconds for one in same if one.seconds <= limit_s][-RECENT:]
    held_up = [one for one in same if one.seconds > limit_s]
    usual_s = _middle_mean(free)
    low_s, high_s = _range(free, usual_s, left, left + lengths[-1].epoch)
    low_s, high_s = _with_newest(seconds, low_s, high_s)
    if change and len(same) < YOUNG:
        before_s = _middle_mean(seconds[:change][-RECENT:])
        low_s, high_s = min(low_s, before_s), max(high_s, before_s)
    is_alone = rhythm is None and len(held_up) == 1
    return Pace(
        usual_s,
        max(low_s, 0.0),
        high_s,
        count=len(free),
        rhythm=rhythm,
        suspected=suspect_rhythm(pairs, held_up[0].epoch) if is_alone else None,
        stalls=tuple(one.seconds - usual_s for one in held_up),
        seen=len(same),
    )


def _limit_s(lengths: Sequence[float]) -> float:
    """Return the length beyond which an epoch was held up."""
    return statistics.median(lengths) * STALL + 3 * spread(lengths)


def last_change(lengths: Sequence[float]) -> int:
    """Return from which on the lengths belong to one speed: 0 when it never changed."""
    start = 0
    while True:
        at = _likeliest_change(lengths[start:])
        if at == 0:
            return start
        start += at


def _likeliest_change(lengths: Sequence[float]) -> int:
    """Return where the speed changed most clearly, or 0."""
    best_at, best_errors = 0, CHANGE_ERRORS
    for at in range(CHANGE_EPOCHS, len(lengths) - CHANGE_EPOCHS + 1):
        before, after = lengths[:at], lengths[at:]
        before_s, after_s = statistics.median(before), statistics.median(after)
        gap_s = abs(after_s - before_s)
        if gap_s < CHANGE * before_s:
            continue
        spread_s = max(spread(before), spread(after), 0.02 * before_s)
        errors = gap_s / (spread_s * math.sqrt(1 / at + 1 / (len(lengths) - at)))
        if errors > best_errors:
            best_at, best_errors = at, errors
    return best_at


def spread(lengths: Sequence[float]) -> float:
    """Return the standard deviation of lengths, of which some may be far off."""
    middle_s = statistics.median(lengths)
    return NORMAL * statistics.median([abs(length_s - middle_s) for length_s in lengths])


def _middle_mean(lengths: Sequence[float]) -> float:
    """Return the mean of the middle half: one that is far off does not move it."""
    cut = len(lengths) // 4
    return statistics.fmean(sorted(lengths)[cut : len(lengths) - cut])


def _range(recent: Sequence[float], usual_s: float, left: int, epochs: int) -> tuple[float, float]:
    """Return between which bounds the mean of `left` coming epochs should lie."""
    count = len(recent)
    least = LEAST_MARGIN[count - 1] if count <= len(LEAST_MARGIN) else SETTLED
    least += FAR * left / epochs
    chance_s = NINE_OF_TEN * spread(recent) * math.sqrt(1 / count + 1 / left)
    half_s = math.hypot(least * usual_s, chance_s)
    return usual_s - half_s, usual_s + half_s


def _with_newest(lengths: Sequence[float], low_s: float, high_s: float) -> tuple[float, float]:
    """Return the bounds, widened where the speed may have changed just now."""
    newest = lengths[-2:]
    if len(lengths) <= 2 or not (min(newest) > high_s or max(newest) < low_s):
        return low_s, high_s
    newest_s = statistics.fmean(newest)
    return min(low_s, newest_s), max(high_s, newest_s)
