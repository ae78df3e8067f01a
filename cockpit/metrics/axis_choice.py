"""Whether a table that names epochs and steps goes by the one or by the other."""

from __future__ import annotations

from typing import Final

from cockpit.metrics.series import Axis

EPOCHS_TO_TELL: Final = 64
"""So many epochs with one step each, and the table goes by epoch."""
MOST_LINES: Final = 1024
"""And so does one that has not told by then: no more lines are kept."""


class AxisChoice:
    """By step, as soon as two rows of one epoch have different steps: no step's value is lost.

    Until it is made the table is shown by epoch, and its lines are kept to be read again.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._epoch: float | None = None
        self._step: float | None = None
        self._count = 0

    def keep(self, line: str) -> None:
        """Keep a line of the table, or its header."""
        self.lines.append(line)

    def look(self, epoch: float | None, step: float | None) -> Axis | None:
        """Take a row, and return the choice once it is made."""
        if epoch is None or step is None:
            return Axis.STEP if step is not None else None  # it has no other place
        is_same = epoch == self._epoch
        if not epoch.is_integer() or (is_same and self._step is not None and step > self._step):
            return Axis.STEP
        self._epoch, self._step = epoch, step
        self._count += not is_same
        has_told = self._count >= EPOCHS_TO_TELL or len(self.lines) >= MOST_LINES
        return Axis.EPOCH if has_told else None
