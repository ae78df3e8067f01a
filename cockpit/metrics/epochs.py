"""Growing curves by epoch, of which a resume can take back the end."""

from __future__ import annotations

from array import array
from bisect import bisect_left


class Curve:
    """One metric while it grows: 16 bytes a value, epochs rising."""

    def __init__(self) -> None:
        self.epochs = array("d")
        self.values = array("d")

    def put(self, epoch: float, value: float) -> None:
        """Add a value; a second one for the last epoch replaces the first."""
        if self.epochs and epoch <= self.epochs[-1]:
            self.cut(epoch)
        self.append(epoch, value)

    def append(self, epoch: float, value: float) -> None:
        """Add a value for an epoch that is known to lie after the last."""
        self.epochs.append(epoch)
        self.values.append(value)

    def cut(self, epoch: float) -> None:
        """Drop what lies at `epoch` and after."""
        end = bisect_left(self.epochs, epoch)
        del self.epochs[end:], self.values[end:]


class TrainingClock:
    """Seconds of training up to the end of each epoch, joined over resumed parts.

    A trainer's own clock starts again near 0 at every resume. What a resume repeats counts
    once, with its second time: else an epoch done twice would look twice as long.
    """

    def __init__(self) -> None:
        self._ends = Curve()
        self._offset_s = 0.0
        self._last_s = 0.0

    def put(self, epoch: float, time_s: float) -> None:
        """Note that the trainer's clock showed `time_s` when `epoch` ended."""
        self._ends.cut(epoch)
        before_s = self._ends.values[-1] if self._ends.values else 0.0
        if time_s < self._last_s:
            self._offset_s = before_s
        self._last_s = time_s
        self._ends.put(epoch, max(before_s, self._offset_s + time_s))

    def add(self, epoch: float, length_s: float) -> None:
        """Note that `epoch` took `length_s`, for trainers that print each epoch's own time."""
        self._ends.cut(epoch)
        before_s = self._ends.values[-1] if self._ends.values else 0.0
        self._ends.put(epoch, before_s + length_s)

    def cut(self, epoch: float) -> None:
        """Forget `epoch` and what came after it."""
        self._ends.cut(epoch)

    def ends(self, shift: int) -> tuple[tuple[int, float], ...]:
        """Return (epoch + shift, seconds) for whole epochs."""
        return tuple(
            (int(epoch) + shift, time_s)
            for epoch, time_s in zip(self._ends.epochs, self._ends.values, strict=True)
            if epoch.is_integer()
        )
