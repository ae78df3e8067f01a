"""Trainers that misbehave, made where they are needed, and what a person reads of them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from cockpit import locations
from cockpit.files import read_json
from cockpit.processes.identity import ProcessIdentity
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.record import StateRecord, parse_state
from cockpit.supervise.request import RunRequest
from cockpit.supervise.start import launch
from cockpit.supervise.stop import request_stop
from tests.cli.calling import cockpit
from tests.supervise.running import look, phase
from tests.waiting import wait_until


def write_trainer(name: str, body: str, *, launch_lines: str = "", more: str = "") -> Path:
    """Write a script and its preset; return the script."""
    folder = locations.config_dir() / "presets"
    script = folder / f"{name}.py"
    script.write_text(body, encoding="utf-8")
    lines = launch_lines or 'kind = "python"\ncpu_ranks = 1'
    (folder / f"{name}.toml").write_text(
        f'schema = 1\nsummary = "It misbehaves"\n[launch]\nscript = "{name}.py"\n'
        f'python = "{sys.executable}"\n{lines}\n{more}',
        encoding="utf-8",
    )
    return script


def run_script(name: str, body: str, **rest: str) -> RunPaths:
    """Launch a run of a script of our own."""
    write_trainer(name, body, **rest)
    return launch(RunRequest(name, name=name)).paths


def written(paths: RunPaths) -> StateRecord:
    """Return what state.json says."""
    state = parse_state(read_json(paths.state))
    assert state is not None
    return state


def is_settled(paths: RunPaths, phase: Phase) -> bool:
    """Say whether a run is over and reads as it is written: no state lies."""
    return look(paths).phase is written(paths).phase is phase


def supervisor_of(paths: RunPaths) -> ProcessIdentity:
    supervisor = written(paths).supervisor
    assert supervisor is not None
    return supervisor


def shown(paths: RunPaths) -> dict[str, object]:
    """Return what `cockpit show --json` prints of a run."""
    done = cockpit("show", paths.run_id, "--json")
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    assert isinstance(value, dict)
    return value


def problem(paths: RunPaths) -> str:
    """Return the sentence that `cockpit show` prints of a run."""
    return str(shown(paths)["problem"] or "")


def wait_for_words(file: Path, words: str) -> None:
    wait_until(lambda: file.exists() and words in file.read_text(errors="replace"))


def insist(paths: RunPaths) -> None:
    """Ask again until the run is over, as somebody does who has no patience."""

    def is_over() -> bool:
        if not phase(paths).is_over and not paths.stop_request.exists():
            request_stop(paths)
        return phase(paths).is_over

    wait_until(is_over)
