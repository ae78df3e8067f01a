"""One measurement that estimates rest on: a run, a probe, the result of a tool. Values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """Where a calibration comes from."""

    RUN = "run"
    PROBE = "probe"
    SCALING = "scaling"
    STEPTIME = "steptime"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class ScalingPoint:
    """Throughput at one world size."""

    world_size: int
    batch_per_rank: int
    samples_per_s: float
    """Over the whole world."""


@dataclass(frozen=True, slots=True)
class MemoryMeasured:
    """What one rank took, of a GPU's memory or of its host's."""

    is_host: bool
    peak_bytes: int | None = None
    """At the batch of the calibration."""
    base_bytes: float | None = None
    """Of the line through several batches: at batch 0,"""
    sample_bytes: float | None = None
    """and for each sample more."""
    largest_batch: int | None = None
    """That fitted and was verified."""
    capacity_bytes: int | None = None
    peaks: tuple[tuple[int, int], ...] = ()
    """Batch and peak bytes of each batch that was measured, ascending."""


@dataclass(frozen=True, slots=True)
class Foretold:
    """What was said before a run began, in seconds."""

    total_s: float
    low_s: float
    high_s: float
    basis: str
    """The evidence in a few words."""
    epoch_s: tuple[float, float, float] | None = None
    """Low, likely and high of a usual epoch, where that rests on measurements."""
    end_s: tuple[float, float, float] | None = None
    """The same of what follows the last epoch."""
    second_extra_s: float | None = None
    """By how much the second epoch was longer than a usual one in runs like it."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was measured, of which work, and on what. Missing values are None."""

    calibration_id: str
    """`run:quickstart-20261122-021500`: unique, and names its source."""
    kind: Kind
    time_s: float
    """When it was measured, epoch seconds."""
    host: str
    device: str
    """The GPU as its driver names it, or `cpu: ` with the processor and its cores."""
    is_simulated: bool = False
    """Its GPUs were simulated: its times are those of a CPU."""
    preset: str | None = None
    model: str | None = None
    """As the trainer was told."""
    imgsz: int | None = None
    batch_per_rank: int | None = None
    world_size: int | None = None
    train_samples: int | None = None
    epochs: int | None = None
    """That were asked for."""
    args: Mapping[str, str] = field(default_factory=dict)
    """What the trainer was told, as text."""
    start_s: float | None = None
    """From the start of the job to where the first epoch would have begun at the usual pace."""
    epoch_s: float | None = None
    """A usual epoch, validation and checkpoint included."""
    epoch_low_s: float | None = None
    epoch_high_s: float | None = None
    """Between these nine of ten of its epochs lay."""
    is_bounded: bool = False
    """Nobody timed its epochs: `epoch_s` is a share of a longer time, of which a start is assumed,
    and the two say how far off it may be."""
    epochs_done: int = 0
    second_extra_s: float | None = None
    """By how much its second epoch was longer than a usual one, or shorter: where trainers save
    and validate for the first time. The first one holds the start-up anyway."""
    step_s: float | None = None
    """One optimizer step, of training alone."""
    end_s: float | None = None
    """From the end of the last epoch to the end of the job."""
    total_s: float | None = None
    """The whole job; None unless it did all that was asked."""
    attempts: int = 1
    points: tuple[ScalingPoint, ...] = ()
    memory: MemoryMeasured | None = None
    energy_j: float | None = None
    foretold: Foretold | None = None
