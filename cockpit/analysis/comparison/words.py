"""Differences as people read them."""

from __future__ import annotations

from typing import Final

from cockpit.analysis.comparison.standing import ComparedMetric, relative
from cockpit.metrics.series import Point
from cockpit.units import MISSING, metric

MINUS: Final = "−"
MOST_PERCENT: Final = 1e6
"""From here on a percentage is told by its power of ten."""


def writable(text: str) -> str:
    r"""Return a text that UTF-8 can hold: the bytes of a name that is none as `\udcff`."""
    return text.encode(errors="backslashreplace").decode()


def signed(value: float, digits: int) -> str:
    """Return `+2.3` or `−2.3`; what rounds to nothing has no sign."""
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return f"{'+' if value > 0 else MINUS}{text}"


def points(delta: float) -> str:
    """Return a difference of shares in percentage points: `+2.3 points`."""
    return f"{_points(delta)} points"


def percent_change(share: float | None) -> str:
    """Return a relative difference: `+5.5 %`."""
    if share is None:
        return MISSING
    if abs(100 * share) >= MOST_PERCENT:
        return f"{'+' if share > 0 else MINUS}{abs(100 * share):.3g} %"
    return f"{signed(100 * share, 1 if abs(share) < 1 else 0)} %"


def amount(one: ComparedMetric, delta: float) -> str:
    """Return how much, without a sign: `2.3 points` of a share, else in the metric's own unit."""
    return points(abs(delta)).lstrip("+") if one.is_share else metric(abs(delta))


def delta_words(one: ComparedMetric, delta: float | None, base: float | None) -> str:
    """Return a difference, short: `+2.3 points` of a share, else `−2.4 %`."""
    if delta is None:
        return MISSING
    if one.is_share:
        return points(delta)
    share = relative(delta, base)
    return percent_change(share) if share is not None else _plain(delta)


def both_deltas(one: ComparedMetric, delta: float | None, base: float | None) -> str:
    """Return a difference in points and relative: `+2.3 points (+5.5 %)`."""
    short = delta_words(one, delta, base)
    share = relative(delta, base)
    if delta is None or share is None:
        return short
    if one.is_share:
        return f"{short} ({percent_change(share)})"
    return f"{_plain(delta)} ({short})"


def at(point: Point | None) -> str:
    """Return a value and where it stands: `0.612 @48`."""
    return MISSING if point is None else f"{metric(point.value)} @{point.x:g}"


def _points(delta: float) -> str:
    """Return percentage points, with a second digit where one would hide a small difference."""
    return signed(100 * delta, 2 if 0 < abs(delta) < 0.001 else 1)


def _plain(delta: float) -> str:
    sign = "+" if delta > 0 else MINUS if delta < 0 else ""
    return f"{sign}{metric(abs(delta))}"
