"""What is foretold of a run as its job begins, and what its end teaches the next forecast.

Processes of their own see to it: what they load would stay in the supervisor for the whole run,
and whatever goes wrong with them, the run does not notice. Their last words are in its log.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import Final

from cockpit.devices.feed import poller_environment
from cockpit.runs.layout import RunPaths
from cockpit.runs.record import RunRecord
from cockpit.supervise.journal import say

ERRAND: Final = "cockpit.supervise.foretelling_errand"
LAST_WAIT_S: Final = 20.0
"""A supervisor that ends waits so long for one that is under way."""


class Errand(StrEnum):
    """What such a process does."""

    FORETELL = "foretell"
    LEARN = "learn"


class Foretelling:
    """The errands of one run."""

    def __init__(self, record: RunRecord, paths: RunPaths) -> None:
        self._record = record
        self._paths = paths
        self._under_way: list[subprocess.Popen[bytes]] = []
        self._is_to_learn = False

    def foretell(self) -> None:
        """Have it written how long a training will take, by what is known now."""
        self._send(Errand.FORETELL)

    def learn(self) -> None:
        """Have it kept at the finish what the run that is over teaches, and how its forecast fared.

        A job may end before its forecast is written: the lesson compares the two, and comes after.
        """
        self._is_to_learn = True

    def finish(self) -> None:
        """Wait for what is under way, nobody else would collect it; then have the run learnt."""
        self._collect()
        if self._is_to_learn:
            self._send(Errand.LEARN)
            self._collect()

    def _collect(self) -> None:
        deadline = time.monotonic() + LAST_WAIT_S
        for process in self._under_way:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                say("a forecast or a lesson of this run is not kept: that took too long")
        self._under_way.clear()

    def _send(self, errand: Errand) -> None:
        """Start it and return at once. Its marks are the poller's: it is no part of the run."""
        if self._record.follows is not None:
            return  # no training
        try:
            process = subprocess.Popen(
                errand_argv(errand, self._paths.root),
                env=poller_environment(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr,
                stderr=sys.stderr,
                start_new_session=True,
            )
        except OSError as error:
            say(f"cannot {errand}: {error.strerror}")
            return
        self._under_way.append(process)


def errand_argv(errand: Errand, run_folder: Path) -> list[str]:
    """Return the command; -P keeps the working directory off its path."""
    return [sys.executable, "-P", "-m", ERRAND, errand, str(run_folder)]
