"""When each epoch of a table ended, by the time that its rows tell."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from operator import itemgetter

from cockpit.metrics.clock_watch import ClockWatch
from cockpit.metrics.dates import A_DATE_S
from cockpit.metrics.epochs import TrainingClock


class EpochTimes:
    """A clock that is joined over resumed parts, and the watch that tells where one begins."""

    def __init__(self, *, own_clock: bool) -> None:
        self._clock = TrainingClock()
        self._watch = ClockWatch(own_clock=own_clock)
        self.is_told = False
        """A row told its time."""

    def cut(self, epoch: float | None) -> None:
        """Go back to before `epoch`; None: nobody knows where that is."""
        if epoch is not None:
            self._clock.cut(epoch)
        self._watch.begin()

    def sees_restart(self, time_s: float | None) -> bool:
        """Take the time of a row that goes on, and say whether the clock began anew before it."""
        return time_s is not None and self._watch.sees_restart(time_s)

    def put(self, epoch: float | None, time_s: float, *, starts_again: bool | None) -> None:
        """Note the same time for the epoch of the row; None for one that is done again."""
        self.is_told = True
        if epoch is not None:
            self._clock.put(epoch, time_s, starts_again=starts_again)

    def goes_on_through(self, epochs: array[float] | None, times_s: array[float]) -> bool:
        """Take the times of several rows, unless one is odd or begins anew: then nothing."""
        if not (math.isfinite(sum(times_s)) and min(times_s) >= 0 and max(times_s) < A_DATE_S):
            return False
        if not self._watch.goes_on_through(times_s):
            return False
        self.is_told = True
        if epochs is not None:
            ends = dict(zip(epochs, times_s, strict=True))
            self._clock.put_many(array("d", ends), array("d", ends.values()))
        return True

    def ends(
        self, shift: int, *, are_whole: bool, up_to: int | None
    ) -> Sequence[tuple[int, float]]:
        """Return (epoch + shift, seconds) up to the epoch `up_to`; nothing for mere lengths."""
        if self._watch.holds_lengths:
            return ()
        ends = self._clock.ends(shift, are_whole=are_whole)
        count = bisect_right(ends, up_to or 0, key=itemgetter(0))
        return ends if count == len(ends) else ends[:count]
