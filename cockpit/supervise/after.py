"""`[[after]]`: a step that follows a run, prepared as a run of its own."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass, replace
from pathlib import Path

from cockpit import locations
from cockpit.devices.feed import DeviceFeed
from cockpit.devices.spec import checked_spec
from cockpit.errors import EnvironmentNotFit, GpusBusy, InputError, PresetError, nearest
from cockpit.launch.interpreter import find_python
from cockpit.launch.own import own_environment
from cockpit.launch.planner import Place
from cockpit.launch.steps import THIS, as_preset, find_step, plan_step, step_name, step_words
from cockpit.launch.weights import FindWeights
from cockpit.presets.model import Preset, Step
from cockpit.presets.resolve import resolve
from cockpit.runs.layout import RunPaths
from cockpit.runs.record import RunRecord
from cockpit.supervise.machine import read_machine
from cockpit.supervise.prepare import Prepared, new_run_paths, prepare
from cockpit.supervise.replanning import preset_of
from cockpit.supervise.request import RunRequest
from cockpit.supervise.weights import existing_weights, record_of, weights_of, weights_path


@dataclass(frozen=True, slots=True)
class StepView:
    """One step that can follow a run, as it is listed."""

    name: str
    what: str
    command: str
    """As it can be pasted."""
    missing: Path | None
    """Weights that it needs and that are not there."""


def prepared_of(request: RunRequest, asked: DeviceFeed | None = None) -> Prepared:
    """Return the run that a request asks for: a training, or a step after one."""
    return prepare(request, asked) if request.step is None else prepare_step(request, *request.step)


def list_steps(run: str) -> tuple[str, tuple[StepView, ...]]:
    """Return the id of the run that `run` names and the steps that can follow it."""
    paths, record = record_of(run)
    preset = preset_with_steps(record)
    steps = enumerate(preset.after, start=1)
    return paths.run_id, tuple(_view(step, number, preset, paths, record) for number, step in steps)


def prepare_step(request: RunRequest, run: str, word: str) -> Prepared:
    """Return a step as it would be started. Raises what `prepare` raises.

    It runs in the interpreter that trained, where the training ran.
    """
    followed, record = record_of(run)
    preset = preset_with_steps(record)
    step, word = _find(preset, record, word)
    python = find_python(request.python or record.python or preset.launch.python, (), os.environ)
    if request.python is None and record.python:
        python = replace(python, reason=f"as {followed.run_id}")
    runs_dir = locations.runs_dir()
    name = request.name or f"{preset.name}-{word}"
    paths = new_run_paths(runs_dir, name)
    devices = checked_spec()
    machine = read_machine(devices, runs_dir)
    place = Place(
        python=python.path,
        torch=python.torch,
        out=paths.out,
        config=paths.config,
        inherited=os.environ,
        own=own_environment(python.path),
    )
    usual = "cpu" if preset.launch.gpus == "cpu" else "auto"
    preset = replace(preset, launch=replace(preset.launch, gpus=request.gpus or usual))
    try:
        plan = plan_step(
            step,
            preset,
            machine,
            place,
            cwd=record.cwd,
            out=followed.out,
            find=_finder(record),
            shares=request.shares,
        )
    except GpusBusy as error:
        other = "--share uses them all the same, --gpus cpu uses none"
        raise GpusBusy(error.problem, other) from error
    if not plan.cwd.is_dir():
        raise EnvironmentNotFit(f"{plan.cwd} does not exist: the step runs there")
    asked = replace(request, name=name, step=(followed.run_id, word))
    plain = as_preset(preset)
    return Prepared(asked, paths, plain, plan, python, machine, devices, place)


def preset_with_steps(record: RunRecord) -> Preset:
    """Return the preset that a run was born with; its steps as they are now, where they are.

    A step may be added or mended while the training runs. None follow a step.
    """
    if record.follows is not None:
        return preset_of(record, {})
    try:
        now = resolve(str(record.preset_file))
    except PresetError:
        return preset_of(record, {})
    return replace(preset_of(record, {}), after=now.after) if record.document else now


def _find(preset: Preset, record: RunRecord, word: str) -> tuple[Step, str]:
    found = find_step(preset.after, word)
    if found is not None:
        return found
    if not preset.after:
        raise InputError(f"{preset.name} has no steps after a run", f"[[after]] in {preset.file}")
    known = [step_name(step, number) for number, step in enumerate(preset.after, start=1)]
    raise InputError(
        f"{preset.name} has no step {word} after a run{nearest(word, known)}",
        f"one of {', '.join(known)}: cockpit after {record.run_id}",
    )


def _finder(record: RunRecord) -> FindWeights:
    def find(which: str, run: str) -> str:
        return existing_weights(which, record) if run == THIS else weights_of(which, run)

    return find


def _view(
    step: Step, number: int, preset: Preset, followed: RunPaths, record: RunRecord
) -> StepView:
    """Return a step for the list; weights that are not there are named all the same."""
    missing: list[Path] = []

    def find(which: str, run: str) -> str:
        path = weights_path(which, record if run == THIS else record_of(run)[1])
        if path is None:
            return f"{{{which}:{run}}}"
        missing.extend(() if path.exists() else (path,))
        return str(path)

    places = {
        "out": str(followed.out),
        "preset_dir": str(preset.file.parent),
        "python": record.python or "python",
    }
    command = shlex.join(step_words(step.command, places, find))
    name = step_name(step, number)
    return StepView(name, step.what, command, missing[0] if missing else None)
