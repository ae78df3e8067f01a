"""When a run will end, in words that both faces say. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from cockpit.units import DAY_S, MINUTE_S, duration

if TYPE_CHECKING:
    from cockpit.analysis.eta import Eta

SOON_S: Final = 2 * MINUTE_S
"""Up to here a clock of whole minutes says less than the range."""
BRIEF_S: Final = 10 * MINUTE_S
"""What begins now and takes no longer needs no clock: its length says it, and finer."""
A_WEEK_S: Final = 6 * DAY_S
"""Beyond, the name of a day could be that of another week."""
A_YEAR_S: Final = 360 * DAY_S
"""Beyond, a day and its month could be those of another year."""
A_CENTURY_S: Final = 100 * 365 * DAY_S
"""Beyond, a date says nothing, and the calendar ends somewhere."""
FINISHING: Final = "finishing"
"""Said of a run that has done all its epochs and still works: it validates, saves, leaves."""
FAR: Final = "in over a century"


def end_clock(end_s: float, now_s: float) -> str:
    """Return `21:05`, `Sat 02:40`; `28 Nov` or `28 Nov 2031` when that is far.

    Another day is named even where it is near: a bare 05:31 of tomorrow reads as this morning's.
    """
    away_s = abs(end_s - now_s)
    if not away_s < A_CENTURY_S:  # nor is what is no number
        return FAR
    moment = datetime.fromtimestamp(end_s).astimezone()
    if away_s < A_WEEK_S:
        return f"{moment:%H:%M}" if is_today(end_s, now_s) else f"{moment:%a %H:%M}"
    day = f"{moment.day} {moment:%b}"
    return day if away_s < A_YEAR_S else f"{day} {moment.year}"


def is_today(end_s: float, now_s: float) -> bool:
    """Say whether a moment lies on this day, by the local calendar."""
    if not abs(end_s - now_s) < DAY_S:
        return False
    moment, now = (datetime.fromtimestamp(one_s).astimezone() for one_s in (end_s, now_s))
    return moment.date() == now.date()


def end_in_full(eta: Eta, now_s: float) -> str:
    """Return `ends 21:05 (in 2h 10m, 20:58–21:20)`, or `ends in 48 s (30 s–1m 10s)` if soon.

    Once all is trained it is `finishing, ≈ 8 s left (5 s–12 s)`.
    """
    if eta.is_finishing:
        words = finishing(eta)
        return f"{words} ({span_left(eta)})" if words != FINISHING else words
    verb = "ends by" if eta.may_stop_early else "ends"
    left = duration(eta.remaining_s)
    if eta.remaining_s < SOON_S:
        return f"{verb.removesuffix(' by')} in {left} ({span_left(eta)})"
    return f"{verb} {end_clock(now_s + eta.remaining_s, now_s)} (in {left}, {span(eta, now_s)})"


def finishing(eta: Eta) -> str:
    """Return `finishing, ≈ 8 s left`; just `finishing` where nobody knows how long that takes."""
    left = duration(eta.remaining_s)
    return FINISHING if eta.remaining_s < 1 else f"{FINISHING}, ≈ {left} left"


def span(eta: Eta, now_s: float) -> str:
    """Return the range by the clock: `20:58–21:20`, `20:58–Sat 02:10`."""
    low, high = (end_clock(now_s + left_s, now_s) for left_s in (eta.low_s, eta.high_s))
    return low if low == high else f"{low}–{high}"


def span_left(eta: Eta) -> str:
    """Return the range as durations: `30 s–1m 10s`."""
    low, high = duration(eta.low_s), duration(eta.high_s)
    return low if low == high else f"{low}–{high}"
