"""What the supervisor writes. A full disk never ends a run: the gap is said later."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cockpit.files import append_line, write_json
from cockpit.runs.layout import RunPaths
from cockpit.runs.record import ProcessRecord, StateRecord, to_json

RESERVE_BYTES: Final = 64 << 10
"""Kept aside at the start, and given back when the disk is full, so that the end can be written."""


class Journal:
    """The single writer of a run's state, events, samples and process list."""

    def __init__(self, paths: RunPaths) -> None:
        self._paths = paths
        self._reserve = paths.root / ".reserve"
        self._lost_lines = 0
        self.disk_problem: str | None = None
        """Why the last write failed, or None."""

    def keep_reserve(self) -> None:
        """Take some disk now, for the state that must be written when there is none left."""
        try:
            with self._reserve.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
        except OSError as error:
            self._fail(error)

    def release_reserve(self) -> None:
        """Give the kept disk back."""
        try:
            self._reserve.unlink(missing_ok=True)
        except OSError as error:
            self._fail(error)

    def state(self, state: StateRecord) -> bool:
        """Replace state.json; return False when the disk would not take it, reserve included."""
        for _ in range(2):
            try:
                write_json(self._paths.state, to_json(state))
            except OSError as error:
                self._fail(error)
                self.release_reserve()
            else:
                self._recover()
                return True
        return False

    def once(self, path: Path, value: Mapping[str, Any]) -> None:
        """Write a file that is written once; a full disk drops it and is remembered."""
        try:
            path.parent.mkdir(exist_ok=True)
            write_json(path, value)
        except OSError as error:
            self._fail(error)

    def event(self, kind: str, what: str, **fields: object) -> None:
        """Add one event: what happened, in a sentence, with its facts."""
        line = {"time": time.time(), "kind": kind, "what": what, **fields}
        self.append(self._paths.events, line)
        say(what)

    def process(self, process: ProcessRecord) -> None:
        """Add one process that was found to belong to the run."""
        self.append(self._paths.processes, to_json(process))

    def append(self, path: Path, value: Mapping[str, Any]) -> None:
        """Add one line to a file of ours; a full disk drops it and is remembered."""
        try:
            append_line(path, value)
        except OSError as error:
            self._lost_lines += 1
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        problem = f"{self._paths.root}: {error.strerror}; the run goes on, its record has gaps"
        if self.disk_problem is None:
            say(problem)
        self.disk_problem = problem

    def _recover(self) -> None:
        if self.disk_problem is None:
            return
        self.disk_problem = None
        lost, self._lost_lines = self._lost_lines, 0
        self.keep_reserve()
        self.event("disk", f"the disk takes writes again; {lost} lines of the record are missing")


def say(text: str) -> None:
    """Write one line to supervisor.log, which is this process's standard error."""
    moment = time.strftime("%Y-%m-%d %H:%M:%S")
    try:
        print(f"{moment} {text}", file=sys.stderr, flush=True)
    except OSError:
        return  # the disk is full: state.json says so as soon as it can
