"""Which row of a table by steps completes its epoch."""

from __future__ import annotations


class EpochEnd:
    """Learns it from the cells that are filled at the end of an epoch.

    A validation may also come in mid-epoch: once a row of the same epoch followed such a row, only
    one counts that comes as far into its epoch as the epoch before was long.
    """

    def __init__(self) -> None:
        self._epoch: float | None = None
        self._step = 0.0
        """The newest of this epoch."""
        self._before: float | None = None
        """The last step of the epoch before this one."""
        self._length: float | None = None
        """Steps of the epoch before this one."""
        self._was_filled = False
        self._is_trusted = True

    def sees(self, epoch: float, step: float, *, is_filled: bool) -> bool:
        """Take a row, and say whether it completes the epoch."""
        if epoch != self._epoch:
            self._begin(epoch)
        elif step <= self._step:
            is_filled = is_filled or (self._was_filled and step == self._step)
        elif self._was_filled:
            self._is_trusted = False
        self._step, self._was_filled = step, is_filled
        return is_filled and (self._is_trusted or self._is_as_long(step))

    def _begin(self, epoch: float) -> None:
        has_risen = self._epoch is not None and epoch > self._epoch
        self._length = self._step - self._before if has_risen and self._before is not None else None
        self._before = self._step if has_risen else None
        self._epoch = epoch

    def _is_as_long(self, step: float) -> bool:
        if self._before is None or self._length is None:
            return False
        return step - self._before >= self._length
