"""What every reader of a trainer's results can do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from cockpit.metrics.series import MetricTable


class MetricsReader(Protocol):
    """An incremental parser: whole lines in, a frozen table out. It opens no file."""

    def feed(self, lines: Sequence[str]) -> None:
        """Take the lines that were added, without their line feeds. Raises nothing."""

    def restart(self) -> None:
        """Forget everything: the file was cut or replaced and comes again from its start."""

    def table(self) -> MetricTable:
        """Return all that is known so far; the same object until lines come."""


@runtime_checkable
class LookingAhead(Protocol):
    """A reader to which a last line tells something before it has its end."""

    def table_with(self, unfinished: str) -> MetricTable:
        """Return the table with what that line tells so far; it stays unread."""


@runtime_checkable
class BytesReader(Protocol):
    """A reader of files that hold no lines, of one or of several at once."""

    def feed_bytes(self, file: str, data: bytes) -> int:
        """Take what was added to a file, by its name in its folder. Raises nothing.

        Returns how many bytes behind these need not be read.
        """
        ...
