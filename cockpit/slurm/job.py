"""What a batch job asks for, and the plan of its training on a machine that is only imagined."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cockpit.errors import EnvironmentNotFit, InputError
from cockpit.launch.fallback import cuda_fallback
from cockpit.launch.gpus import parse_gpu_choice
from cockpit.launch.interpreter import TrainingPython, build_of
from cockpit.launch.plan import Gpu, LaunchPlan, Machine
from cockpit.launch.planner import Place, plan_launch
from cockpit.launch.resuming import ResumePoint
from cockpit.launch.tpu import TpuSight
from cockpit.presets.model import LaunchKind, Preset

RUN: Final = Path("/COCKPIT-RUN")
"""Stands for the folder of a job until the script knows the job's number."""
CPUS_PER_RANK: Final = 8
"""Data loader workers and the rank itself; asked for when nobody says otherwise."""
SIGNALS: Final = ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1")
"""What torchrun hands on; USR1 is what Slurm sends before the time limit."""
_TIME: Final = re.compile(r"(\d+-)?\d+(:\d{1,2}){0,2}")
_WORD: Final = re.compile(r"[\w.,@+=/-]+")


@dataclass(frozen=True, slots=True)
class SlurmRequest:
    """What a person asks Slurm for."""

    time: str | None = None
    """As Slurm reads it: 4:00:00, 2-12:00:00, or minutes."""
    partition: str | None = None
    account: str | None = None
    cpus: int | None = None

    def __post_init__(self) -> None:
        """Raise InputError for what would break a line of the script."""
        if self.time is not None and not _TIME.fullmatch(self.time):
            raise InputError(f"--time {self.time}: not a time", "--time 04:00:00, or 2-12:00:00")
        for name, text in (("partition", self.partition), ("account", self.account)):
            if text is not None and not _WORD.fullmatch(text):
                raise InputError(f"--{name} {text}: not a name", "sinfo lists the partitions")


@dataclass(frozen=True, slots=True)
class BatchJob:
    """A training as a batch job; paths within its folder begin with RUN."""

    preset: Preset
    plan: LaunchPlan
    resumed: LaunchPlan | None
    """How it continues after it was requeued; None: it cannot."""
    python: TrainingPython
    gpu_count: int
    cpus: int
    request: SlurmRequest
    warnings: tuple[str, ...] = ()
    """What speaks against it here; the node may have another Python under that path."""


def plan_job(
    preset: Preset, python: TrainingPython, request: SlurmRequest, texts: Mapping[str, str]
) -> BatchJob:
    """Return the job for a preset, whatever GPUs this machine has: a login node has none.

    Raises InputError and EnvironmentNotFit.
    """
    count = gpu_count(preset)
    cpus = request.cpus or CPUS_PER_RANK * max(1, count or preset.launch.cpu_ranks or 1)
    machine = imagined_machine(count, cpus)
    place = Place(
        python=python.path,
        torch=python.torch,
        out=RUN / "out",
        config=RUN / "config",
        inherited={},
        texts=texts,
        ranks=RUN / "ranks",
        flags=python.flags,
        signals=SIGNALS,
    )
    launch = replace(preset.launch, gpus=str(count) if count else "cpu")
    asked = replace(preset, launch=launch)
    plan = plan_launch(asked, machine, place)
    resumed = _resumed(asked, machine, place, plan)
    fallback = cuda_fallback(asked, build_of(python, TpuSight())) if count else None
    warnings = () if fallback is None else (fallback.what,)
    return BatchJob(preset, plan, resumed, python, count, cpus, request, warnings)


def gpu_count(preset: Preset) -> int:
    """Return how many GPUs the job asks for; 0 is a job on the CPU. Raises InputError."""
    if preset.launch.kind is LaunchKind.XLA:
        raise InputError(f"{preset.name} is for a TPU, which Slurm does not hand out")
    choice = parse_gpu_choice(preset.launch.gpus)
    if choice.indices is not None:
        return len(choice.indices)  # which ones is Slurm's to say
    if choice.count is not None:
        return choice.count
    if choice.word == "cpu":
        return 0  # plan_launch knows whether the preset may do without
    if choice.word == "all":
        raise InputError("--gpus all: how many that is differs by node", "--gpus 4")
    return preset.needs.gpus or 1


def imagined_machine(count: int, cpus: int) -> Machine:
    """Return a machine with as many free GPUs as are asked for, numbered as the job sees them."""
    gpus = (Gpu(index, "", "", None, None, is_busy=False) for index in range(count))
    return Machine(tuple(gpus), cpus)


def _resumed(preset: Preset, machine: Machine, place: Place, plan: LaunchPlan) -> LaunchPlan | None:
    if plan.checkpoint is None:
        return None
    point = ResumePoint(plan.checkpoint, epoch=None)
    try:
        return plan_launch(preset, machine, place, resume=point)
    except EnvironmentNotFit:
        return None
