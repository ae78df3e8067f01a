"""Runs of the fake trainer, really launched and supervised."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

from cockpit import locations
from cockpit.processes.descendants import find_marked
from cockpit.processes.identity import ProcessIdentity, is_alive, send
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.reader import ReadRun, read_processes, read_run
from cockpit.supervise.request import RunRequest
from cockpit.supervise.start import launch
from cockpit.views.registry import Registry
from cockpit.views.run_view import RunView
from tests.waiting import wait_until


def start(*, name: str = "fake", preset: str = "fake", **args: str) -> RunPaths:
    overrides = tuple((f"args.{key.replace('_', '-')}", text) for key, text in args.items())
    return launch(RunRequest(preset, overrides, name=name)).paths


def look(paths: RunPaths) -> ReadRun:
    found = read_run(paths)
    assert found is not None
    return found


def phase(paths: RunPaths) -> Phase:
    return look(paths).phase


def wait_for(paths: RunPaths, *phases: Phase) -> None:
    wait_until(lambda: phase(paths) in phases)


def wait_for_log(paths: RunPaths, text: str) -> None:
    wait_until(lambda: paths.log.exists() and text in paths.log.read_text())


def kill_supervisor(paths: RunPaths) -> None:
    state = look(paths).state
    assert state is not None
    assert state.supervisor is not None
    assert send(state.supervisor, signal.SIGKILL)
    wait_until(lambda: not look(paths).has_supervisor)


def job_of(paths: RunPaths) -> ProcessIdentity:
    state = look(paths).state
    assert state is not None
    assert state.job is not None
    return state.job


def view(paths: RunPaths) -> RunView:
    return Registry(locations.runs_dir()).read_one(paths.run_id, paths.state.stat().st_mtime)


def nothing_is_left(paths: RunPaths) -> bool:
    recorded = [process.identity for process in read_processes(paths)]
    assert recorded
    return not any(map(is_alive, recorded)) and not find_marked(paths.marks)


def events(paths: RunPaths) -> str:
    return paths.events.read_text()


def delete(folder: Path) -> None:
    """Remove a folder into which somebody may still be writing."""

    def is_gone() -> bool:
        subprocess.run(["rm", "-rf", str(folder)], capture_output=True)
        return not folder.exists()

    wait_until(is_gone)
