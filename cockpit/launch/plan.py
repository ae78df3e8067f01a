"""What will be executed: decided here, started elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cockpit.launch.batch_plan import BatchPlan


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU that a run could use."""

    gpu_index: int
    gpu_uuid: str
    name: str
    memory_total_bytes: int | None
    memory_used_bytes: int | None
    is_busy: bool
    """Somebody uses it: a process holds memory on it, or a run was given it."""
    holder: str | None = None
    """The run that was given it, in words; None where no run was."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The facts about this machine that a plan depends on."""

    gpus: tuple[Gpu, ...]
    cpu_count: int
    is_simulated: bool = False
    unusable: int = 0
    """GPUs that are there and that the training interpreter cannot use."""


@dataclass(frozen=True, slots=True)
class EnvValue:
    """One variable that the plan sets, and who wanted it."""

    value: str
    source: str
    """preset, or `cockpit: why`"""


@dataclass(frozen=True, slots=True)
class LaunchPlan:
    """Everything needed to start a training; can be printed, stored, compared."""

    argv: tuple[str, ...]
    env: Mapping[str, EnvValue]
    """Set over the inherited environment."""
    unset: tuple[str, ...]
    """Taken out of the inherited environment."""
    cwd: Path
    gpus: tuple[int, ...]
    """gpu_index of those it will use; empty on CPU."""
    gpu_uuids: tuple[str, ...]
    gpu_names: tuple[str, ...]
    world_size: int
    batch: BatchPlan | None
    epochs: int | None
    metrics_reader: str
    results: Path | None
    """Where the trainer writes its results, absolute; None where that shows only later."""
    headline: tuple[str, ...] = ()
    checkpoint: Path | None = None
    best: Path | None = None
    """The best weights that it will leave, where the preset says."""
    last: Path | None = None
    """The last weights: those that the preset names, else the checkpoint."""
    port: int | None = None
    """The port that was chosen for `{port}`; None where the preset asks for none."""
    out: Path | None = None
    """`{out}`: a folder of the run's own, made before the start."""
    files: Mapping[Path, str] = field(default_factory=dict)
    """Derived files to write before the start: path in the run directory, text."""
    notes: tuple[str, ...] = ()
    """What the person should know before starting."""
