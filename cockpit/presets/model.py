"""What a preset holds. The keys, their types and their meaning are the table in `schema`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

Scalar = str | int | float | bool
ArgValue = Scalar | tuple[Scalar, ...]


class LaunchKind(StrEnum):
    """How a trainer is started."""

    PYTHON = "python"
    TORCHRUN = "torchrun"
    ULTRALYTICS = "ultralytics"
    XLA = "xla"
    """plain Python whose script starts its own replicas; the device comes from PJRT_DEVICE"""


class ArgStyle(StrEnum):
    """How an argument is spelt on the command line."""

    DASHES = "dashes"
    """--key value"""
    KEY_VALUE = "key=value"
    """key=value, as Ultralytics and Hydra read it"""


class BatchScope(StrEnum):
    """What the batch argument counts."""

    RANK = "rank"
    GLOBAL = "global"


class Origin(StrEnum):
    """Where a preset was found; nearer wins."""

    PROJECT = "project"
    """./presets"""
    YOURS = "yours"
    """<config>/presets"""
    SHIPPED = "shipped"


class ResumeEpochs(StrEnum):
    """What the number of epochs means to a trainer that continues."""

    TOTAL = "total"
    """it goes on to this epoch"""
    REMAINING = "remaining"
    """it counts from 1 again: what is left is asked for"""


@dataclass(frozen=True, slots=True)
class Launch:
    """[launch]: what is started."""

    kind: LaunchKind
    script: str | None = None
    workdir: str | None = None
    python: str = "auto"
    gpus: str = "auto"
    cpu_ranks: int | None = None
    modules: tuple[str, ...] = ()
    style: ArgStyle = ArgStyle.DASHES
    positional: tuple[str, ...] = ()
    local_rank: str | None = None
    """The argument by which a script of before torch 2 wants its local rank."""
    max_restarts: int = 0
    """How often torchrun itself starts all ranks again."""


@dataclass(frozen=True, slots=True)
class DerivedFile:
    """[config] or [data]: a JSON or YAML file, of which the trainer is handed a changed copy."""

    file: str
    """Relative to workdir, else to the preset's file; never changed itself."""
    argument: str
    set: Mapping[str, ArgValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Batch:
    """[batch]: what the batch argument means."""

    argument: str
    scope: BatchScope
    accumulation: str | None = None
    lr_argument: str | None = None
    lr_base: float | None = None
    lr_base_batch: int | None = None


@dataclass(frozen=True, slots=True)
class Needs:
    """[needs]: what must be there before the start."""

    gpus: int | None = None
    gpu_memory_bytes: int | None = None
    ram_bytes: int | None = None
    disk_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class MetricsSource:
    """[metrics]: which reader, and where its file lies."""

    reader: str = "none"
    file: str | None = None
    headline: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resume:
    """[resume]: how this trainer continues."""

    checkpoint: str
    """The file to continue from; relative to where the job runs."""
    args: tuple[str, ...] | None = None
    """Words after the arguments, with {checkpoint}; None: this trainer cannot resume."""
    others: tuple[str, ...] = ()
    """Further checkpoints as glob patterns, for when the first cannot be read."""
    epochs: ResumeEpochs = ResumeEpochs.TOTAL


@dataclass(frozen=True, slots=True)
class Weights:
    """[weights]: model parameters that a run leaves, for [[after]] and {best:RUN}."""

    best: str | None = None
    last: str | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """[retry]: whether a failed run is started again by itself."""

    attempts: int = 0
    """How often at most."""
    wait_s: float = 30.0
    """Before the first of them; each later wait is twice as long, up to ten minutes."""


@dataclass(frozen=True, slots=True)
class EstimateFacts:
    """[estimate]: what an estimate cannot see in the arguments."""

    model: str | None = None
    """As the catalogue calls it."""
    train_samples: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """[[prepare]] or [[after]]: one command of its own."""

    what: str
    command: str
    """Split into words as a shell would, but no shell runs it. `python` and `yolo` are those of
    the training interpreter; {best}, {last}, {out}, {preset_dir} and {workdir} are filled in."""
    done_when: str | None = None
    """The product, a path: where it exists the step is skipped."""
    workdir: str | None = None
    """Where it runs; without it where the job runs, or the current folder."""
    name: str | None = None
    """One word for the command line: evaluate, predict, onnx."""


@dataclass(frozen=True, slots=True)
class Departure:
    """[[departure]]: where the preset does something else than its document, and why."""

    document: str
    why: str


@dataclass(frozen=True, slots=True)
class Preset:
    """One preset with every layer applied."""

    name: str
    file: Path
    origin: Origin
    summary: str
    launch: Launch
    args: Mapping[str, ArgValue] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    epochs_argument: str | None = None
    config: DerivedFile | None = None
    data: DerivedFile | None = None
    batch: Batch | None = None
    needs: Needs = field(default_factory=Needs)
    metrics: MetricsSource = field(default_factory=MetricsSource)
    resume: Resume | None = None
    retry: Retry = field(default_factory=Retry)
    weights: Weights = field(default_factory=Weights)
    estimate: EstimateFacts = field(default_factory=EstimateFacts)
    prepare: tuple[Step, ...] = ()
    after: tuple[Step, ...] = ()
    departures: tuple[Departure, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    """Dotted key to the layer that gave its value: preset, config.toml, --set, form."""
    document: Mapping[str, object] = field(default_factory=dict)
    """The merged TOML document that this was built from; with changes it can be built again."""
    tail: tuple[str, ...] = ()
    """Words after the arguments: how a resumed trainer is told where to continue."""

    def with_setting(self, name: str, value: ArgValue) -> Preset:
        """Return the preset with one argument changed, or one dotted key of its [config]."""
        if name not in self.args and self.config is not None and name in self.config.set:
            config = replace(self.config, set={**self.config.set, name: value})
            return replace(self, config=config)
        return replace(self, args={**self.args, name: value})
