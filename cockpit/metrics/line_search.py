"""The patterns of a grammar while a log is read: one that takes too long is used no more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from cockpit.expressions import TooSlow
from cockpit.metrics.log_grammar import LinePattern

LONGEST_FRAME: Final = 2048
"""No pattern is shown more of a line than this: its cost may grow with the square of it."""


class LineSearch:
    """Finds what a frame tells by patterns, of which the first that fits counts."""

    def __init__(self, lines: Sequence[LinePattern]) -> None:
        self._lines = tuple(lines)
        self._slow: list[LinePattern] = []

    def first(self, frame: str) -> tuple[LinePattern, Mapping[str, str | None]] | None:
        """Return the pattern that counts for a frame, and what its groups hold."""
        return next(self.all(frame), None)

    def all(self, frame: str) -> Iterator[tuple[LinePattern, Mapping[str, str | None]]]:
        """Return every pattern that fits a frame, and what its groups hold."""
        for line in self._lines:
            try:
                found = line.search(frame)
            except TooSlow:
                self._slow.append(line)
                self._lines = tuple(one for one in self._lines if one is not line)
            else:
                if found is not None:
                    yield line, found.groupdict()

    @property
    def problem(self) -> str | None:
        """What is used no more, if anything."""
        if not self._slow:
            return None
        places = ", ".join(line.place for line in self._slow)
        return f"{places}: the pattern takes too long on a line of the log and is used no more"
