"""What the trainer of a run says of itself, read from the start of its log."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Final

from cockpit.analysis.trainer_plan import Planned, judge_trainer
from cockpit.errors import InputError
from cockpit.files import LineTail
from cockpit.metrics.grammar_toml import find_grammar
from cockpit.metrics.log_grammar import LogGrammar
from cockpit.metrics.series import TrainerFacts
from cockpit.metrics.trainer_facts import FactReader
from cockpit.runs.alert import Alert
from cockpit.runs.reader import ReadRun
from cockpit.runs.record import RunRecord
from cockpit.views.run_view import Asked

MOST_BYTES: Final = 1 << 20
"""Trainers introduce themselves at their start."""
STARTS_RANKS: Final = "torchrun"
"""The kind of launch under which each rank is started as a process of its own."""


class TrainerWatch:
    """Reads a log on until its first MiB is over, and compares what it says with the plan."""

    def __init__(self, log: Path, reader: str) -> None:
        self._log = log
        self._tail = LineTail(log)
        self._reader = FactReader(_grammar(reader))

    def read(self, others: TrainerFacts | None = None) -> TrainerFacts:
        """Return what is known by now; `others` told what the log does not."""
        if self._tail.offset < MOST_BYTES:
            found = self._tail.read(MOST_BYTES)
            if found.restarted:
                self._reader.restart()
            if found.lines:
                self._reader.feed(found.lines)
        facts = self._reader.facts()
        missing = {
            one.name: getattr(others, one.name)
            for one in fields(facts)
            if others is not None and getattr(facts, one.name) is None
        }
        return replace(facts, **missing) if any(missing.values()) else facts

    def alerts(self, run: ReadRun, asked: Asked) -> tuple[Alert, ...]:
        """Return what somebody should look at; simulated GPUs cannot be used."""
        planned = Planned(
            gpus=0 if run.record.is_simulated else len(run.gpus),
            ranks=asked.world_size,
            starts_ranks=_kind(run.record) == STARTS_RANKS,
        )
        since = (run.state.started if run.state else None) or run.record.created
        found = judge_trainer(
            self._reader.facts(), planned, self._reader.lines, self._log.name, since
        )
        return (found,) if found is not None else ()


def _kind(record: RunRecord) -> str | None:
    launch = record.document.get("launch")
    return launch.get("kind") if isinstance(launch, dict) else None


def _grammar(reader: str) -> LogGrammar | None:
    try:
        return find_grammar(reader)
    except InputError:
        return None
