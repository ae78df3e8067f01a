"""Whether a training went on after something had been said. Pure."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Final

from cockpit.analysis.log_line import PROGRESS, SUCCESS, LogLine

HANDLED_AFTER: Final = 3
"""So many lines of progress say that it went on, where nothing says that it failed."""
HANDLED_IN_FAILED_AFTER: Final = 20
"""The same for one that failed in the end: other ranks print a little longer."""
_PARTS: Final = ("poch", "POCH", "oss", "OSS", "%", "/s", "heckpoint", "raining", "one", "sults")
"""Nothing that the two expressions want is without one of these; most other lines are."""


def last_progress(lines: Sequence[LogLine], covered: Container[int] = ()) -> list[int]:
    """Return where the last lines of progress stand, the last one first; enough of them to judge.

    The word that all is done counts as three. `covered` lines belong to exceptions.
    """
    found: list[int] = []
    for at in range(len(lines) - 1, -1, -1):
        text = lines[at].text
        if at in covered or not any(part in text for part in _PARTS):
            continue
        if PROGRESS.search(text):
            found.append(at)
        elif SUCCESS.search(text):
            found += [at] * HANDLED_AFTER
        if len(found) >= HANDLED_IN_FAILED_AFTER:
            break
    return found


def went_on(progress: Sequence[int], at: int, limit: int) -> bool:
    """Say whether at least `limit` lines of progress stand behind a line."""
    return len(progress) >= limit and progress[limit - 1] > at
