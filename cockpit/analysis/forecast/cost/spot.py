"""What interruptions and session limits add to a training. Pure.

Whatever ends a host, a new start-up follows, and all since the last checkpoint is done again: half
of what lies between two checkpoints, on average.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from cockpit.analysis.forecast.band import Band
from cockpit.analysis.forecast.fitting.fit import NINE_OF_TEN
from cockpit.analysis.forecast.result import TimeForecast

ASSUMED_INTERRUPTIONS_PER_HOUR: Final = 0.05
"""Of a spot host whose row tells none: once in 20 hours."""
ASSUMED_WITHIN: Final = 4.0
"""By this factor the assumption may be wrong."""
_NOTICEABLE: Final = 1e-9
_NEVER: Final = 20.0
"""Breaks from one checkpoint to the next, at which no run comes to its end."""
_HOUR_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Prolonged:
    """A training with its breaks."""

    total_s: Band
    """Infinite where it never ends: each break costs more than what lies between two."""
    breaks: Band
    """How many times it starts again."""


@dataclass(frozen=True, slots=True)
class Break:
    """What one break costs, in seconds."""

    start_s: float
    interval_s: float
    """From one checkpoint to the next."""

    @property
    def lost_s(self) -> float:
        """What is done again, on average."""
        return self.interval_s / 2

    @property
    def cost_s(self) -> float:
        """Both together."""
        return self.start_s + self.lost_s


def break_of(time: TimeForecast, checkpoint_every_s: float | None) -> Break:
    """Return what a break costs; without an interval a checkpoint is written each epoch."""
    interval_s = time.epoch_s.likely if checkpoint_every_s is None else checkpoint_every_s
    return Break(time.start_s.likely, min(interval_s, time.total_s.likely))


def with_interruptions(total_s: Band, per_hour: Band, one: Break) -> Prolonged:
    """Return a training on hosts that are taken away so often.

    Breaks come at random, so their number and what each costs are uncertain even where their rate
    is known.
    """
    low, likely, high = (
        _interrupted(end_s, rate, one, sigmas)
        for end_s, rate, sigmas in (
            (total_s.low, per_hour.low, -NINE_OF_TEN),
            (total_s.likely, per_hour.likely, 0.0),
            (total_s.high, per_hour.high, NINE_OF_TEN),
        )
    )
    return Prolonged(
        Band(low[0], max(low[0], likely[0]), max(low[0], likely[0], high[0])),
        Band(low[1], max(low[1], likely[1]), max(low[1], likely[1], high[1])),
    )


def _interrupted(total_s: float, per_hour: float, one: Break, sigmas: float) -> tuple[float, float]:
    """Return time and breaks, which come at random and at a constant rate.

    Until an interval is done without a break takes (1 / rate + start) x (e^(rate x interval) - 1)
    on average (Daly, 2006): for rare breaks rate x time of them, each with a start and half of it.
    """
    interval_s, rate = min(one.interval_s, total_s), per_hour / _HOUR_S
    doubt = rate * interval_s
    if doubt < _NOTICEABLE:
        return total_s, 0.0
    if doubt > _NEVER:
        return math.inf, math.inf
    again = math.expm1(doubt)
    more = total_s * ((again / doubt - 1) + one.start_s * again / interval_s)
    expected = rate * (total_s + more)
    # Until an interval is done, breaks are geometric: their variance is e^doubt times their number.
    # What each costs differs too: it comes anywhere between two checkpoints.
    squares = (again + 1) * (more / expected) ** 2 + interval_s**2 / 12
    breaks = max(0.0, expected + sigmas * math.sqrt(expected * (again + 1)))
    return total_s + max(0.0, more + sigmas * math.sqrt(expected * squares)), breaks


def with_sessions(total_s: Band, session_s: float, one: Break) -> Prolonged:
    """Return a training in sessions of so many seconds; its last one loses nothing."""
    low, likely, high = (
        _in_sessions(end_s, session_s, one) for end_s in (total_s.low, total_s.likely, total_s.high)
    )
    return Prolonged(Band(low[0], likely[0], high[0]), Band(low[1], likely[1], high[1]))


def _in_sessions(total_s: float, session_s: float, one: Break) -> tuple[float, float]:
    if total_s <= session_s:
        return total_s, 0.0
    gained_s = session_s - one.cost_s
    if gained_s <= 0 or math.isinf(total_s):
        return math.inf, math.inf
    breaks = math.ceil((total_s - session_s) / gained_s)
    return total_s + breaks * one.cost_s, float(breaks)
