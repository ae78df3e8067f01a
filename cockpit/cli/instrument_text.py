"""What the instruments tell of a run, in words, for `cockpit show`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from cockpit import units
from cockpit.analysis.alerts.limits import Targets
from cockpit.runs.gpu_figures import EnergySource, GpuFigures
from cockpit.views.run_view import RunView

MOST_GPUS: Final = 8
"""So many GPUs have a line of their own; `--json` has them all."""
_SOURCES: Final = {EnergySource.COUNTER: "counter", EnergySource.SAMPLES: "from power readings"}


def alert_lines(view: RunView) -> list[tuple[str, str]]:
    """Return what was noticed and still holds, each with what to try."""
    return [
        (label if label else one.level.value, text)
        for one in view.alerts
        for label, text in (("", f"{one.subject}: {one.what}"), ("  try", one.remedy))
    ]


def usage_line(view: RunView) -> str:
    """Return `3.2 cores · 12.4 GiB · 18 processes · 8 loader workers (2.1 cores)`."""
    usage = view.usage
    if usage is None:
        return ""
    count = usage.process_count
    parts = [
        f"{_cores(usage.cpu_cores)} cores",
        units.binary(usage.memory_bytes),
        f"{count} process" if count == 1 else f"{count} processes",
    ]
    if usage.worker_count:
        workers = "worker" if usage.worker_count == 1 else "workers"
        busy = f" ({_cores(usage.worker_cpu_cores)} cores)"
        parts.append(f"{usage.worker_count} loader {workers}{busy}")
    return " · ".join(parts)


def figure_lines(view: RunView, targets: Targets) -> list[tuple[str, str]]:
    """Return a line for each of the first GPUs, and before them one for all where there are more.

    What a healthy training reaches stands in the first line only.
    """
    figures = sorted(view.gpu_figures, key=lambda one: one.gpu_index)
    said = "SIMULATED " if view.is_simulated else ""
    rows = []
    if len(figures) > 1:
        rows.append((f"all {len(figures)}", said + figures_text(figures, targets)))
    rows += [
        (f"GPU {one.gpu_index}", said + figures_text([one], targets if len(figures) == 1 else None))
        for one in figures[:MOST_GPUS]
    ]
    if len(figures) > MOST_GPUS:
        rows.append(("", f"… {len(figures) - MOST_GPUS} more: cockpit show --json"))
    return rows


def figures_text(figures: Sequence[GpuFigures], targets: Targets | None) -> str:
    """Return `util mean 84 % · memory peak 6.4/8.0 GiB · 71° peak · 198 W mean · 1.2 kWh`."""
    parts = [_utilization(figures, targets), _memory(figures, targets)]
    peak_c = _highest(one.peak_temperature_c for one in figures)
    if peak_c is not None:
        parts.append(f"{peak_c:.0f}° peak" + (_under(targets) if targets else ""))
    power_w = _total(one.mean_power_w for one in figures)
    if power_w is not None:
        parts.append(f"{power_w:,.0f} W mean")
    parts += [_energy(figures), _throttled(figures)]
    return " · ".join(filter(None, parts))


def _utilization(figures: Sequence[GpuFigures], targets: Targets | None) -> str:
    mean = _mean(figures, lambda one: one.mean_utilization_pct)
    if mean is None:
        return ""
    if targets is None:
        return f"util mean {mean:.0f} %"
    low, high = targets.utilization_pct
    return f"util mean {mean:.0f} % (target {low:.0f} to {high:.0f})"


def _memory(figures: Sequence[GpuFigures], targets: Targets | None) -> str:
    """Return the peak of the GPU that came nearest to its end."""
    told = [one for one in figures if one.peak_memory_bytes is not None]
    if not told:
        return ""
    worst = max(told, key=_fullness)
    total = f"/{units.gib(worst.memory_total_bytes)}" if worst.memory_total_bytes else ""
    text = f"memory peak {units.gib(worst.peak_memory_bytes)}{total} GiB"
    if targets is None or not worst.memory_total_bytes:
        return text
    low, high = targets.memory_pct
    return f"{text}, {100 * _fullness(worst):.0f} % (target {low:.0f} to {high:.0f})"


def _fullness(one: GpuFigures) -> float:
    if one.peak_memory_bytes is None or not one.memory_total_bytes:
        return 0.0
    return one.peak_memory_bytes / one.memory_total_bytes


def _under(targets: Targets) -> str:
    return f" (target under {targets.temperature_c:.0f})"


def _energy(figures: Sequence[GpuFigures]) -> str:
    """Return the energy and what it rests on; where some GPUs tell none, how many do."""
    told = [one for one in figures if one.energy_j is not None]
    energy_j = _total(one.energy_j for one in told)
    if energy_j is None:
        return ""
    sources = {one.energy_source for one in told if one.energy_source is not None}
    words = [text for source, text in _SOURCES.items() if source in sources]
    if len(told) < len(figures):
        words.append(f"of {len(told)} GPUs")
    return f"{kwh(energy_j)} ({', '.join(words)})" if words else kwh(energy_j)


def _throttled(figures: Sequence[GpuFigures]) -> str:
    seconds = max((one.throttled_s for one in figures), default=0.0)
    return f"clock held down for {units.duration(seconds)}" if seconds >= 1 else ""


def kwh(energy_j: float) -> str:
    """Return `1.2 kWh`, or `84 Wh` of less than that."""
    watt_hours = energy_j / units.HOUR_S
    if watt_hours < 100:
        return f"{watt_hours:.0f} Wh" if watt_hours >= 10 else f"{watt_hours:.1f} Wh"
    return f"{watt_hours / 1000:,.1f} kWh"


def _mean(
    figures: Sequence[GpuFigures], pick: Callable[[GpuFigures], float | None]
) -> float | None:
    """Return the mean over GPUs, each weighed by the time for which it was read."""
    told = [(value, one.seconds) for one in figures if (value := pick(one)) is not None]
    seconds = sum(weight for _, weight in told)
    return sum(value * weight for value, weight in told) / seconds if seconds else None


def _total(values: Iterable[float | None]) -> float | None:
    told = [value for value in values if value is not None]
    return sum(told) if told else None


def _highest(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _cores(cores: float | None) -> str:
    return units.MISSING if cores is None else f"{cores:.1f}"
