"""A few dozen real steps of a preset: how long its start, a step and an epoch take.

They are done by a process of its own, which ends with its training when this one does, however
that happens.
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
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
from cockpit.supervise.probe_line import PIPE, Cancelled
from cockpit.supervise.request import RunRequest
from cockpit.views.question_rules import PROBE_STEPS

STEPS: Final = PROBE_STEPS
LIMIT_S: Final = 300.0
KILLED_S: Final = 2.0
ENDING_S: Final = 90.0
"""So long a probe may take to end its training: its job has a while to stop by itself, and then
the kernel one to end it. After that it is killed."""
LOOK_S: Final = 0.2
"""So often it is asked whether a probe that says nothing shall be stopped."""
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


@dataclass(frozen=True, slots=True)
class Doing:
    """What a probe does now."""

    words: str
    steps: float = 0.0
    """So many of those that were asked for are done."""


def probe_time(
    request: RunRequest, *, steps: int = STEPS, limit_s: float = LIMIT_S, say: Say
) -> Calibration:
    """Train so many steps, or two epochs, of a preset; return what they took, and keep it.

    `say` is told what is being done. Raises what `follow_probe` raises.
    """
    with closing(follow_probe(request, steps=steps, limit_s=limit_s)) as probing:
        while True:
            try:
                say(next(probing).words)
            except StopIteration as end:
                found: Calibration = end.value
                return found


def follow_probe(
    request: RunRequest,
    *,
    steps: int = STEPS,
    limit_s: float = LIMIT_S,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Generator[Doing, None, Calibration]:
    """Train so many steps, or two epochs, of a preset; yield what is done, keep what they took.

    Nothing of the training is left, however the caller leaves. `is_stopped` is asked all the time:
    Cancelled is raised then. Raises also what a launch does, and ToolError for a training that
    fails or shows no step within `limit_s`.
    """
    told: dict[str, object] = {}
    asked = {"request": asdict(request), "steps": steps, "limit_s": limit_s}
    with (
        tempfile.TemporaryFile() as words,
        closing(_lines_of_probe(asked, words, is_stopped)) as lines,
    ):
        for line in lines:
            if isinstance(doing := line.get("doing"), str):
                done = line.get("steps")
                yield Doing(doing, float(done) if isinstance(done, int | float) else 0.0)
            told |= line
        calibration = _result(told, words)
    problem = append_calibration(locations.calibrations_file(), calibration)
    if problem is not None:
        yield Doing(f"it is not remembered: {problem}")
    return calibration


def _lines_of_probe(
    asked: Mapping[str, object], words: BinaryIO, is_stopped: Callable[[], bool]
) -> Generator[dict[str, object]]:
    """Yield what the probe tells; however the caller leaves, it has ended then."""
    reads, writes = os.pipe()
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
    except BaseException:
        os.close(reads)
        raise
    finally:
        os.close(writes)
    folder: object = None
    try:
        for line in _read_lines(reads, is_stopped):
            if isinstance(told := _told(line), dict):
                folder = told.get("folder", folder)
                yield told
    finally:
        os.close(reads)
        assert process.stdin is not None
        process.stdin.close()
        if not _has_ended(process) and isinstance(folder, str):
            _sweep(RunPaths(Path(folder)))


def _read_lines(descriptor: int, is_stopped: Callable[[], bool]) -> Iterator[str]:
    """Yield whole lines until the other end is closed. Raises Cancelled when it is to stop."""
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while True:
            if is_stopped():
                raise Cancelled
            if not selector.select(LOOK_S):
                continue
            chunk = os.read(descriptor, 1 << 16)
            if not chunk:
                return
            *lines, rest = (rest + chunk).split(b"\n")
            yield from (line.decode("utf-8", "replace") for line in lines)


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
