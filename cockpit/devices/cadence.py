"""When which slow reading of a GPU is due, so that the driver is never asked too often (pure)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Final

CALLS_PER_S: Final = 8
"""What one GPU may cost in calls of the driver, fast and slow ones together."""
FIRST_CALLS: Final = 5
"""Slow readings that the first tick may take, so that a single look shows the important ones."""
LONGEST_GAP_S: Final = 10.0
"""A tick that comes later than this does not save up any more calls."""


class Slow(StrEnum):
    """Readings that change seldom, or cost the driver more; each is one call."""

    MIG_MODE = "mig mode"
    FIELDS = "fields"
    PCIE_GENERATION = "pcie generation"
    PCIE_WIDTH = "pcie width"
    FAN = "fan"
    PROCESS_SHARES = "process shares"
    CLOCK_MAX = "clock max"
    PCIE_GENERATION_MAX = "pcie generation max"
    PCIE_WIDTH_MAX = "pcie width max"
    SHUTDOWN_LIMIT = "shutdown limit"
    POWER_LIMIT = "power limit"
    NVLINK_STATES = "nvlink states"
    NVLINK_STATE = "nvlink state"
    ENERGY = "energy"
    PCIE_RX = "pcie rx"
    PCIE_TX = "pcie tx"
    PCIE_REPLAYS = "pcie replays"
    ECC_CORRECTED = "ecc corrected"
    ECC_UNCORRECTED = "ecc uncorrected"
    REMAPPED_ROWS = "remapped rows"
    RETIRED_PAGES = "retired pages"


ONCE_S: Final = 3600.0
"""The period of what hardly ever changes."""
PERIOD_S: Final[Mapping[Slow, float]] = {
    Slow.MIG_MODE: 20,
    Slow.FIELDS: 4,
    Slow.PCIE_GENERATION: 15,
    Slow.PCIE_WIDTH: 15,
    Slow.FAN: 15,
    Slow.PROCESS_SHARES: 5,
    Slow.CLOCK_MAX: ONCE_S,
    Slow.PCIE_GENERATION_MAX: ONCE_S,
    Slow.PCIE_WIDTH_MAX: ONCE_S,
    Slow.SHUTDOWN_LIMIT: ONCE_S,
    Slow.POWER_LIMIT: 60,
    Slow.NVLINK_STATES: 30,
    Slow.NVLINK_STATE: 8,  # one link of up to 18 each time
    Slow.ENERGY: 20,
    Slow.PCIE_RX: 15,
    Slow.PCIE_TX: 15,
    Slow.PCIE_REPLAYS: 30,
    Slow.ECC_CORRECTED: 30,
    Slow.ECC_UNCORRECTED: 30,
    Slow.REMAPPED_ROWS: 60,
    Slow.RETIRED_PAGES: 60,
}
"""How often each is wanted; the order is that of the first look.

Together they are wanted 1.16 times a second, fewer than `NEVER_ASKED` allows for with one call a
second: nothing starves.
"""
SLACK: Final = 0.02
"""A tick may come a little early; what is due by then must not wait for the next one."""
NEVER_ASKED: Final = 1.2
"""What was never asked counts as this many periods old: a first rate must not wait for it long."""
LONGEST_WITHOUT_S: Final = 1.0
"""Ticks shorter than a second leave no room; one slow reading a second is taken all the same."""


def slow_room(interval_s: float | None, calls_made: int, without_s: float) -> int:
    """Return how many slow readings fit into a tick whose fast readings took `calls_made`.

    `interval_s` is the time since the tick before, None in the first; `without_s` the time since
    the last slow reading.
    """
    if interval_s is None:
        return FIRST_CALLS
    # Rounded: a tick of 0.98 s that left no room would starve the slow readings for good.
    room = round(CALLS_PER_S * min(interval_s, LONGEST_GAP_S)) - calls_made
    least = 1 if interval_s < LONGEST_WITHOUT_S <= without_s else 0
    return max(room, least)


def slow_due(
    now_s: float, asked: Mapping[Slow, float], is_wanted: Callable[[Slow], bool], room: int
) -> tuple[Slow, ...]:
    """Return what to ask now, at most `room`, the most overdue first."""
    waits = {
        slow: (now_s - asked[slow]) / period_s if slow in asked else NEVER_ASKED
        for slow, period_s in PERIOD_S.items()
    }
    due = [slow for slow, wait in waits.items() if wait >= 1 - SLACK]
    due.sort(key=lambda slow: -waits[slow])
    return tuple(islice(filter(is_wanted, due), max(room, 0)))


@dataclass(frozen=True, slots=True)
class Count:
    """A counter of the driver as it stood at a time."""

    value: float
    time: float
    """On the monotonic clock."""


def rate_per_s(before: Count | None, after: Count) -> float | None:
    """Return how fast a counter rose; None for the first look, and for one that went back."""
    if before is None or after.time <= before.time or after.value < before.value:
        return None
    return (after.value - before.value) / (after.time - before.time)
