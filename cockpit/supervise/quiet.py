"""A job that lives and does nothing that can be seen: noticed, said, and left alone."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cockpit.files import stamp
from cockpit.units import duration

USUAL_S: Final = 600.0
"""Compiling, caching a data set or a long validation are silent for minutes."""
VARIABLE: Final = "COCKPIT_QUIET_S"
PATIENCE: Final = 4.0
"""A pause this much longer than the longest before it is none of the usual ones."""


@dataclass
class QuietWatch:
    """Since when nothing new was seen of a job: no log line, no results, no checkpoint."""

    files: tuple[Path, ...]
    limit_s: float
    since: float
    """Monotonic seconds."""
    longest_s: float = 0.0
    seen: tuple[str | None, ...] = ()

    def look(self, now: float, gpu_words: str | None = None) -> str | None:
        """Return what to say about the silence, or None while it is none.

        `gpu_words` say what the GPUs do meanwhile, such as `8 GPUs at 0 %`.
        """
        seen = tuple(map(stamp, self.files))
        if seen != self.seen:
            if self.seen:
                self.longest_s = max(self.longest_s, now - self.since)
            self.seen, self.since = seen, now
            return None
        silent_s = now - self.since
        if silent_s < max(self.limit_s, PATIENCE * self.longest_s):
            return None
        evidence = f", {gpu_words}" if gpu_words else ""
        return f"no output, results or checkpoint for {duration(silent_s)}{evidence}: it may hang"


def has_limit() -> bool:
    """Say whether the user set after how long a silence is said."""
    return bool(os.environ.get(VARIABLE))


def limit_from_environment() -> float:
    """Return after how many seconds a silence is said: COCKPIT_QUIET_S, or ten minutes."""
    try:
        limit_s = float(os.environ.get(VARIABLE, ""))
    except ValueError:
        return USUAL_S
    return limit_s if limit_s > 0 else USUAL_S
