"""After which epochs a training was resumed, as the rows of its results tell."""

from __future__ import annotations

from collections.abc import Sequence


class ResumedParts:
    """Collects the epochs after which a resumed part begins; of those done again, none."""

    def __init__(self, *, own_clock: bool) -> None:
        """Make an empty one; `own_clock`: the times are the trainer's own and fall on a resume."""
        self._own_clock = own_clock
        self._last_s = 0.0
        self.after: list[float] = []
        """Rising, as the file counts."""

    def begin(self, epoch: float, before: float | None) -> None:
        """Note that `epoch` comes again after `before`; None: everything does."""
        self._last_s = 0.0
        self.after = [one for one in self.after if one < epoch and one != before]
        if before is not None:
            self.after.append(before)

    def see_times(self, before: float, epochs: Sequence[float], times_s: Sequence[float]) -> None:
        """Look for resumed parts that repeat no epoch; `before` is the one before these."""
        if not self._own_clock:
            return
        earlier_s = (self._last_s, *times_s)
        pairs = zip((before, *epochs), earlier_s, times_s, strict=False)
        self.after += [epoch for epoch, early_s, time_s in pairs if time_s < early_s]
        self._last_s = times_s[-1]
