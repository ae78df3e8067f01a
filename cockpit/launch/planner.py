"""Preset + machine + interpreter → launch plan. Decides; starts and reads nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from cockpit.errors import EnvironmentNotFit
from cockpit.launch.arguments import epochs_of, fill, fill_value, plan_batch, render
from cockpit.launch.config_file import changed_config
from cockpit.launch.environment import foreign_variables, job_environment
from cockpit.launch.gpus import choose_gpus, parse_gpu_choice
from cockpit.launch.plan import BatchPlan, EnvValue, Gpu, LaunchPlan, Machine
from cockpit.launch.torchrun import torchrun_words
from cockpit.launch.ultralytics import device_value, ultralytics_words
from cockpit.presets.check import script_path, workdir_path
from cockpit.presets.model import ArgValue, LaunchKind, Preset


@dataclass(frozen=True, slots=True)
class Place:
    """Where and with what a plan will run."""

    python: Path
    torch: str | None
    """Version of torch in that interpreter, where it has one."""
    out: Path
    """`{out}` of this run."""
    config: Path
    """Where derived settings files go."""
    inherited: Mapping[str, str]
    """The environment that the job starts from."""
    config_text: str | None = None
    """Content of the trainer's settings file, when the preset names one."""


def plan_launch(preset: Preset, machine: Machine, place: Place) -> LaunchPlan:
    """Return what would be executed. Raises InputError or EnvironmentNotFit."""
    choice = parse_gpu_choice(preset.launch.gpus)
    gpus = choose_gpus(choice, machine, preset.launch.kind)
    world_size = _world_size(preset, machine, gpus)
    if machine.is_simulated:
        gpus = gpus[:world_size]
    batch = plan_batch(preset, world_size)
    args = _args(preset, machine, gpus, batch, place)
    files, args = _with_config(preset, args, place)
    return LaunchPlan(
        argv=(*_start_words(preset, world_size, place), *_rest(preset, args, place)),
        env=_env(preset, machine, gpus, world_size, place),
        unset=foreign_variables(preset.launch.kind, place.inherited),
        cwd=workdir_path(preset) or place.out,
        gpus=tuple(gpu.gpu_index for gpu in gpus),
        gpu_names=tuple(gpu.name for gpu in gpus),
        world_size=world_size,
        batch=batch,
        epochs=epochs_of(preset),
        metrics_reader=preset.metrics.reader,
        results=_path(preset.metrics.file, preset, place),
        headline=preset.metrics.headline,
        checkpoint=_path(preset.resume.checkpoint if preset.resume else None, preset, place),
        out=place.out,
        files=files,
        notes=_notes(preset, machine, gpus),
    )


def _world_size(preset: Preset, machine: Machine, gpus: tuple[Gpu, ...]) -> int:
    cpu_ranks = preset.launch.cpu_ranks
    if gpus and not machine.is_simulated:
        return 1 if preset.launch.kind is LaunchKind.PYTHON else len(gpus)
    if cpu_ranks is None and preset.launch.gpus != "cpu":
        raise EnvironmentNotFit(
            f"{preset.name} needs a GPU and none was found",
            "--gpus cpu trains on the CPU; cpu_ranks = 1 under [launch] makes that a habit; "
            "cockpit check says why there is no GPU",
        )
    return 1 if preset.launch.kind is not LaunchKind.TORCHRUN else cpu_ranks or 1


def _args(
    preset: Preset,
    machine: Machine,
    gpus: tuple[Gpu, ...],
    batch: BatchPlan | None,
    place: Place,
) -> dict[str, ArgValue]:
    preset_dir = preset.file.parent
    args = {name: fill_value(value, place.out, preset_dir) for name, value in preset.args.items()}
    if batch is not None and batch.lr is not None and preset.batch and preset.batch.lr_argument:
        args[preset.batch.lr_argument] = batch.lr
    if preset.launch.kind is LaunchKind.ULTRALYTICS:
        args.setdefault("device", device_value(gpus, is_simulated=machine.is_simulated))
    return args


def _with_config(
    preset: Preset, args: dict[str, ArgValue], place: Place
) -> tuple[dict[Path, str], dict[str, ArgValue]]:
    """Return the derived settings file, if any, and the arguments that then name it."""
    if preset.config is None or place.config_text is None:
        return {}, args
    derived = place.config / Path(preset.config.file).name
    text = changed_config(place.config_text, preset.config)
    return {derived: text}, args | {preset.config.argument: str(derived)}


def _start_words(preset: Preset, world_size: int, place: Place) -> list[str]:
    script = script_path(preset)
    match preset.launch.kind:
        case LaunchKind.TORCHRUN:
            return [*torchrun_words(place.python, place.torch, world_size), str(script)]
        case LaunchKind.PYTHON:
            return [str(place.python), str(script)]
        case LaunchKind.ULTRALYTICS:
            return ultralytics_words(place.python, script)
        case _:
            assert_never(preset.launch.kind)


def _rest(preset: Preset, args: Mapping[str, ArgValue], place: Place) -> list[str]:
    positional = [fill(word, place.out, preset.file.parent) for word in preset.launch.positional]
    return [*positional, *render(args, preset.launch.style)]


def _env(
    preset: Preset, machine: Machine, gpus: tuple[Gpu, ...], world_size: int, place: Place
) -> dict[str, EnvValue]:
    real = () if machine.is_simulated else gpus
    wanted = {
        name: fill(value, place.out, preset.file.parent) for name, value in preset.env.items()
    }
    return job_environment(
        preset.launch.kind,
        real,
        world_size,
        machine.cpu_count,
        place.inherited,
        wanted,
        hides_gpus=bool(machine.gpus) and not machine.is_simulated,
    )


def _path(text: str | None, preset: Preset, place: Place) -> Path | None:
    """Return a path of the preset as an absolute one: relative to where the job runs."""
    if text is None:
        return None
    base = workdir_path(preset) or place.out
    return base / Path(fill(text, place.out, preset.file.parent)).expanduser()


def _notes(preset: Preset, machine: Machine, gpus: tuple[Gpu, ...]) -> tuple[str, ...]:
    notes = []
    if machine.is_simulated:
        notes.append("the GPUs are SIMULATED: this training runs on the CPU")
    busy = [str(gpu.gpu_index) for gpu in gpus if gpu.is_busy]
    if busy and not machine.is_simulated:
        plural = "s" if len(busy) > 1 else ""
        notes.append(f"GPU{plural} {', '.join(busy)} already in use by other processes")
    if preset.retry_attempts:
        notes.append("retry.attempts: this version of cockpit does not start a run again")
    return tuple(notes)
