"""How busy the cores are, and how much of that is not ours."""

from __future__ import annotations

import os
import time
from pathlib import Path


def read_busy_s() -> float:
    """Return how long all cores of this host have computed since it started; 0 where untold."""
    try:
        with Path("/proc/stat").open() as file:
            user, nice, system, _, _, irq, softirq = map(int, file.readline().split()[1:8])
    except (OSError, ValueError):
        return 0.0
    return float(user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


class CpuMeter:
    """Counts what others compute while it is entered; what was not waited for is no child."""

    def __init__(self) -> None:
        self._busy_s = self._own_s = self._elapsed_s = 0.0

    @property
    def others(self) -> float | None:
        """Return how many cores others kept busy; None before anything was counted."""
        if not self._elapsed_s:
            return None
        return max(0.0, (self._busy_s - self._own_s) / self._elapsed_s)

    def __enter__(self) -> None:
        self._add(-1)

    def __exit__(self, *_: object) -> None:
        self._add(1)

    def _add(self, sign: int) -> None:
        self._busy_s += sign * read_busy_s()
        self._own_s += sign * sum(os.times()[:4])
        self._elapsed_s += sign * time.monotonic()
