"""Preset + machine + interpreter → launch plan. Decides; starts and reads nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import assert_never

from cockpit.errors import EnvironmentNotFit
from cockpit.launch import notes
from cockpit.launch.arguments import epochs_of, plan_batch, render
from cockpit.launch.batch_plan import BatchPlan
from cockpit.launch.derived import changed_copy
from cockpit.launch.environment import foreign_variables, job_environment
from cockpit.launch.fallback import Fallback, TorchBuild, cuda_fallback, refuse
from cockpit.launch.gpus import ONE_PROCESS, choose_gpus, parse_gpu_choice
from cockpit.launch.local_rank import FILE, WRAPPER
from cockpit.launch.own import OwnPython
from cockpit.launch.placeholders import fill, fill_value
from cockpit.launch.plan import EnvValue, Gpu, LaunchPlan, Machine
from cockpit.launch.resuming import ResumePoint, resumed
from cockpit.launch.torchrun import HANDLED, torchrun_words
from cockpit.launch.ultralytics import device_value, ultralytics_words
from cockpit.launch.xla import device_of, xla_fallbacks
from cockpit.presets.check import script_path, workdir_path
from cockpit.presets.model import ArgValue, DerivedFile, LaunchKind, Preset


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
    texts: Mapping[str, str] = field(default_factory=dict)
    """Content of the trainer's own files, by section: config, data."""
    ranks: Path | None = None
    """Where torchrun keeps the log of each rank."""
    port: int | None = None
    """A free port for `{port}`."""
    flags: tuple[str, ...] = ()
    """Flags of torchrun that only newer releases know, and this one does."""
    signals: tuple[str, ...] = HANDLED
    """Signals that torchrun hands on to its ranks before it ends."""
    own: OwnPython | None = None
    """Cockpit's own environment where the training interpreter is another."""
    build: TorchBuild | None = None
    """What its torch can compute on; None: not asked."""


def plan_launch(
    preset: Preset,
    machine: Machine,
    place: Place,
    *,
    shares: bool = False,
    resume: ResumePoint | None = None,
) -> LaunchPlan:
    """Return what would be executed. Raises InputError or EnvironmentNotFit.

    `shares`: GPUs that others use may be used too. With `resume` the trainer continues from there.
    """
    machine = _usable(preset, machine, place)
    gpus, world_size = _gpus(preset, machine, shares=shares)
    refuse(_fallbacks(preset, place, uses_gpus=bool(gpus) and not machine.is_simulated))
    batch = plan_batch(preset, world_size)
    whole = epochs_of(preset)
    changed = _with_lr(preset, batch)
    if resume is not None:
        changed = resumed(changed, resume)
    places = _places(preset, machine, gpus, place, resume)
    checkpoint = preset.resume.checkpoint if preset.resume else None
    files, args = _with_files(changed, _args(changed, machine, gpus, places), place)
    start = _start_words(changed, world_size, place)
    if changed.launch.local_rank is not None and world_size > 1:
        files |= {place.config / FILE: WRAPPER}
    return LaunchPlan(
        argv=(*start, *_rest(changed, args, places)),
        env=_env(changed, machine, gpus, world_size, place, places),
        unset=foreign_variables(changed.launch.kind, place),
        cwd=workdir_path(changed) or place.out,
        gpus=tuple(gpu.gpu_index for gpu in gpus),
        gpu_uuids=tuple(gpu.gpu_uuid for gpu in gpus),
        gpu_names=tuple(gpu.name for gpu in gpus),
        world_size=world_size,
        batch=batch,
        epochs=whole,
        metrics_reader=preset.metrics.reader,
        results=_path(preset.metrics.file, preset, place, places),
        headline=preset.metrics.headline,
        checkpoint=_path(checkpoint, preset, place, places),
        best=_path(preset.weights.best, preset, place, places),
        last=_path(preset.weights.last or checkpoint, preset, place, places),
        port=place.port,
        out=place.out,
        files=files,
        notes=notes.of_plan(changed, machine, gpus, place.inherited),
    )


def _usable(preset: Preset, machine: Machine, place: Place) -> Machine:
    """Return the machine without its GPUs where torch cannot use them and the CPU will do.

    The notes then say so; a person who named GPUs is refused instead.
    """
    is_free = preset.launch.cpu_ranks is not None and _is_left_to_us(preset)
    if not is_free or machine.is_simulated or not _fallbacks(preset, place, uses_gpus=True):
        return machine
    return replace(machine, gpus=(), unusable=len(machine.gpus))


def _is_left_to_us(preset: Preset) -> bool:
    """Say whether nobody but the preset chose the GPUs."""
    source = preset.sources.get("launch.gpus")
    return source == "preset" or (source is None and preset.launch.gpus == "auto")


def _gpus(preset: Preset, machine: Machine, *, shares: bool) -> tuple[tuple[Gpu, ...], int]:
    """Return the GPUs of the plan and how many ranks it comes to."""
    launch = preset.launch
    if launch.kind is LaunchKind.XLA:
        return (), 1
    choice = parse_gpu_choice("cpu" if _does_without(preset, machine) else launch.gpus)
    least = preset.needs.gpus or 1
    gpus = choose_gpus(choice, machine, launch.kind, least=least, shares=shares)
    if gpus and not machine.is_simulated:
        return gpus, 1 if launch.kind in ONE_PROCESS else len(gpus)
    if launch.cpu_ranks is None and launch.gpus != "cpu" and not machine.is_simulated:
        raise EnvironmentNotFit(
            f"{preset.name} needs a GPU and none was found",
            "--gpus cpu trains on the CPU; cpu_ranks = 1 under [launch] makes that a habit; "
            "cockpit check says why there is no GPU",
        )
    ranks = launch.cpu_ranks or 1 if launch.kind is LaunchKind.TORCHRUN else 1
    return gpus if choice.word != "auto" else gpus[:ranks], ranks


def _does_without(preset: Preset, machine: Machine) -> bool:
    """Return True where the preset names GPUs, allows the CPU, and there is no GPU at all."""
    allows_cpu = preset.launch.cpu_ranks is not None
    return not machine.gpus and allows_cpu and _is_left_to_us(preset)


def _fallbacks(preset: Preset, place: Place, *, uses_gpus: bool) -> tuple[Fallback, ...]:
    """Return why this training would quietly run on the CPU."""
    if place.build is None:
        return ()
    if preset.launch.kind is LaunchKind.XLA:
        return xla_fallbacks(place.build, device_of(preset.env, place.inherited))
    reason = cuda_fallback(preset, place.build) if uses_gpus else None
    return () if reason is None else (reason,)


def _with_lr(preset: Preset, batch: BatchPlan | None) -> Preset:
    """Return the preset with the learning rate that its batch comes to, where it asks for that."""
    name = preset.batch.lr_argument if preset.batch else None
    if name is None or batch is None or batch.lr is None:
        return preset
    return preset.with_setting(name, batch.lr)


def _places(
    preset: Preset,
    machine: Machine,
    gpus: tuple[Gpu, ...],
    place: Place,
    resume: ResumePoint | None,
) -> dict[str, str]:
    """Return what the placeholders of this plan stand for."""
    places = {
        "out": str(place.out),
        "preset_dir": str(preset.file.parent),
        "python": str(place.python),
        "gpus": device_value(gpus, is_simulated=machine.is_simulated),
    }
    if place.port is not None:
        places["port"] = str(place.port)
    if resume is not None:
        places["checkpoint"] = str(resume.checkpoint)
    return places


def _args(
    preset: Preset, machine: Machine, gpus: tuple[Gpu, ...], places: Mapping[str, str]
) -> dict[str, ArgValue]:
    args = {name: fill_value(value, places) for name, value in preset.args.items()}
    if preset.launch.kind is LaunchKind.ULTRALYTICS:
        args.setdefault("device", device_value(gpus, is_simulated=machine.is_simulated))
    return args


def _with_files(
    preset: Preset, args: dict[str, ArgValue], place: Place
) -> tuple[dict[Path, str], dict[str, ArgValue]]:
    """Return the changed copies of the trainer's files, and the arguments that then name them."""
    files: dict[Path, str] = {}
    sections = {"config": preset.config, "data": preset.data}
    for section, derived in sections.items():
        if derived is not None and section in place.texts:
            target = place.config / Path(derived.file).name
            files[target] = changed_copy(place.texts[section], _filled(derived, place))
            args = args | {derived.argument: str(target)}
    return files, args


def _filled(derived: DerivedFile, place: Place) -> DerivedFile:
    places = {"out": str(place.out)}
    values = {key: fill_value(value, places) for key, value in derived.set.items()}
    return replace(derived, set=values)


def _start_words(preset: Preset, world_size: int, place: Place) -> list[str]:
    script = script_path(preset)
    launch = preset.launch
    match launch.kind:
        case LaunchKind.TORCHRUN if launch.local_rank is not None:
            if world_size == 1:
                return [str(place.python), str(script)]
            wrapper = [str(place.config / FILE), f"--{launch.local_rank}"]
            return [*torchrun_words(place, world_size, launch.max_restarts), *wrapper, str(script)]
        case LaunchKind.TORCHRUN:
            return [*torchrun_words(place, world_size, launch.max_restarts), str(script)]
        case LaunchKind.PYTHON | LaunchKind.XLA:
            return [str(place.python), str(script)]
        case LaunchKind.ULTRALYTICS:
            return ultralytics_words(place.python, script)
        case _:
            assert_never(launch.kind)


def _rest(preset: Preset, args: Mapping[str, ArgValue], places: Mapping[str, str]) -> list[str]:
    positional = [fill(word, places) for word in preset.launch.positional]
    tail = [fill(word, places) for word in preset.tail]
    return [*positional, *render(args, preset.launch.style), *tail]


def _env(
    preset: Preset,
    machine: Machine,
    gpus: tuple[Gpu, ...],
    world_size: int,
    place: Place,
    places: Mapping[str, str],
) -> dict[str, EnvValue]:
    real = () if machine.is_simulated else gpus
    return job_environment(
        preset.launch,
        real,
        world_size,
        machine.cpu_count,
        place,
        {name: fill(value, places) for name, value in preset.env.items()},
        hides_gpus=bool(machine.gpus or machine.unusable) and not machine.is_simulated,
    )


def _path(text: str | None, preset: Preset, place: Place, places: Mapping[str, str]) -> Path | None:
    """Return a path of the preset as an absolute one: relative to where the job runs."""
    if text is None:
        return None
    base = workdir_path(preset) or place.out
    return base / Path(fill(text, places)).expanduser()
