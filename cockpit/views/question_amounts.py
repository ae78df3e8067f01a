"""Amounts of money, counts and moments as people type them after a flag."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from typing import Final

from cockpit.errors import InputError

MOST_MONEY: Final = 1e9
LONGEST_S: Final = 10 * 365 * 86_400
_SPAN: Final = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*(s|min|m|h|d)")
_UNITS_S: Final = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}
_CLOCK: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def parse_money(text: str, flag: str, what: str) -> float:
    """Return an amount from 0 on; raises InputError."""
    number = _number(text.strip().removeprefix("$"))
    if number is None:
        raise InputError(f"{flag} {text}: must be an amount, {what}", f"{flag} 1.10")
    if not 0 <= number <= MOST_MONEY:
        raise InputError(f"{flag} {text}: must be from 0 to {MOST_MONEY:,.0f}", f"{flag} 1.10")
    return number


def parse_count(text: str, flag: str, what: str, most: int) -> int:
    """Return a whole number from 1 to `most`; raises InputError."""
    number = _number(text)
    if number is None or not number.is_integer():
        raise InputError(f"{flag} {text}: must be a whole number of {what}", f"{flag} 1")
    if not 1 <= number <= most:
        raise InputError(f"{flag} {text}: must be from 1 to {most:,} {what}", f"{flag} 1")
    return int(number)


def parse_deadline(text: str, now_s: float) -> float:
    """Return how many seconds are left until `8h`, the next `18:00`, or `2026-11-23T18:00`.

    Without a zone a moment is this machine's. Raises InputError.
    """
    left_s = _left_s(text.strip().lower(), now_s)
    remedy = "--deadline 8h, 18:00 or 2026-11-23T18:00"
    if left_s is None:
        raise InputError(f"--deadline {text}: that is no time", remedy)
    if left_s <= 0:
        raise InputError(f"--deadline {text}: that is over", remedy)
    if left_s > LONGEST_S:
        raise InputError(f"--deadline {text}: that is over ten years away", remedy)
    return left_s


def _left_s(text: str, now_s: float) -> float | None:
    if span := _SPAN.fullmatch(text):
        return float(span[1]) * _UNITS_S[span[2]]
    now = datetime.fromtimestamp(now_s).astimezone()
    if clock := _CLOCK.fullmatch(text):
        then = now.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
        return ((then if then > now else then + timedelta(days=1)) - now).total_seconds()
    try:
        return datetime.fromisoformat(text).astimezone().timestamp() - now_s
    except (ValueError, OverflowError, OSError):
        return None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
