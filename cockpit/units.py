"""Numbers as people read them; the only place where GiB, minutes and clock times are born.

A missing value is `–` everywhere. Memory is binary (GiB), rates are decimal.
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import Final

MISSING: Final = "–"
MINUTE_S: Final = 60
HOUR_S: Final = 3600
DAY_S: Final = 86400
GIB: Final = 1 << 30
MIB: Final = 1 << 20
KIB: Final = 1 << 10


def duration(seconds: float | None) -> str:
    """Return `48 s`, `12 min`, `1h 39m` or `2d 04h`."""
    if seconds is None or not math.isfinite(seconds):
        return MISSING
    whole = round(seconds)
    if whole < MINUTE_S:
        return f"{max(whole, 0)} s"
    if whole < HOUR_S:
        return f"{whole // MINUTE_S} min" if whole >= 10 * MINUTE_S else minutes_seconds(whole)
    if whole < DAY_S:
        return f"{whole // HOUR_S}h {whole % HOUR_S // MINUTE_S:02d}m"
    return f"{whole // DAY_S}d {whole % DAY_S // HOUR_S:02d}h"


def short_duration(seconds: float | None) -> str:
    """Return a time of any size, two digits of it where it is short: `4.1 ms`, `3.2 s`, `12 s`."""
    if seconds is None or not math.isfinite(seconds):
        return MISSING
    if not 0 < seconds < 0.9995:
        return f"{seconds:.1f} s" if seconds < 9.95 else duration(seconds)
    ms = 1000 * seconds
    return f"{ms:.2g} ms" if ms < 9.95 else f"{ms:.0f} ms"


def minutes_seconds(whole: int) -> str:
    """Return `3m 05s`."""
    return f"{whole // MINUTE_S}m {whole % MINUTE_S:02d}s"


def margin(seconds: float) -> str:
    """Return a `±` in one unit: `4 s`, `6 min`, `1 h`, `2 d`."""
    if seconds < MINUTE_S:
        return f"{max(1, round(seconds))} s"
    if seconds < HOUR_S:
        return f"{round(seconds / MINUTE_S)} min"
    if seconds < DAY_S:
        return f"{round(seconds / HOUR_S)} h"
    return f"{round(seconds / DAY_S)} d"


def clock(epoch_s: float | None, now_s: float) -> str:
    """Return a local time of day, with the weekday when it is over a day from `now_s`.

    A moment beyond the calendar, or none, is missing.
    """
    if epoch_s is None:
        return MISSING
    try:
        moment = datetime.fromtimestamp(epoch_s).astimezone()
    except (OverflowError, OSError, ValueError):
        return MISSING
    return moment.strftime("%H:%M" if abs(epoch_s - now_s) < DAY_S else "%a %H:%M")


def clock_second(epoch_s: float) -> str:
    """Return a local time of day to the second: `18:43:07`."""
    return datetime.fromtimestamp(epoch_s).astimezone().strftime("%H:%M:%S")


def binary(size_bytes: float | None) -> str:
    """Return a size: `212 GiB`, `5.4 MiB`, `640 B`."""
    if size_bytes is None:
        return MISSING
    for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if size_bytes >= unit:
            value = size_bytes / unit
            return f"{value:.0f} {name}" if value >= 100 else f"{value:.1f} {name}"
    return f"{size_bytes:.0f} B"


def gib(size_bytes: float | None, *, decimals: int = 1) -> str:
    """Return a size in GiB without its unit, for table columns: `6.1`."""
    return MISSING if size_bytes is None else f"{size_bytes / GIB:.{decimals}f}"


def percent(value_pct: float | None) -> str:
    """Return `86%`."""
    return MISSING if value_pct is None else f"{value_pct:.0f}%"


def metric(value: float | None) -> str:
    """Return three digits that matter: `0.408`, `0.00140`, `1.08`, `12.4k`, `3.28e-05`."""
    if value is None:
        return MISSING
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 1e15:
        return f"{value:.2e}"
    for scale, suffix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if size >= scale:
            divisor = 1e3 if suffix == "k" else scale
            return f"{value / divisor:.3g}{suffix}"
    size = float(f"{size:.2e}")  # rounded first: 0.9996 is 1.00, not 1.000
    if size < 1e-3:
        return f"{value:.2e}"
    decimals = 2 - math.floor(math.log10(size))
    return f"{value:.{max(0, decimals)}f}"


def rate(per_s: float | None, what: str = "img") -> str:
    """Return `1,412 img/s`."""
    if per_s is None:
        return MISSING
    return f"{per_s:,.0f} {what}/s" if per_s >= 10 else f"{per_s:.1f} {what}/s"


def age(seconds: float) -> str:
    """Return `now` for a fresh reading (under 3 s), else `14 s old`."""
    return "now" if seconds < 3 else f"{duration(seconds)} old"
