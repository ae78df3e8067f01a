"""The readers by the name that a preset calls them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Final

from cockpit.errors import InputError, nearest
from cockpit.metrics.log_grammar import GRAMMARS
from cockpit.metrics.log_reader import LogReader
from cockpit.metrics.reader import MetricsReader
from cockpit.metrics.results_csv import ResultsCsvReader
from cockpit.metrics.results_txt import Yolov7TxtReader
from cockpit.metrics.series import MetricTable


class NoReader:
    """For a trainer that writes nothing readable: the table stays empty."""

    def feed(self, lines: Sequence[str]) -> None:
        """Ignore the lines."""

    def restart(self) -> None:
        """Do nothing: nothing was kept."""

    def table(self) -> MetricTable:
        """Return the empty table."""
        return MetricTable()


READERS: Final[Mapping[str, Callable[[], MetricsReader]]] = MappingProxyType(
    {
        "ultralytics-csv": lambda: ResultsCsvReader(timed_files_count_from_one=True),
        "csv": ResultsCsvReader,
        "yolov7-txt": Yolov7TxtReader,
        **{name: partial(LogReader, grammar) for name, grammar in GRAMMARS.items()},
        "none": NoReader,
    }
)
"""Name to factory."""
LOG_READERS: Final = tuple(GRAMMARS)
"""These read the log itself; the others a file that the trainer writes."""


def open_reader(name: str) -> MetricsReader:
    """Return a fresh reader; raises `InputError` naming the nearest known one."""
    if name not in READERS:
        raise InputError(
            f"metrics reader {name!r} does not exist{nearest(name, READERS)}",
            remedy=f"one of {', '.join(READERS)}",
        )
    return READERS[name]()
