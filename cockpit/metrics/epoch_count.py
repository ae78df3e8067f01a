"""How a file counts its epochs, and how many of them are complete."""

from __future__ import annotations

import math
from collections.abc import Sequence


class EpochCount:
    """Knows the first and the newest epoch of all rows, as the file counts."""

    def __init__(self) -> None:
        self.last: float | None = None
        self._first: float | None = None
        self._part: float | None = None
        """The lowest epoch that is not a whole one."""
        self.is_done = False
        """The newest is complete."""

    @property
    def are_whole(self) -> bool:
        """True while no row lies within an epoch."""
        return self._part is None

    @property
    def shift(self) -> int:
        """1 for a file that counts from 0: it has an epoch 0, and whole epochs only."""
        return 1 if self._first == 0 and self._part is None else 0

    def note(self, epochs: Sequence[float], *, is_done: bool) -> None:
        """Take epochs that do not fall; `is_done`: the last of them is complete."""
        self._first = epochs[0] if self._first is None else self._first
        self.last, self.is_done = epochs[-1], is_done
        if self._part is None and not all(map(float.is_integer, epochs)):
            self._part = next(epoch for epoch in epochs if not epoch.is_integer())

    def cut(self, epoch: float) -> None:
        """Forget `epoch` and what came after it."""
        if self._first is not None and self._first >= epoch:
            self._first = None
        self.last = None if self._first is None or self.last is None else min(self.last, epoch)
        self.is_done = False
        if self._part is not None and self._part >= epoch:
            self._part = None

    def completed(self, shift: int) -> int | None:
        """Return the last complete epoch, 1-based; None where none is."""
        if self.last is None:
            return None
        is_within = self._part is None and not self.is_done
        completed = math.floor(self.last) + shift - is_within
        return completed if completed >= 1 else None
