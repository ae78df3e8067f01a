"""The newest words of a log: what the run is doing inside its epoch."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cockpit.files import read_end
from cockpit.metrics.log_lines import clean

END_BYTES: Final = 8 << 10


def last_words(log: Path) -> tuple[int, tuple[str, ...]]:
    """Return the log's size and its last lines, cleaned, empty ones left out; oldest first."""
    try:
        size, text = read_end(log, END_BYTES)
    except OSError:
        return 0, ()
    lines = [clean(line) for line in text.split("\n")]
    return size, tuple(line for line in lines if line.strip())
