"""What a run made of its GPUs, from its beginning on: means, peaks, energy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cockpit.runs.fields import Fields


class EnergySource(StrEnum):
    """What an energy rests on."""

    COUNTER = "counter"
    """The GPU's own counter: exact."""
    SAMPLES = "samples"
    """Power readings times the time between them."""


@dataclass(frozen=True, slots=True)
class GpuFigures:
    """One GPU over the whole run so far. Means are over the time in which it was read."""

    gpu_index: int
    gpu_uuid: str
    name: str
    seconds: float
    """For how long it was read."""
    mean_utilization_pct: float | None = None
    mean_power_w: float | None = None
    peak_power_w: float | None = None
    peak_memory_bytes: int | None = None
    memory_total_bytes: int | None = None
    mean_temperature_c: float | None = None
    peak_temperature_c: float | None = None
    throttled_s: float = 0.0
    """For how long heat or the power supply held its clock down."""
    energy_j: float | None = None
    energy_source: EnergySource | None = None
    energy_counter_j: float | None = None
    """Where the GPU's counter stood last, so that another supervisor can count on."""


def parse_gpu_figures(fields: Fields) -> GpuFigures | None:
    """Return the figures in a JSON object, or None where there are none."""
    gpu_index = fields.integer("gpu_index")
    if gpu_index is None:
        return None
    source = fields.text("energy_source")
    return GpuFigures(
        gpu_index=gpu_index,
        gpu_uuid=fields.text("gpu_uuid") or "",
        name=fields.text("name") or "",
        seconds=fields.number("seconds") or 0.0,
        mean_utilization_pct=fields.number("mean_utilization_pct"),
        mean_power_w=fields.number("mean_power_w"),
        peak_power_w=fields.number("peak_power_w"),
        peak_memory_bytes=fields.integer("peak_memory_bytes"),
        memory_total_bytes=fields.integer("memory_total_bytes"),
        mean_temperature_c=fields.number("mean_temperature_c"),
        peak_temperature_c=fields.number("peak_temperature_c"),
        throttled_s=fields.number("throttled_s") or 0.0,
        energy_j=fields.number("energy_j"),
        energy_source=EnergySource(source) if source in set(EnergySource) else None,
        energy_counter_j=fields.number("energy_counter_j"),
    )
