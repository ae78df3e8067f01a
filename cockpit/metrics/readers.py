"""The readers by the name that a preset calls them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Final

from cockpit.errors import InputError, nearest
from cockpit.metrics.grammar_toml import BUILT_IN, find_grammar, own_grammars, shipped_grammar
from cockpit.metrics.reader import MetricsReader
from cockpit.metrics.series import MetricTable

NONE: Final = "none"
AUTO: Final = "auto"


class NoReader:
    """For a trainer that writes nothing readable: the table stays empty."""

    def __init__(self, problem: str | None = None) -> None:
        """Make one; `problem` says why it is none, where there should be one."""
        self._table = MetricTable(problem=problem)

    def feed(self, lines: Sequence[str]) -> None:
        """Ignore the lines."""

    def restart(self) -> None:
        """Do nothing: nothing was kept."""

    def table(self) -> MetricTable:
        """Return the empty table."""
        return self._table


# Each is imported where it is opened: a run wants one of them, and a list of runs none.


def _ultralytics_csv() -> MetricsReader:
    from cockpit.metrics.results_csv import ResultsCsvReader

    return ResultsCsvReader(timed_files_count_from_one=True)


def _csv() -> MetricsReader:
    from cockpit.metrics.results_csv import ResultsCsvReader

    return ResultsCsvReader()


def _results_txt() -> MetricsReader:
    from cockpit.metrics.results_txt import Yolov7TxtReader

    return Yolov7TxtReader()


def _jsonl() -> MetricsReader:
    from cockpit.metrics.jsonl import JsonlReader

    return JsonlReader()


def _trainer_state() -> MetricsReader:
    from cockpit.metrics.hf import TrainerStateReader

    return TrainerStateReader()


def _hf_log() -> MetricsReader:
    from cockpit.metrics.hf import HfLogReader

    return HfLogReader()


def _event_files() -> MetricsReader:
    from cockpit.metrics.tensorboard import EventFileReader

    return EventFileReader()


def _by_grammar(name: str) -> MetricsReader:
    from cockpit.metrics.log_reader import LogReader

    return LogReader(shipped_grammar(name))


def _pairs_log() -> MetricsReader:
    from cockpit.metrics.pairs_log import PairsLogReader

    return PairsLogReader()


READERS: Final[Mapping[str, Callable[[], MetricsReader]]] = MappingProxyType(
    {
        "ultralytics-csv": _ultralytics_csv,
        "csv": _csv,
        "yolov7-txt": _results_txt,
        "jsonl": _jsonl,
        "hf": _trainer_state,
        "hf-log": _hf_log,
        "tensorboard": _event_files,
        **{name: partial(_by_grammar, name) for name in BUILT_IN},
        "log": _pairs_log,
        AUTO: NoReader,
        NONE: NoReader,
    }
)
"""Name to factory, of those that came with cockpit; the user's own grammars are read by name too.

`auto` reads nothing itself: what it found does.
"""
TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ultralytics-csv": "Ultralytics CSV",
        "csv": "CSV",
        "yolov7-txt": "YOLO results.txt",
        "jsonl": "JSON lines",
        "hf": "Hugging Face state",
        "hf-log": "Hugging Face log",
        "tensorboard": "TensorBoard",
        "epri-log": "DDP script's log",
        "mshnet-log": "MSHNet log",
        "layoutmaster-log": "LayoutMaster log",
        "ultralytics-log": "Ultralytics log",
        "yolov7-log": "YOLO log",
        "log": "script's log",
    }
)
"""What each reads, for people; a grammar of the user's own is called by its name."""
LOG_READERS: Final = ("hf-log", *BUILT_IN, "log")
"""These read the log itself; the others a file that the trainer writes."""


def reads_log(name: str) -> bool:
    """Say whether a reader reads the log itself; the user's own grammars all do."""
    return name in LOG_READERS or name not in READERS


def open_reader(name: str) -> MetricsReader:
    """Return a fresh reader; raises InputError naming the nearest known one.

    Of a grammar of the user's own that is wrong, every problem is named.
    """
    if name in READERS:
        return READERS[name]()
    from cockpit.metrics.log_reader import LogReader

    grammar = find_grammar(name)
    if grammar is None:
        known = (*READERS, *own_grammars())
        raise InputError(
            f"metrics reader {name!r} does not exist{nearest(name, known)}",
            remedy=f"one of {', '.join(known)}",
        )
    return LogReader(grammar)
