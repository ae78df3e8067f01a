"""Whether every k-th epoch is longer: a validation, a checkpoint. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 25
"""Epochs from one long one to the next."""
LONGER: Final = 1.12
"""A long epoch is at least this many times as long as the others."""
BELOW: Final = 0.9
"""So many of the others are shorter than the shortest long one."""
FEWEST: Final = 4
"""Of fewer epochs nothing is said."""
CERTAIN: Final = 3
"""So many long ones make a rhythm at any place; fewer only where people begin to count."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Every `every`-th epoch is longer."""

    every: int
    place: int
    """Epoch modulo `every` of the long ones."""
    extra_s: float
    """By so many seconds."""

    def falls_on(self, epoch: int) -> bool:
        """Say whether an epoch is one of the long ones."""
        return epoch % self.every == self.place

    def count(self, first: int, last: int) -> int:
        """Return how many of the epochs from `first` to `last` are long."""
        return (last - self.place) // self.every - (first - 1 - self.place) // self.every


def suspect_rhythm(lengths: Sequence[tuple[int, float]], held_up: int) -> Rhythm | None:
    """Return the rhythm of which the only long epoch so far may be the first, or None.

    A validation every tenth epoch looks like this from epoch 10 to epoch 19.
    """
    first, last = lengths[0][0], lengths[-1][0]
    if not 1 < held_up <= LONGEST or first > 2 or last >= 2 * held_up:
        return None
    seconds = [length_s for epoch, length_s in lengths if epoch != held_up]
    if not seconds:
        return None
    return Rhythm(held_up, 0, dict(lengths)[held_up] - statistics.median(seconds))


def find_rhythm(lengths: Sequence[tuple[int, float]]) -> Rhythm | None:
    """Return the shortest rhythm in (epoch, seconds), or None."""
    if len(lengths) < FEWEST:
        return None
    for every in range(2, min(LONGEST, lengths[-1][0] // 2) + 1):
        found = _of_period(lengths, every)
        if found is not None:
            return found
    return None


def _of_period(lengths: Sequence[tuple[int, float]], every: int) -> Rhythm | None:
    longest, _ = max(lengths, key=lambda one: one[1])
    place = longest % every
    long = sorted(seconds for epoch, seconds in lengths if epoch % every == place)
    others = sorted(seconds for epoch, seconds in lengths if epoch % every != place)
    is_usual_place = place in (0, 1)
    if len(long) < (2 if is_usual_place else CERTAIN) or len(others) < 2:
        return None
    usual_s = statistics.median(others)
    # One of the others may have been held up; of few, each must be shorter.
    if long[0] <= others[min(int(BELOW * len(others)), len(others) - 1)]:
        return None
    extra_s = statistics.median(long) - usual_s
    is_alike = long[-1] - long[0] < extra_s or len(long) > CERTAIN
    is_longer = extra_s > (LONGER - 1) * usual_s
    return Rhythm(every, place, extra_s) if is_longer and is_alike else None
