"""How busy each device was in the last minutes, in steps of five seconds."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

STEP_S: Final = 5
STEPS_KEPT: Final = 60


class LoadHistory:
    """The mean load of each five seconds; a step in which nothing was read is None.

    The step that is still going on is not shown, except the very first one, so that a history
    changes every five seconds and not with every reading.
    """

    def __init__(self) -> None:
        self._means: deque[float | None] = deque(maxlen=STEPS_KEPT)
        self._step: int | None = None
        self._readings: list[float] = []

    @property
    def means(self) -> Sequence[float | None]:
        """One value a step, oldest first, in percent."""
        if not self._means and self._readings:
            return (self._readings[0],)
        return tuple(self._means)

    def add(self, now: float, load_pct: float | None) -> None:
        """Take a reading, or None where there was none, at `now` in epoch seconds."""
        step = int(now // STEP_S)
        if self._step is None or step < self._step:
            self._step = step
        if step > self._step:
            self._finish(step)
        if load_pct is not None:
            self._readings.append(load_pct)

    def _finish(self, step: int) -> None:
        assert self._step is not None
        mean = sum(self._readings) / len(self._readings) if self._readings else None
        self._means.append(mean)
        gap = min(step - self._step - 1, STEPS_KEPT)
        self._means.extend([None] * gap)
        self._step, self._readings = step, []
