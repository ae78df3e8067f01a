"""What readers of lines share: a table is built once for what came, and blocks are tried whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cockpit.metrics.series import MetricTable

BLOCK: Final = 256
"""So many lines are tried at once: few enough to take them singly when one of them is odd."""


class TableReader:
    """Takes lines singly where they cannot be taken together; a reader of a kind says how."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget everything."""
        self._table: MetricTable | None = None

    def feed(self, lines: Sequence[str]) -> None:
        """Take whole lines; what cannot be read is skipped or named in `table().problem`."""
        if lines:
            self._table = None
        for start in range(0, len(lines), BLOCK):
            block = lines[start : start + BLOCK]
            if any(line[:1] == "\0" for line in block):  # a file that was cut while written
                block = [line.lstrip("\0") for line in block]
            if not self._take_block(block):
                for line in block:
                    self._take(line)

    def table(self) -> MetricTable:
        """Return the curves so far, epochs 1-based."""
        if self._table is None:
            self._table = self._build()
        return self._table

    def _take_block(self, lines: Sequence[str]) -> bool:
        """Take lines together; False takes none of them."""
        return False

    def _take(self, line: str) -> None:
        raise NotImplementedError

    def _build(self) -> MetricTable:
        raise NotImplementedError
