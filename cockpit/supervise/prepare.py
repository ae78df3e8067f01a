"""From a request to everything that a start needs. Reads the machine; writes and starts nothing."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

from cockpit import locations
from cockpit.devices.feed import DeviceFeed
from cockpit.devices.spec import checked_spec
from cockpit.errors import EnvironmentNotFit, GpusBusy, InputError
from cockpit.launch.interpreter import TrainingPython, build_of, find_python
from cockpit.launch.own import own_environment
from cockpit.launch.placeholders import names_port
from cockpit.launch.plan import LaunchPlan, Machine
from cockpit.launch.planner import Place, plan_launch
from cockpit.launch.tpu import find_tpus
from cockpit.launch.weights import with_weights
from cockpit.launch.xla import naming_fallback
from cockpit.metrics.readers import open_reader
from cockpit.presets.check import problems_of_preset, workdir_path
from cockpit.presets.model import LaunchKind, Preset
from cockpit.presets.resolve import resolve
from cockpit.runs.catalog import list_runs, new_run_id
from cockpit.runs.layout import RunPaths
from cockpit.supervise.leases import choose_port
from cockpit.supervise.machine import live_runs, machine_of, reading_machine
from cockpit.supervise.preparing import offering_steps, refusal
from cockpit.supervise.request import RunRequest
from cockpit.supervise.weights import weights_of

USUAL_MODULES = {
    LaunchKind.TORCHRUN: ("torch",),
    LaunchKind.ULTRALYTICS: ("ultralytics",),
    LaunchKind.PYTHON: (),
    LaunchKind.XLA: ("torch", "torch_xla"),
}
"""What the interpreter must have when the preset does not say."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run that could be started now."""

    request: RunRequest
    paths: RunPaths
    preset: Preset
    plan: LaunchPlan
    python: TrainingPython
    machine: Machine
    devices: str
    place: Place


def prepare(request: RunRequest, asked: DeviceFeed | None = None) -> Prepared:
    """Return the run as it would be started; `asked` is a feed that was started before, and ends.

    Raises PresetError, InputError or EnvironmentNotFit; what is wrong with the preset is said
    all at once.
    """
    preset = with_weights(requested_preset(request), weights_of)
    return prepare_preset(preset, request, asked=asked)


def prepare_preset(
    preset: Preset,
    request: RunRequest,
    *,
    paths: RunPaths | None = None,
    asked: DeviceFeed | None = None,
) -> Prepared:
    """Return the run of a preset as it is, in `paths` or else in a new folder among the runs."""
    problems = problems_of_preset(preset)
    if problems:
        raise refusal(preset, problems)
    open_reader(preset.metrics.reader)  # a grammar of one's own may be wrong
    runs_dir = locations.runs_dir()
    paths = paths or new_run_paths(runs_dir, request.name or preset.name)
    devices = checked_spec()
    # The driver and the interpreter answer side by side.
    with reading_machine(devices, asked) as feed:
        with offering_steps(preset), naming_fallback(preset.launch.kind):
            python = python_of(preset)
        machine = machine_of(feed, runs_dir)
    place = Place(
        python=python.path,
        torch=python.torch,
        out=paths.out,
        config=paths.config,
        inherited=os.environ,
        texts=texts_of(preset),
        ranks=paths.ranks,
        port=choose_port() if names_port(preset) else None,
        flags=python.flags,
        own=own_environment(python.path),
        build=build_of(python, find_tpus()),
    )
    plan = plan_or_wait(preset, machine, place, request)
    plan = replace(plan, notes=(*plan.notes, *notes_on_results(plan, runs_dir)))
    return Prepared(request, paths, preset, plan, python, machine, devices, place)


def new_run_paths(runs_dir: Path, name: str) -> RunPaths:
    """Return where a run of that name will lie; nothing is made yet."""
    taken = [paths.run_id for paths in list_runs(runs_dir)]
    return RunPaths(runs_dir / new_run_id(name, time.time(), taken))


def python_of(preset: Preset) -> TrainingPython:
    """Return the interpreter that trains a preset. Raises InputError or EnvironmentNotFit."""
    source = preset.sources.get("launch.python", "preset")
    return find_python(preset.launch.python, modules_of(preset), os.environ, source=source)


def modules_of(preset: Preset) -> tuple[str, ...]:
    """Return what the training interpreter must have."""
    return preset.launch.modules or USUAL_MODULES[preset.launch.kind]


def plan_or_wait(preset: Preset, machine: Machine, place: Place, request: RunRequest) -> LaunchPlan:
    """Return the plan; of a run that will wait for its GPUs, one that has none yet.

    Raises GpusBusy for a run that does not wait.
    """
    try:
        plan = plan_launch(preset, machine, place, shares=request.shares)
    except GpusBusy:
        if not request.queues:
            raise
        plan = plan_launch(preset, machine, place, shares=True)
        _require(preset, machine, plan)
        return replace(plan, gpus=(), gpu_uuids=(), gpu_names=())
    _require(preset, machine, plan)
    return plan


def notes_on_results(plan: LaunchPlan, runs_dir: Path) -> tuple[str, ...]:
    """Return a warning for each live run that writes its results to the same file."""
    if plan.results is None:
        return ()
    return tuple(
        f"{run.record.run_id} is writing to the same {plan.results}: their curves will mix; "
        "{out} in the preset gives each run its own"
        for run in live_runs(runs_dir)
        if run.record.results == plan.results
    )


def requested_preset(request: RunRequest) -> Preset:
    """Return the preset with the request's values over it; each keeps its source."""
    preset = resolve(request.preset, dict(request.overrides), source=request.source)
    flags = {"gpus": request.gpus, "python": request.python}
    given = {name: value for name, value in flags.items() if value is not None}
    sources = dict(preset.sources) | {f"launch.{name}": f"--{name}" for name in given}
    launch = replace(
        preset.launch,
        gpus=given.get("gpus", preset.launch.gpus),
        python=given.get("python", preset.launch.python),
    )
    table = preset.document.get("launch")
    tables = {"launch": {**(table if isinstance(table, dict) else {}), **given}}
    return replace(preset, launch=launch, sources=sources, document={**preset.document, **tables})


def texts_of(preset: Preset) -> dict[str, str]:
    """Return the content of the trainer's own files of which a changed copy will be made."""
    base = workdir_path(preset) or preset.file.parent
    sections = {"config": preset.config, "data": preset.data}
    found = {}
    for section, derived in sections.items():
        if derived is None:
            continue
        file = base / Path(derived.file).expanduser()
        try:
            found[section] = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{file}: cannot be read: {error}") from error
    return found


def _require(preset: Preset, machine: Machine, plan: LaunchPlan) -> None:
    """Raise EnvironmentNotFit with everything that [needs] asks for and this machine has not."""
    needs = preset.needs
    problems: list[str] = []
    if needs.gpus is not None and len(plan.gpus) < needs.gpus:
        problems.append(f"needs.gpus: {needs.gpus} GPUs are needed, {len(plan.gpus)} are chosen")
    if needs.gpu_memory_bytes is not None:
        chosen = [gpu for gpu in machine.gpus if gpu.gpu_index in plan.gpus]
        small = [gpu for gpu in chosen if (gpu.memory_total_bytes or 0) < needs.gpu_memory_bytes]
        problems += [f"needs.gpu_memory: GPU {gpu.gpu_index} has too little" for gpu in small]
    if needs.disk_bytes is not None and _free_bytes() < needs.disk_bytes:
        problems.append("needs.disk: too little is free where the runs are kept")
    if needs.ram_bytes is not None and _ram_bytes() < needs.ram_bytes:
        problems.append("needs.ram: this host has less")
    if problems:
        raise EnvironmentNotFit("\n".join(problems), "cockpit gpus; cockpit check")


def _free_bytes() -> int:
    folder = locations.data_dir()
    while not folder.exists():
        folder = folder.parent
    stat = os.statvfs(folder)
    return stat.f_bavail * stat.f_frsize


def _ram_bytes() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
