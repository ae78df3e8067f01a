"""Waiting for GPUs in the order of coming, without a daemon: each supervisor looks for itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cockpit.runs.phase import Phase
from cockpit.runs.reader import ReadRun
from cockpit.supervise.machine import live_runs


@dataclass(frozen=True, slots=True, order=True)
class Ticket:
    """A place in the order of coming."""

    since: float
    """Epoch seconds."""
    run_id: str


def place_of(mine: Ticket, runs_dir: Path) -> int:
    """Return how many runs of this user are served up to and with this one: 1 is next."""
    return 1 + sum(ticket < mine for ticket in tickets(live_runs(runs_dir)))


def tickets(runs: Sequence[ReadRun]) -> list[Ticket]:
    """Return the tickets of those that wait and whose supervisor lives."""
    return [
        Ticket(run.state.queued_since, run.record.run_id)
        for run in runs
        if run.phase is Phase.QUEUED
        and run.has_supervisor
        and run.state is not None
        and run.state.queued_since is not None
    ]
