"""When a run will end, in words that both faces say. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from cockpit.units import DAY_S, MINUTE_S, clock, duration

if TYPE_CHECKING:
    from cockpit.analysis.eta import Eta

SOON_S: Final = 2 * MINUTE_S
"""Up to here a clock of whole minutes says less than the range."""
A_WEEK_S: Final = 6 * DAY_S
"""Beyond, the name of a day could be that of another week."""


def end_clock(end_s: float, now_s: float) -> str:
    """Return `21:05`, `Sat 02:40`, or `28 Nov` when that is far."""
    if abs(end_s - now_s) < A_WEEK_S:
        return clock(end_s, now_s)
    moment = datetime.fromtimestamp(end_s).astimezone()
    return f"{moment.day} {moment:%b}"


def end_in_full(eta: Eta, now_s: float) -> str:
    """Return `ends 21:05 (in 2h 10m, 20:58–21:20)`, or `ends in 48 s (30 s–1m 10s)` if soon."""
    verb = "ends by" if eta.may_stop_early else "ends"
    left = duration(eta.remaining_s)
    if eta.remaining_s < SOON_S:
        return f"{verb.removesuffix(' by')} in {left} ({span_left(eta)})"
    return f"{verb} {end_clock(now_s + eta.remaining_s, now_s)} (in {left}, {span(eta, now_s)})"


def span(eta: Eta, now_s: float) -> str:
    """Return the range by the clock: `20:58–21:20`, `20:58–Sat 02:10`."""
    low, high = (end_clock(now_s + left_s, now_s) for left_s in (eta.low_s, eta.high_s))
    return low if low == high else f"{low}–{high}"


def span_left(eta: Eta) -> str:
    """Return the range as durations: `30 s–1m 10s`."""
    low, high = duration(eta.low_s), duration(eta.high_s)
    return low if low == high else f"{low}–{high}"
