"""What a run took: time, GPU hours, energy, money."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from cockpit.analysis.comparison.subject import Subject
from cockpit.analysis.price import Price
from cockpit.metrics.series import Axis, MetricTable

HOUR_S: Final = 3600
LOOK_BACK: Final = 1000
"""So many epochs tell how long one takes."""


class EpochBasis(StrEnum):
    """What the length of an epoch rests on."""

    RESULTS = "results"
    """The median of the epochs' own times, from the second on."""
    DURATION = "duration"
    """The whole run by its epochs, so with start and end."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What one run took. Missing values are None."""

    duration_s: float | None = None
    duration_is_training: bool = False
    """The duration is that of the epochs in its results, without start and end."""
    epoch_s: float | None = None
    epoch_basis: EpochBasis | None = None
    samples_per_s: float | None = None
    gpu_hours: float | None = None
    """0 on the CPU."""
    energy_j: float | None = None
    cost: float | None = None
    """Of its GPUs; the CPU has no price."""
    peak_memory_bytes: int | None = None


def effort_of(subject: Subject, price: Price | None) -> Effort:
    """Return what a run took; without a price there is no cost."""
    ends = subject.table.epoch_ends
    duration_s = subject.duration_s
    is_training = duration_s is None and bool(ends)
    if is_training:
        duration_s = ends[-1][1]
    epoch_s, basis = _epoch_seconds(subject, duration_s)
    hours = None
    if duration_s is not None and subject.gpu_count is not None:
        hours = duration_s * subject.gpu_count / HOUR_S
    return Effort(
        duration_s,
        is_training,
        epoch_s,
        basis,
        _throughput(subject, epoch_s),
        hours,
        subject.energy_j,
        hours * price.gpu_hour if hours and price is not None else None,
        subject.peak_memory_bytes,
    )


def seconds_until(table: MetricTable, x: float | None) -> float | None:
    """Return the seconds of training up to the end of an epoch, where the results tell."""
    if x is None or table.axis is not Axis.EPOCH:
        return None
    for epoch, seconds in table.epoch_ends:
        if epoch >= x:
            return seconds
    return None


def _epoch_seconds(
    subject: Subject, duration_s: float | None
) -> tuple[float | None, EpochBasis | None]:
    ends = subject.table.epoch_ends[-LOOK_BACK:]
    lengths = [
        (later_s - early_s) / (later - early)
        for (early, early_s), (later, later_s) in pairwise(ends)
        if later > early
    ]
    if lengths:
        return statistics.median(lengths), EpochBasis.RESULTS
    if duration_s is not None and subject.epoch:
        return duration_s / subject.epoch, EpochBasis.DURATION
    return None, None


def _throughput(subject: Subject, epoch_s: float | None) -> float | None:
    speed = subject.table.series.get("samples_per_s")
    if speed is not None and speed.values:
        return statistics.median(_some(speed.values))
    samples = subject.table.facts.train_samples
    if subject.samples_per_s is None and samples and epoch_s:
        return samples / epoch_s
    return subject.samples_per_s


def _some(values: Sequence[float]) -> Sequence[float]:
    return values[-LOOK_BACK:]
