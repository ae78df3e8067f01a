"""Sends notices about a run; whatever becomes of them, the run does not notice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Final

from cockpit import locations
from cockpit.devices.feed import POLLER_MARK
from cockpit.errors import CockpitError
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.record import RunRecord, StateRecord
from cockpit.supervise.journal import say
from cockpit.supervise.notice_settings import NoticeSettings, Occasion, parse_notices

LAST_WAIT_S: Final = 60.0
"""A supervisor that ends waits so long for a notice that is under way: it has its own limits."""


class Notices:
    """The notices of one run."""

    def __init__(self, record: RunRecord, paths: RunPaths) -> None:
        self._record = record
        self._paths = paths
        self._sending: list[subprocess.Popen[bytes]] = []

    def send(self, occasion: Occasion, state: StateRecord, problem: str | None = None) -> None:
        """Tell whoever wants to know, and return at once."""
        settings, _ = read_settings()
        if not settings.wants(occasion):
            return
        wish = {
            "command": list(settings.command),
            "webhook": settings.webhook,
            "notice": notice_object(occasion, self._record, self._paths, state, problem),
        }
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "cockpit.supervise.notify"],
                env=dict(os.environ) | POLLER_MARK,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=sys.stderr,
                start_new_session=True,
            )
            assert process.stdin is not None
            with process.stdin:
                process.stdin.write(json.dumps(wish).encode())
        except OSError as error:
            say(f"notice not sent: {error.strerror}")
            return
        self._sending.append(process)

    def finish(self) -> None:
        """Wait for what is under way; nobody else would collect it."""
        deadline = time.monotonic() + LAST_WAIT_S
        for process in self._sending:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()


def read_settings() -> tuple[NoticeSettings, tuple[str, ...]]:
    """Return what the user set, and what is wrong with it; read anew, so that a change counts."""
    from cockpit.presets.load import read_document

    file = locations.settings_file()
    table: object = None
    problems: tuple[str, ...] = ()
    if file.is_file():
        try:
            table = read_document(file).get("notices")
        except CockpitError as error:
            problems = (error.problem,)
    settings, wrong = parse_notices(table, os.environ)
    return settings, (*problems, *(f"{file}: {problem}" for problem in wrong))


def occasion_of(phase: Phase) -> Occasion:
    """Return what kind of end this is."""
    return Occasion.FAILED if phase is Phase.FAILED else Occasion.ENDED


def notice_object(
    occasion: Occasion,
    record: RunRecord,
    paths: RunPaths,
    state: StateRecord,
    problem: str | None = None,
) -> dict[str, object]:
    """Return what a notice says; `summary` is one line for a phone."""
    said = problem or state.problem
    epochs = f" after {state.epoch}/{state.epochs} epochs" if state.epoch and state.epochs else ""
    word = "needs you" if occasion is Occasion.NEEDS_YOU else state.phase
    summary = f"{record.run_id} {word}{epochs}" + (f": {said}" if said else "")
    return {
        "event": occasion,
        "summary": summary,
        "run_id": record.run_id,
        "name": record.name,
        "preset": record.preset,
        "phase": state.phase,
        "epoch": state.epoch,
        "epochs": state.epochs,
        "exit_code": state.exit_code,
        "problem": said,
        "remedy": state.remedy,
        "cause": state.cause,
        "host": record.host,
        "dir": str(paths.root),
        "time": round(time.time(), 3),
    }
