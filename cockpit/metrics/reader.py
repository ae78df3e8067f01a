"""What every reader of a trainer's results can do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cockpit.metrics.series import MetricTable


class MetricsReader(Protocol):
    """An incremental parser: whole lines in, a frozen table out. It opens no file."""

    def feed(self, lines: Sequence[str]) -> None:
        """Take the lines that were added, without their line feeds. Raises nothing."""

    def restart(self) -> None:
        """Forget everything: the file was cut or replaced and comes again from its start."""

    def table(self) -> MetricTable:
        """Return all that is known so far; the same object until lines come."""
