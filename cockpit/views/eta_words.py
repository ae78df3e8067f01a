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
A_YEAR_S: Final = 360 * DAY_S
"""Beyond, a day and its month could be those of another year."""
A_CENTURY_S: Final = 100 * 365 * DAY_S
"""Beyond, a date says nothing, and the calendar ends somewhere."""
FAR: Final = "in over a century"


def end_clock(end_s: float, now_s: float) -> str:
    """Return `21:05`, `Sat 02:40`; `28 Nov` or `28 Nov 2031` when that is far."""
    away_s = abs(end_s - now_s)
    if away_s < A_WEEK_S:
        return clock(end_s, now_s)
    if not away_s < A_CENTURY_S:  # nor is what is no number
        return FAR
    moment = datetime.fromtimestamp(end_s).astimezone()
    day = f"{moment.day} {moment:%b}"
    return day if away_s < A_YEAR_S else f"{day} {moment.year}"


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
