"""What a preset holds. The keys, their types and their meaning are the table in `schema`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

Scalar = str | int | float | bool
ArgValue = Scalar | tuple[Scalar, ...]


class LaunchKind(StrEnum):
    """How a trainer is started."""

    PYTHON = "python"
    TORCHRUN = "torchrun"
    ULTRALYTICS = "ultralytics"


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


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """[config]: a settings file of the trainer, of which a changed copy is handed to it."""

    file: str
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
    args: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """[[prepare]] or [[after]]: one command of its own."""

    what: str
    command: str
    done_when: str | None = None


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
    config: ConfigFile | None = None
    batch: Batch | None = None
    needs: Needs = field(default_factory=Needs)
    metrics: MetricsSource = field(default_factory=MetricsSource)
    resume: Resume | None = None
    retry_attempts: int = 0
    prepare: tuple[Step, ...] = ()
    after: tuple[Step, ...] = ()
    departures: tuple[Departure, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    """Dotted key to the layer that gave its value: preset, config.toml, --set, form."""
