"""What a run made of its GPUs and takes from its host, as labels and values. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from cockpit.analysis.alerts.limits import Targets
from cockpit.runs.gpu_figures import EnergySource, GpuFigures
from cockpit.runs.usage import RunUsage
from cockpit.tui.widgets.facts import Fact
from cockpit.units import GIB, MISSING, binary, duration
from cockpit.views.run_view import RunView

KWH_J: Final = 3_600_000


def figure_facts(run: RunView, targets: Targets) -> Iterable[Fact]:
    """Return the figures of the run's GPUs, each beside where a healthy training lies."""
    figures = run.gpu_figures
    if not figures:
        return
    low, high = targets.utilization_pct
    util = mean_utilization_pct(figures)
    said = MISSING if util is None else f"{util:.0f} %"
    yield Fact("GPU util, mean", said, note=f"target {low:.0f} to {high:.0f}")
    yield from _memory(figures, targets)
    yield from _heat(figures, targets)
    yield from _energy(figures)
    slowed = [one for one in figures if one.throttled_s >= 1]
    if slowed:
        worst = max(slowed, key=lambda one: one.throttled_s)
        words = f"GPU {worst.gpu_index} for {duration(worst.throttled_s)}"
        more = f", {len(slowed) - 1} more" if len(slowed) > 1 else ""
        yield Fact("clock held down", words + more, "attention")


def mean_utilization_pct(figures: Sequence[GpuFigures]) -> float | None:
    """Return the mean over all GPUs, each by how long it was read; None where none told."""
    told = [
        (one.mean_utilization_pct, one.seconds)
        for one in figures
        if one.mean_utilization_pct is not None
    ]
    total = sum(seconds for _, seconds in told)
    return sum(mean * seconds for mean, seconds in told) / total if total else None


def _memory(figures: Sequence[GpuFigures], targets: Targets) -> Iterable[Fact]:
    told = [one for one in figures if one.peak_memory_bytes is not None]
    if not told:
        return
    fullest = max(told, key=_memory_part)
    peak, total = fullest.peak_memory_bytes, fullest.memory_total_bytes
    assert peak is not None
    low, high = targets.memory_pct
    if not total:
        yield Fact("GPU memory, peak", binary(peak))
        return
    part = f"{100 * peak / total:.0f} %"
    of = f"{peak / GIB:.1f} of {total / GIB:.1f} GiB"
    yield Fact("GPU memory, peak", f"{of}, {part}", note=f"target {low:.0f} to {high:.0f}")


def _memory_part(one: GpuFigures) -> float:
    return (one.peak_memory_bytes or 0) / (one.memory_total_bytes or GIB)


def _heat(figures: Sequence[GpuFigures], targets: Targets) -> Iterable[Fact]:
    told = [one for one in figures if one.peak_temperature_c is not None]
    if told:
        hottest = max(told, key=lambda one: one.peak_temperature_c or 0)
        words = f"GPU {hottest.gpu_index}, {hottest.peak_temperature_c:.0f} °C"
        yield Fact("hottest", words, note=f"target under {targets.temperature_c:.0f}")


def _energy(figures: Sequence[GpuFigures]) -> Iterable[Fact]:
    told = [one for one in figures if one.energy_j is not None]
    if told:
        kwh = sum(one.energy_j or 0 for one in told) / KWH_J
        sampled = any(one.energy_source is EnergySource.SAMPLES for one in told)
        missing = (
            f"without {len(figures) - len(told)} of the GPUs" if figures != tuple(told) else ""
        )
        notes = ("from samples" if sampled else "", missing)
        decimals = 3 if kwh < 0.1 else 2 if kwh < 10 else 0
        said = f"{kwh:,.{decimals}f} kWh"
        yield Fact("GPU energy", said, note=", ".join(note for note in notes if note))


def usage_facts(run: RunView) -> Iterable[Fact]:
    """Return what its processes take from the host."""
    usage = run.usage if run.phase.is_live else None
    if usage is None:
        return
    yield Fact("CPU of the run", cores_words(usage.cpu_cores))
    yield Fact("memory of the run", binary(usage.memory_bytes))
    if usage.worker_count:
        yield Fact("loader workers", _worker_words(usage))


def cores_words(cores: float | None) -> str:
    """Return `1.0 core`, `12.4 cores`."""
    if cores is None:
        return MISSING
    return f"{cores:.1f} core{'' if f'{cores:.1f}' == '1.0' else 's'}"


def _worker_words(usage: RunUsage) -> str:
    cores = usage.worker_cpu_cores
    return f"{usage.worker_count}" + ("" if cores is None else f", {cores_words(cores)}")
