"""Whether a time in a trainer's results counts from its start, or is a date."""

from __future__ import annotations

from array import array
from typing import Final

A_DATE_S: Final = 10**8
"""So many seconds or more are a date: no training takes that long."""


def split_time(time: float | None) -> tuple[float | None, float | None]:
    """Return (seconds since the start, epoch seconds): a time is one of them."""
    is_date = time is not None and time >= A_DATE_S
    return (None, time) if is_date else (time, None)


def split_times(
    times: array[float] | None,
) -> tuple[array[float] | None, array[float] | None] | None:
    """Return the same of a column, by its first time; None where dates do not go on as dates."""
    if times is None or not times[0] >= A_DATE_S:
        return times, None
    return (None, times) if all(map(float(A_DATE_S).__le__, times)) else None
