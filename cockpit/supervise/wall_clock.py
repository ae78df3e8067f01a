"""The clock of the wall, which people set, beside the time that really went by."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Final

from cockpit.runs.record import StateRecord

CLOCK_STEP_S: Final = 2.0
"""The clock went by so much more or less than time did: it was set, or the machine slept."""


class WallClock:
    """Notices when the clock is set."""

    def __init__(self) -> None:
        self._ahead = time.time() - time.monotonic()

    def step(self) -> float | None:
        """Return by how many seconds the clock was set since the last look, or None."""
        ahead = time.time() - time.monotonic()
        step = ahead - self._ahead
        self._ahead = ahead
        return step if abs(step) >= CLOCK_STEP_S else None


def shifted(state: StateRecord, step_s: float) -> StateRecord:
    """Return a state whose beginnings are told by a clock that was set by `step_s`."""
    started, attempt_started = state.started, state.attempt_started
    return replace(
        state,
        started=None if started is None else round(started + step_s, 3),
        attempt_started=None if attempt_started is None else round(attempt_started + step_s, 3),
    )
