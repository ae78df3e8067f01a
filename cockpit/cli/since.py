"""A moment as people write it after `--since`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from cockpit.errors import InputError

_AGO: Final = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*([smhd])")
_CLOCK: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
_UNITS_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_since(text: str, now_s: float) -> float:
    """Return seconds since the epoch for `10m`, `18:40` or `2026-11-20T18:40`.

    A time of day is the last one that was; without a zone it is this machine's. Raises InputError.
    """
    text = text.strip()
    if ago := _AGO.fullmatch(text):
        return now_s - float(ago[1]) * _UNITS_S[ago[2]]
    if clock := _CLOCK.fullmatch(text):
        now = datetime.fromtimestamp(now_s).astimezone()
        hour, minute, second = (int(part or 0) for part in clock.groups())
        then = now.replace(hour=hour, minute=minute, second=second, microsecond=0)
        return (then if then <= now else then - timedelta(days=1)).timestamp()
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except (ValueError, OverflowError, OSError):
        raise InputError(
            f"--since {text}: that is no time", "10m, 2h, 18:40 or 2026-11-20T18:40"
        ) from None
