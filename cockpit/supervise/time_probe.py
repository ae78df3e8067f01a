"""A few dozen real steps of a preset: how long its start, a step and an epoch take.

They are done by a process of its own, which ends with its training when this one does, however
that happens.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO, Final

from cockpit import locations
from cockpit.calibrations.calibration import Calibration
from cockpit.calibrations.file import append_calibration
from cockpit.calibrations.lines import parse_line
from cockpit.errors import (
    CockpitError,
    EnvironmentNotFit,
    GpusBusy,
    InputError,
    LaunchError,
    PresetError,
    RunNotFound,
    ToolError,
)
from cockpit.metrics.log_lines import strip_codes
from cockpit.runs.layout import RunPaths
from cockpit.supervise.members import Members
from cockpit.supervise.probe_line import PIPE
from cockpit.supervise.request import RunRequest

STEPS: Final = 50
LIMIT_S: Final = 300.0
KILLED_S: Final = 2.0
ENDING_S: Final = 90.0
"""So long a probe may take to end its training: its job has a while to stop by itself, and then
the kernel one to end it. After that it is killed."""
PROBE: Final = "cockpit.supervise.step_probe"
LONGEST_WORDS: Final = 2000
_KINDS: Final = {
    kind.__name__: kind
    for kind in (
        EnvironmentNotFit,
        GpusBusy,
        InputError,
        LaunchError,
        PresetError,
        RunNotFound,
        ToolError,
    )
}

Say = Callable[[str], None]


def probe_time(
    request: RunRequest, *, steps: int = STEPS, limit_s: float = LIMIT_S, say: Say
) -> Calibration:
    """Train so many steps, or two epochs, of a preset; return what they took, and keep it.

    Nothing of the training is left. `say` is told what is being done. Raises what a launch does,
    and ToolError for a training that fails or shows no step within `limit_s`.
    """
    told: dict[str, object] = {}
    with tempfile.TemporaryFile() as words:
        for line in _lines_of_probe(request, steps, limit_s, words):
            if isinstance(doing := line.get("doing"), str):
                say(doing)
            told |= line
        calibration = _result(told, words)
    problem = append_calibration(locations.calibrations_file(), calibration)
    if problem is not None:
        say(f"it is not remembered: {problem}")
    return calibration


def _lines_of_probe(
    request: RunRequest, steps: int, limit_s: float, words: BinaryIO
) -> Iterator[dict[str, object]]:
    """Yield what the probe tells; however the caller leaves, it has ended then."""
    asked = {"request": asdict(request), "steps": steps, "limit_s": limit_s}
    reads, writes = os.pipe()
    with open(reads, encoding="utf-8", errors="replace") as lines:  # noqa: PTH123  # a descriptor
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", PROBE, json.dumps(asked)],
                stdin=subprocess.PIPE,
                stdout=words,
                stderr=words,
                pass_fds=(writes,),
                env=os.environ | {PIPE: str(writes)},
                start_new_session=True,  # Ctrl+C is ours: the probe is told by its closed stdin
            )
        finally:
            os.close(writes)
        folder: object = None
        try:
            for line in lines:
                if isinstance(told := _told(line), dict):
                    folder = told.get("folder", folder)
                    yield told
        finally:
            assert process.stdin is not None
            process.stdin.close()
            if not _has_ended(process) and isinstance(folder, str):
                _sweep(RunPaths(Path(folder)))


def _told(line: str) -> object:
    """Return what a line says; None for one that was cut when the probe was killed."""
    try:
        told: object = json.loads(line)
    except ValueError:
        return None
    return told


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Wait for its end, however long it takes to end its training; False where it was killed."""
    try:
        process.wait(ENDING_S)
    except subprocess.TimeoutExpired:
        process.kill()
        with suppress(subprocess.TimeoutExpired):  # the kernel itself may hold it
            process.wait(KILLED_S)
        return False
    return True


def _result(told: dict[str, object], words: BinaryIO) -> Calibration:
    """Return the calibration that was told, or raise the error that was, or say that none was."""
    match told:
        case {"calibration": str(line)} if (found := parse_line(line)) is not None:
            return found
        case {"error": {"kind": str(kind), "problem": str(problem), "remedy": str(remedy)}}:
            raise _KINDS.get(kind, CockpitError)(problem, remedy)
    if isinstance(folder := told.get("folder"), str):
        _sweep(RunPaths(Path(folder)))
    words.seek(0)
    said = words.read().decode("utf-8", "replace").splitlines()
    last = strip_codes(said[-1])[:LONGEST_WORDS] if said else "it said nothing"
    raise ToolError(f"the probe was ended before it could tell a result: {last}")


def _sweep(paths: RunPaths) -> None:
    """Remove what a probe that was killed has left."""
    Members(paths).chase()
    shutil.rmtree(paths.root, ignore_errors=True)
