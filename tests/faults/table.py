"""One line for each fault that was tried, and the table made of them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from cockpit.processes.descendants import find_marked
from cockpit.processes.identity import ProcessIdentity, is_alive
from cockpit.processes.lock import is_held
from cockpit.runs.layout import RunPaths
from cockpit.runs.reader import read_processes
from tests.waiting import wait_until

VARIABLE: Final = "COCKPIT_FAULT_TABLE"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one fault ended."""

    fault: str
    seen: str
    """The sentence that the user reads."""
    leaked: int
    seconds: float


class Fault:
    """One fault under way: `ends` says what the user reads, and that nothing is left."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._began = time.monotonic()

    def ends(
        self, seen: str | None, *runs: RunPaths, besides: Collection[ProcessIdentity] = ()
    ) -> None:
        """Record the outcome, and assert that no process of `runs`, nor one of `besides`, lives.

        Of `besides`, one that is about to end, as a supervisor without its lock, may do so.
        """
        for paths in runs:
            wait_until(lambda paths=paths: not is_held(paths.lock))  # type: ignore[misc]  # mypy#15459
        left = {one for paths in runs for one in living(paths)}
        with suppress(AssertionError):
            wait_until(lambda: not any(map(is_alive, besides)), 20)
        left |= set(filter(is_alive, besides))
        sentence = " ".join((seen or "").split())
        self._record(
            Outcome(self.name, sentence, len(left), round(time.monotonic() - self._began, 1))
        )
        assert not left
        assert sentence, "the user reads nothing"

    def _record(self, outcome: Outcome) -> None:
        file = os.environ.get(VARIABLE)
        if file:
            with Path(file).open("a", encoding="utf-8") as table:
                table.write(json.dumps(asdict(outcome), ensure_ascii=False) + "\n")


def living(paths: RunPaths) -> set[ProcessIdentity]:
    """Return every recorded and every marked process of a run that still lives."""
    recorded = {process.identity for process in read_processes(paths)}
    return set(filter(is_alive, recorded)) | set(find_marked(paths.marks))


def markdown(lines: Iterable[str]) -> str:
    """Return the table of recorded outcomes."""
    outcomes = [Outcome(**json.loads(line)) for line in lines if line.strip()]
    rows = [
        f"| {one.fault} | {one.seen.replace('|', chr(92) + '|')} | {one.leaked} | {one.seconds} |"
        for one in sorted(outcomes, key=lambda one: one.fault)
    ]
    return "\n".join(
        ["| fault | what the user sees | leaked | seconds |", "|---|---|---|---|", *rows]
    )
