"""Where a healthy training lies, in muted words; a high load is never a danger. Pure."""

from __future__ import annotations

from cockpit.analysis.alerts.limits import Targets
from cockpit.devices.sample import GpuSample
from cockpit.units import GIB
from cockpit.views.gpu_history import Figure

TARGETS = Targets()


def target_words(sample: GpuSample, figure: Figure, targets: Targets = TARGETS) -> str:
    """Return `target 90 to 95` in the unit of the chart; empty where there is none."""
    match figure:
        case Figure.UTILIZATION:
            low, high = targets.utilization_pct
            return f"target {low:.0f} to {high:.0f}"
        case Figure.MEMORY if sample.memory_total_bytes:
            total = sample.memory_total_bytes / GIB
            low, high = (part / 100 * total for part in targets.memory_pct)
            decimals = 1 if total < 99.95 else 0
            return f"target {low:.{decimals}f} to {high:.{decimals}f}"
        case Figure.TEMPERATURE:
            return f"target under {targets.temperature_c:.0f}"
        case Figure.POWER if sample.power_limit_w:
            return f"limit {sample.power_limit_w:.0f}"
        case _:
            return ""
