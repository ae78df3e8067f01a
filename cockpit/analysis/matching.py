"""Which wordings fit a text, quickly: 8 MiB of a log take a fraction of a second. Pure.

The lines of a log differ mostly in their numbers. Without those few shapes are left, and each is
compared with the plain texts of the table only once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from cockpit.analysis.patterns import PATTERNS, Pattern, Weight

Found = tuple[Pattern, Mapping[str, str]]
"""A row and what its groups caught."""

_TIMES: Final = re.compile(r"_\d$")
_NUMBERS: Final = {ord(sign): None for sign in "0123456789█━─"}
_PARTS: Final = (
    *("rror", "raceback", "xcept", "nterrupt", "Exit", "Empty", "Full", "Warning", "Timeout"),
    *("Fail", "Root Cause", "failed (exitcode", "-- Process", "During handling", "above exc"),
    *("Iteration", "Group", "Killed", "Signal", "Abort", "Expired", "NotFound", "Fault"),
)
"""What tracebacks and torchrun's report consist of."""


def is_interesting(text: str) -> bool:
    """Say whether a line may tell of a failure; the others are not looked at again."""
    return _is_interesting(text.translate(_NUMBERS))


def has_row(text: str) -> bool:
    """Say whether any wording may fit."""
    return bool(_rows(text.translate(_NUMBERS)))


def match(text: str, block: str, *, hints: bool = False) -> Found | None:
    """Return the first row that fits a text; `block` is where its `beside` is looked for."""
    for pattern in _rows(text.translate(_NUMBERS)):
        if (pattern.weight is Weight.HINT) is not hints:
            continue
        found = pattern.expression.search(text)
        if found and (pattern.beside is None or pattern.beside.search(block)):
            return pattern, _facts(found)
    return None


def _facts(found: re.Match[str]) -> dict[str, str]:
    return {_TIMES.sub("", name): value for name, value in found.groupdict().items() if value}


@lru_cache(maxsize=1 << 14)
def _is_interesting(shape: str) -> bool:
    for part in _PARTS:  # a plain loop: any() with a generator takes three times as long
        if part in shape:
            return True
    return bool(_rows(shape))


@lru_cache(maxsize=1 << 12)
def _rows(shape: str) -> tuple[Pattern, ...]:
    """Return the rows of which a plain text stands in what is left without numbers."""
    found = set()
    for needle in _NEEDLES:
        if needle in shape:
            found |= _NEEDLES[needle]
    return tuple(PATTERNS[index] for index in sorted(found))


def _needles() -> dict[str, set[int]]:
    """Return each plain text with the rows that it belongs to."""
    found: dict[str, set[int]] = {}
    for index, pattern in enumerate(PATTERNS):
        for needle in pattern.needles:
            found.setdefault(needle.translate(_NUMBERS), set()).add(index)
    return found


_NEEDLES: Final = _needles()
