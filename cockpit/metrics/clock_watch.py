"""Where a clock in a results file starts again: the training was resumed there."""

from __future__ import annotations

from array import array
from copy import copy
from operator import le, lt
from typing import Final

JITTER: Final = 0.01
"""A clock that is set back by less than this part of what it showed goes on."""
NEAR_ZERO: Final = 0.5
"""One that shows less than this part of what it showed has started again."""


class ClockWatch:
    """Looks at the times of rows that follow each other.

    A trainer's own clock counts from its start: where it falls, the training was resumed. In any
    other file a column `time` may as well hold the length of each epoch, which goes up and down.
    There only a fall to less than half counts, after two rows at least between which it had risen,
    and none once it fell in another way: then it holds lengths. A fall of less than a hundredth is
    nothing at all.
    """

    def __init__(self, *, own_clock: bool) -> None:
        self._own_clock = own_clock
        self._last_s: float | None = None
        self._has_risen = False
        self.holds_lengths = False
        """It fell as no clock does."""

    def begin(self) -> None:
        """Start over with the next time: the rows before it belong to another part."""
        self._last_s, self._has_risen = None, False

    def sees_restart(self, time_s: float) -> bool:
        """Take the next time, and say whether the clock has started again before it."""
        last_s, self._last_s = self._last_s, time_s
        if last_s is None or time_s >= last_s:
            self._has_risen = self._has_risen or (last_s is not None and time_s > last_s)
            return False
        had_risen, is_far = self._has_risen, time_s < last_s * (1 - JITTER)
        if self._own_clock or (
            had_risen and not self.holds_lengths and time_s < last_s * NEAR_ZERO
        ):
            self._has_risen = False
            return True
        self.holds_lengths = self.holds_lengths or is_far
        return False

    def goes_on_through(self, times_s: array[float]) -> bool:
        """Take several times, unless the clock starts again between them: then none."""
        last_s = times_s[0] if self._last_s is None else self._last_s
        if last_s <= times_s[0] and all(map(le, times_s, times_s[1:])):
            has_risen = last_s < times_s[0] or any(map(lt, times_s, times_s[1:]))
            self._last_s, self._has_risen = times_s[-1], self._has_risen or has_risen
            return True
        trial = copy(self)
        if any(map(trial.sees_restart, times_s)):
            return False
        self._last_s, self._has_risen = trial._last_s, trial._has_risen
        self.holds_lengths = trial.holds_lengths
        return True
