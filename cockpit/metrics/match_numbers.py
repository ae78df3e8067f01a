"""What the groups of a match say, as numbers: a person's own pattern may capture anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MOST: Final = 10**12
"""A number from here on counts nothing that a training has."""
_LONGEST: Final = 400
"""More characters than this are no number."""


def number_of(groups: Mapping[str, str | None], name: str) -> float | None:
    """Return the number in a group, NaN and infinity included; None for anything else."""
    text = groups.get(name)
    if text is None or len(text) > _LONGEST:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def whole_of(groups: Mapping[str, str | None], name: str, most: int = MOST) -> int | None:
    """Return the count in a group, also one written `12,800`; None for anything else."""
    text = (groups.get(name) or "").strip().replace(",", "")
    if not text.isdecimal() or len(text) > _LONGEST:
        return None
    number = int(text)
    return number if number < most else None
