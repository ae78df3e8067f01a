"""A run as its files and the kernel tell it now."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from functools import cache
from typing import Final

from cockpit.files import read_json
from cockpit.processes.descendants import find_marked
from cockpit.processes.identity import is_alive
from cockpit.processes.lock import is_held
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase, phase_as_read
from cockpit.runs.record import (
    ProcessRecord,
    RunRecord,
    StateRecord,
    parse_process,
    parse_run,
    parse_state,
)

STARTING_S: Final = 15.0
"""A run this young without a supervisor is being started, not lost."""


@dataclass(frozen=True, slots=True)
class ReadRun:
    """One look at a run."""

    record: RunRecord
    state: StateRecord | None
    """None before the supervisor's first word."""
    phase: Phase
    is_remote: bool
    has_supervisor: bool

    @property
    def gpus(self) -> tuple[int, ...]:
        """gpu_index of those it was given; empty on CPU, and while it waits for them."""
        given = self.state.gpus if self.state is not None else None
        return self.record.gpus if given is None else given


@cache
def hostname() -> str:
    """Return this host's name, as it is written into runs."""
    return os.uname().nodename


def read_run(paths: RunPaths, record: RunRecord | None = None) -> ReadRun | None:
    """Return the run in a folder, or None where there is none.

    `record` saves reading run.json again: it never changes. The lock is asked before the state
    is read, so that a supervisor that ends in between never makes its run look lost.
    """
    known = record or parse_run(read_json(paths.run))
    if known is None:
        return None
    has_supervisor = is_held(paths.lock)
    state = parse_state(read_json(paths.state))
    is_local = known.host == hostname()
    written = state.phase if state else None
    is_starting = state is None and abs(time.time() - known.created) < STARTING_S
    needs_kernel = is_local and not has_supervisor and not (written and written.is_over)
    phase = phase_as_read(
        written,
        is_local=is_local,
        has_supervisor=has_supervisor or is_starting,
        has_processes=needs_kernel and has_living_process(paths, state),
    )
    return ReadRun(known, state, phase, not is_local, has_supervisor)


def has_living_process(paths: RunPaths, state: StateRecord | None) -> bool:
    """Say whether the job, or any process that was recorded or carries the marks, still runs."""
    if state is not None and state.job is not None and is_alive(state.job):
        return True
    if any(is_alive(process.identity) for process in read_processes(paths)):
        return True
    return bool(find_marked(paths.marks))


def read_processes(paths: RunPaths) -> list[ProcessRecord]:
    """Return every process that was recorded for the run, in the order of their discovery.

    Of one that was recorded twice (it had not reached its exec the first time) the last counts.
    """
    try:
        text = paths.processes.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    found = (parse_process(_parse_line(line)) for line in text.splitlines())
    return list({one.identity: one for one in found if one is not None}.values())


def _parse_line(line: str) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return None
