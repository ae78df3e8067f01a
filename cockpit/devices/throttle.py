"""Why a GPU runs slower than it could, in words."""

from __future__ import annotations

from enum import IntFlag
from typing import Final


class Throttle(IntFlag):
    """What holds the clock down: the bits of NVML's clock event reasons (nvml.h, driver 570)."""

    NONE = 0
    IDLE = 0x1
    APPLICATION_CLOCKS = 0x2
    POWER_CAP = 0x4
    """The power limit: normal on a busy card."""
    HW_SLOWDOWN = 0x8
    SYNC_BOOST = 0x10
    SW_THERMAL = 0x20
    HW_THERMAL = 0x40
    POWER_BRAKE = 0x80
    """The power supply of the box asks for less."""
    DISPLAY_CLOCKS = 0x100


ALARMING: Final = (
    Throttle.HW_SLOWDOWN | Throttle.SW_THERMAL | Throttle.HW_THERMAL | Throttle.POWER_BRAKE
)
"""What somebody should look at; a power cap alone is how a busy card runs."""
THERMAL: Final = Throttle.SW_THERMAL | Throttle.HW_THERMAL

_WORDS: Final = {
    Throttle.POWER_BRAKE: "power brake",
    Throttle.HW_THERMAL: "too hot, hardware slowdown",
    Throttle.SW_THERMAL: "too hot, driver slowdown",
    Throttle.HW_SLOWDOWN: "hardware slowdown",
    Throttle.POWER_CAP: "power cap",
    Throttle.SYNC_BOOST: "sync boost",
    Throttle.APPLICATION_CLOCKS: "application clocks",
    Throttle.DISPLAY_CLOCKS: "display clocks",
    Throttle.IDLE: "idle",
}
"""Worst first."""


def throttle_words(throttle: int) -> tuple[str, ...]:
    """Return what holds the clock down, worst first; bits that nobody knows as `reason 0x400`."""
    rest = throttle & ~sum(_WORDS)
    if throttle & (Throttle.HW_THERMAL | Throttle.POWER_BRAKE):
        throttle &= ~Throttle.HW_SLOWDOWN  # the driver sets it with each of them
    known = tuple(words for bit, words in _WORDS.items() if throttle & bit)
    return (*known, f"reason {rest:#x}") if rest else known
