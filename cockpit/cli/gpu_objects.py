"""The GPUs of this machine as JSON objects: the contract that scripts rely on. Pure.

Keys carry their units as the samples do; a value that is not known is null.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Final

from cockpit.devices.sample import (
    DeviceReading,
    DeviceSource,
    GpuProcess,
    GpuSample,
)
from cockpit.devices.throttle import throttle_words
from cockpit.views.gpu_owners import GpuOwner, owner_of_process


@dataclass(frozen=True, slots=True)
class Owners:
    """Which runs use the GPUs."""

    by_gpu: Mapping[str, GpuOwner] = field(default_factory=dict)
    """By `GpuSample.key`."""
    by_pid: Mapping[int, GpuOwner] = field(default_factory=dict)


NOBODY: Final = Owners()


def gpu_objects(
    reading: DeviceReading, now_s: float, owners: Owners = NOBODY
) -> list[dict[str, object]]:
    """Return the objects of `gpus --json`."""
    inventory = reading.inventory
    is_simulated = inventory is not None and inventory.source is DeviceSource.SIMULATED
    return [_gpu_object(sample, now_s, owners, is_simulated) for sample in reading.gpus]


def _gpu_object(
    sample: GpuSample, now_s: float, owners: Owners, is_simulated: bool
) -> dict[str, object]:
    owner = owners.by_gpu.get(sample.key)
    processes = sample.processes
    return {
        "gpu_index": sample.gpu_index,
        "gpu_uuid": sample.gpu_uuid or None,
        "name": sample.name or None,
        "utilization_pct": sample.utilization_pct,
        "memory_used_bytes": sample.memory_used_bytes,
        "memory_total_bytes": sample.memory_total_bytes,
        "temperature_c": sample.temperature_c,
        "power_w": sample.power_w,
        "age_s": _age_s(sample, now_s),
        "problem": sample.problem,
        "run": owner.run_id if owner else None,
        "rank": owner.rank if owner else None,
        "time": sample.time,
        "is_simulated": is_simulated,
        "mig_index": sample.mig_index,
        "has_mig": sample.has_mig,
        "memory_reserved_bytes": sample.memory_reserved_bytes,
        "memory_temperature_c": sample.memory_temperature_c,
        "temperature_slowdown_c": sample.temperature_slowdown_c,
        "temperature_shutdown_c": sample.temperature_shutdown_c,
        "power_limit_w": sample.power_limit_w,
        "sm_clock_mhz": sample.sm_clock_mhz,
        "sm_clock_max_mhz": sample.sm_clock_max_mhz,
        "throttle": sample.throttle,
        "throttle_reasons": _reasons(sample),
        "fan_pct": sample.fan_pct,
        "pcie": asdict(sample.pcie) if sample.pcie else None,
        "nvlink": asdict(sample.nvlink) if sample.nvlink else None,
        "memory_health": asdict(sample.memory_health) if sample.memory_health else None,
        "energy_j": sample.energy_j,
        "processes": None if processes is None else [_process(one, owners) for one in processes],
        "processes_problem": sample.processes_problem,
    }


def _process(process: GpuProcess, owners: Owners) -> dict[str, object]:
    owner = owner_of_process(process, owners.by_pid)
    return {
        "pid": process.pid,
        "user": process.user,
        "command": process.command,
        "memory_used_bytes": process.memory_used_bytes,
        "sm_pct": process.sm_pct,
        "is_visible": process.is_visible,
        "run": owner.run_id if owner else None,
        "rank": owner.rank if owner else None,
    }


def _age_s(sample: GpuSample, now_s: float) -> float | None:
    return round(max(0.0, now_s - sample.time), 3) if sample.has_readings else None


def _reasons(sample: GpuSample) -> list[str] | None:
    return None if sample.throttle is None else list(throttle_words(sample.throttle))
