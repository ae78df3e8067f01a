"""What a run made of a GPU: means, peaks and energy, one sample after the other. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, TypeVar

from cockpit.devices.sample import GpuSample
from cockpit.devices.throttle import ALARMING
from cockpit.runs.gpu_figures import EnergySource, GpuFigures

N = TypeVar("N", int, float)

INTERVAL_S: Final = 5.0
"""How often a supervisor reads, where it does not say otherwise."""
LONGEST_GAP_S: Final = 60.0
GAP_INTERVALS: Final = 3
CHOICE_S: Final = 30.0
"""Within this a counter that is read more rarely than power may still become the source."""


def added(
    figures: GpuFigures | None,
    before: GpuSample | None,
    sample: GpuSample,
    interval_s: float = INTERVAL_S,
) -> GpuFigures:
    """Return the figures with one sample more; `before` is the last one that counted.

    A value stands for the time since `before`. A gap over three intervals, or over a minute, is no
    time at all: nobody knows what was in it. A sample without fresh values changes nothing.
    """
    known = figures or GpuFigures(sample.gpu_index, sample.gpu_uuid, sample.name, 0.0)
    if sample.problem is not None:
        return known
    elapsed_s = _elapsed_s(before, sample, interval_s)
    with_energy = _with_energy(_with_peaks(known, sample), sample, elapsed_s)
    return _with_time(with_energy, sample, elapsed_s)


def paused(figures: GpuFigures) -> GpuFigures:
    """Return the figures for an attempt that begins now.

    What the GPU's counter counted since the attempt before was used by others.
    """
    return replace(figures, energy_counter_j=None)


def _elapsed_s(before: GpuSample | None, sample: GpuSample, interval_s: float) -> float:
    """Return the time that a sample stands for; 0 after a gap and where the clock went back."""
    if before is None or before.problem is not None:
        return 0.0
    elapsed_s = sample.time - before.time
    longest_s = min(GAP_INTERVALS * interval_s, LONGEST_GAP_S)
    return elapsed_s if 0 < elapsed_s <= longest_s else 0.0


def _with_peaks(figures: GpuFigures, sample: GpuSample) -> GpuFigures:
    return replace(
        figures,
        name=figures.name or sample.name,
        peak_power_w=_higher(figures.peak_power_w, sample.power_w),
        peak_memory_bytes=_higher(figures.peak_memory_bytes, sample.memory_used_bytes),
        memory_total_bytes=sample.memory_total_bytes or figures.memory_total_bytes,
        peak_temperature_c=_higher(figures.peak_temperature_c, sample.temperature_c),
    )


def _with_time(figures: GpuFigures, sample: GpuSample, elapsed_s: float) -> GpuFigures:
    """Return the figures with the means over a longer time."""
    if not elapsed_s:
        return figures

    def mean(so_far: float | None, value: float | None) -> float | None:
        # what is not told now counts as the mean so far, and the other way round
        if value is None or so_far is None:
            return so_far if value is None else value
        return so_far + (value - so_far) * elapsed_s / (figures.seconds + elapsed_s)

    is_throttled = bool((sample.throttle or 0) & ALARMING)
    return replace(
        figures,
        seconds=figures.seconds + elapsed_s,
        mean_utilization_pct=mean(figures.mean_utilization_pct, sample.utilization_pct),
        mean_power_w=mean(figures.mean_power_w, sample.power_w),
        mean_temperature_c=mean(figures.mean_temperature_c, sample.temperature_c),
        throttled_s=figures.throttled_s + (elapsed_s if is_throttled else 0.0),
    )


def _with_energy(figures: GpuFigures, sample: GpuSample, elapsed_s: float) -> GpuFigures:
    """Return the figures with the energy of one source: the two are never added up."""
    source = figures.energy_source
    if sample.energy_j is not None and (
        source is not EnergySource.SAMPLES or figures.seconds <= CHOICE_S
    ):
        return _counted(figures, sample.energy_j)
    if source is EnergySource.COUNTER or sample.power_w is None or not elapsed_s:
        return figures
    return replace(
        figures,
        energy_j=(figures.energy_j or 0.0) + sample.power_w * elapsed_s,
        energy_source=EnergySource.SAMPLES,
    )


def _counted(figures: GpuFigures, counter_j: float) -> GpuFigures:
    """Return the figures after a look at the GPU's counter, which starts anew with the driver."""
    is_counting = figures.energy_source is EnergySource.COUNTER
    so_far_j = (figures.energy_j or 0.0) if is_counting else 0.0
    last_j = figures.energy_counter_j
    used_j = 0.0 if last_j is None else max(0.0, counter_j - last_j)
    return replace(
        figures,
        energy_j=so_far_j + used_j,
        energy_source=EnergySource.COUNTER,
        energy_counter_j=counter_j,
    )


def _higher(first: N | None, second: N | None) -> N | None:
    told = [value for value in (first, second) if value is not None]
    return max(told) if told else None
