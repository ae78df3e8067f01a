"""How busy, warm and hungry a simulated GPU is. Pure.

The load is a function of the clock alone, so that two programs show the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from cockpit.devices.sample import GpuProcess, GpuSample, MemoryHealth, NvLink, PcieLink
from cockpit.devices.simulated_models import Model
from cockpit.devices.throttle import Throttle
from cockpit.units import DAY_S, GIB, MIB

EPOCH_S: Final = 47.0
"""The training that is pretended validates this often, and its load dips then."""
DIP_S: Final = 5.0
MEMORY_SHARE: Final = 0.76
RESERVED_BYTES: Final = 233 * MIB
IDLE_TEMPERATURE_C: Final = 34.0
IDLE_POWER_SHARE: Final = 0.2
BUSY_POWER_SHARE: Final = 0.78
"""This much more at full load."""
POWER_CAP_FROM: Final = 0.95
"""A load from which the power limit holds the clock down."""
PCIE_BYTES_PER_S: Final = 0.985e9
"""Of one lane of generation 3 in one direction; each generation doubles it (PCI-SIG)."""
LANES: Final = 16
RELOADED_S: Final = 30 * DAY_S
"""The driver is pretended to be loaded anew this often, for the counter of energy."""
FIRST_PID: Final = 3_999_000


def identity(model: Model, gpu_index: int, now_s: float) -> GpuSample:
    """Return what does not change on a simulated GPU."""
    return GpuSample(
        gpu_index=gpu_index,
        gpu_uuid=f"SIMULATED-{gpu_index:08x}",
        name=model.name,
        time=now_s,
        memory_total_bytes=model.memory_total_bytes,
        memory_reserved_bytes=RESERVED_BYTES,
        temperature_slowdown_c=model.temperature_slowdown_c,
        temperature_shutdown_c=model.temperature_slowdown_c + 3,
        power_limit_w=model.power_limit_w,
        sm_clock_max_mhz=model.sm_clock_mhz,
    )


def under_load(known: GpuSample, model: Model, now_s: float) -> GpuSample:
    """Return the reading of a GPU that trains: busy, with a dip at the end of each epoch."""
    busy = load_share(known.gpu_index, now_s)
    warm = load_share(known.gpu_index, now_s - 8, span_s=20)
    wave = math.sin(now_s / 11 + known.gpu_index)
    temperature_c = round(IDLE_TEMPERATURE_C + 39 * warm + 2 * math.sin(known.gpu_index * 2.4))
    return replace(
        known,
        time=now_s,
        utilization_pct=round(100 * busy),
        memory_used_bytes=round(model.memory_total_bytes * (MEMORY_SHARE + 0.004 * wave)),
        temperature_c=temperature_c,
        memory_temperature_c=temperature_c + 7 if model.is_for_servers else None,
        power_w=round(model.power_limit_w * (IDLE_POWER_SHARE + BUSY_POWER_SHARE * busy), 1),
        sm_clock_mhz=round(model.sm_clock_mhz * (0.985 + 0.015 * wave)),
        throttle=int(Throttle.POWER_CAP if busy > POWER_CAP_FROM else Throttle.NONE),
        fan_pct=None if model.is_for_servers else round(1.2 * (temperature_c - 10)),
        pcie=_pcie(model, busy),
        nvlink=_nvlink(model, busy),
        memory_health=MemoryHealth(0, 0, 0, False, False) if model.is_for_servers else None,
        energy_j=round(energy_j(model, known.gpu_index, now_s), 3),
        processes=None,
        processes_problem="a simulated load has no processes",
        problem=None,
    )


def load_share(gpu_index: int, now_s: float, *, span_s: float = 1) -> float:
    """Return the mean load over the last `span_s`, 0 to 1, around 0.93 between the dips."""
    steps = max(1, round(span_s))
    return sum(_load_at(gpu_index, now_s - step) for step in range(steps)) / steps


def _load_at(gpu_index: int, now_s: float) -> float:
    if now_s % EPOCH_S < DIP_S:
        return 0.22 + 0.05 * math.sin(now_s * 2 + gpu_index)
    return 0.93 + 0.04 * math.sin(now_s / 3 + gpu_index * 1.7) + 0.03 * math.sin(now_s)


def energy_j(model: Model, gpu_index: int, now_s: float) -> float:
    """Return the integral of the power over time since the driver was pretended to be loaded."""
    loaded_s = now_s - now_s % RELOADED_S
    busy_s = _load_seconds(gpu_index, now_s) - _load_seconds(gpu_index, loaded_s)
    idle_s = now_s - loaded_s
    return model.power_limit_w * (IDLE_POWER_SHARE * idle_s + BUSY_POWER_SHARE * busy_s)


def _load_seconds(gpu_index: int, until_s: float) -> float:
    """Return the integral of `_load_at` from 0 on, in closed form: epochs by the thousand."""
    epochs, rest_s = divmod(until_s, EPOCH_S)
    began_s = epochs * EPOCH_S
    total = epochs * (0.22 * DIP_S + 0.93 * (EPOCH_S - DIP_S))
    total += 0.22 * min(rest_s, DIP_S) + 0.93 * max(0.0, rest_s - DIP_S)
    waves = (  # amplitude, frequency, phase, from and to second of an epoch
        (0.05, 2.0, gpu_index, 0.0, DIP_S),
        (0.04, 1 / 3, gpu_index * 1.7, DIP_S, EPOCH_S),
        (0.03, 1.0, 0.0, DIP_S, EPOCH_S),
    )
    for amplitude, frequency, phase, start_s, end_s in waves:
        step = frequency * EPOCH_S
        whole = _cosines(epochs, step, frequency * start_s + phase)
        whole -= _cosines(epochs, step, frequency * end_s + phase)
        last_s = min(max(rest_s, start_s), end_s)
        part = math.cos(frequency * (began_s + start_s) + phase)
        part -= math.cos(frequency * (began_s + last_s) + phase)
        total += amplitude / frequency * (whole + part)
    return total


def _cosines(count: float, step: float, phase: float) -> float:
    """Return the sum of cos(k * step + phase) for k from 0 to count - 1 (Lagrange's identity)."""
    middle = math.cos(phase + (count - 1) * step / 2)
    return math.sin(count * step / 2) / math.sin(step / 2) * middle


def _pcie(model: Model, busy: float) -> PcieLink:
    most = LANES * PCIE_BYTES_PER_S * 2 ** (model.pcie_generation - 3)
    return PcieLink(
        generation=model.pcie_generation if busy else 1,
        generation_max=model.pcie_generation,
        width=LANES,
        width_max=LANES,
        rx_bytes_per_s=round(0.11 * most * busy),
        tx_bytes_per_s=round(0.06 * most * busy),
        replay_count=0,
    )


def _nvlink(model: Model, busy: float) -> NvLink | None:
    if not model.nvlink_count:
        return None
    traffic = round(0.3 * model.nvlink_count * model.nvlink_bytes_per_s * busy)
    return NvLink(model.nvlink_count, model.nvlink_count, traffic, traffic, 0)


def _hot(sample: GpuSample, model: Model) -> GpuSample:
    limit_c = model.temperature_slowdown_c
    return _held_down(sample, 0.78, 0.85, Throttle.SW_THERMAL, temperature_c=limit_c - 1)


def _throttled(sample: GpuSample, model: Model) -> GpuSample:
    why = Throttle.HW_THERMAL | Throttle.HW_SLOWDOWN
    return _held_down(sample, 0.5, 0.55, why, temperature_c=model.temperature_slowdown_c)


def _braked(sample: GpuSample, _: Model) -> GpuSample:
    return _held_down(sample, 0.5, 0.5, Throttle.POWER_BRAKE | Throttle.HW_SLOWDOWN)


def _slow(sample: GpuSample, _: Model) -> GpuSample:
    """Return a straggler: as busy as the others, slower, and nothing says why."""
    return _held_down(sample, 0.7, 0.62, Throttle.NONE)


def _held_down(
    sample: GpuSample,
    clock_share: float,
    power_share: float,
    why: Throttle,
    temperature_c: float | None = None,
) -> GpuSample:
    return replace(
        sample,
        temperature_c=sample.temperature_c if temperature_c is None else temperature_c,
        sm_clock_mhz=round(clock_share * (sample.sm_clock_mhz or 0)),
        power_w=round(power_share * (sample.power_w or 0), 1),
        throttle=int(why),
    )


def _idle(sample: GpuSample, model: Model) -> GpuSample:
    return replace(
        sample,
        utilization_pct=0,
        memory_used_bytes=3 * MIB,
        temperature_c=IDLE_TEMPERATURE_C,
        memory_temperature_c=IDLE_TEMPERATURE_C + 4 if model.is_for_servers else None,
        power_w=round(0.12 * model.power_limit_w, 1),
        sm_clock_mhz=210,
        throttle=int(Throttle.IDLE),
        fan_pct=None if model.is_for_servers else 0,
        pcie=_pcie(model, 0.0),
        nvlink=_nvlink(model, 0.0),
        processes=(),
        processes_problem=None,
    )


def _remapped(sample: GpuSample, _: Model) -> GpuSample:
    return replace(sample, memory_health=MemoryHealth(0, 1, 1, True, False))


def _busy(sample: GpuSample, _: Model) -> GpuSample:
    process = GpuProcess(
        pid=FIRST_PID + sample.gpu_index,
        memory_used_bytes=max(0, (sample.memory_used_bytes or 0) - 300 * MIB),
        sm_pct=sample.utilization_pct,
        user="ada",
        command="python train.py --epochs 300",
    )
    return _with_process(sample, process)


def _hidden(sample: GpuSample, _: Model) -> GpuSample:
    process = GpuProcess(FIRST_PID + sample.gpu_index, sample.memory_used_bytes, is_visible=False)
    return _with_process(sample, process)


def _with_process(sample: GpuSample, process: GpuProcess) -> GpuSample:
    processes = (*(sample.processes or ()), process)
    return replace(sample, processes=processes, processes_problem=None)


EFFECTS: Final[dict[str, Callable[[GpuSample, Model], GpuSample]]] = {
    "idle": _idle,
    "slow": _slow,
    "hot": _hot,
    "brake": _braked,
    "throttle": _throttled,
    "remap": _remapped,
    "busy": _busy,
    "hidden": _hidden,
}
"""What a fault makes of a healthy reading; in this order where a GPU has several."""


def without(sample: GpuSample, missing: Iterable[str]) -> GpuSample:
    """Return the reading of a GPU that does not tell these fields."""
    untold: dict[str, None] = dict.fromkeys(missing)
    return replace(sample, **untold)  # type: ignore[arg-type]  # spec.FIELDS may all be None


def cut_into(sample: GpuSample, count: int) -> tuple[GpuSample, ...]:
    """Return a GPU that is cut into MIG devices and those: who has them only tells memory."""
    parent = replace(sample, has_mig=True, utilization_pct=None, processes=None)
    used, total = sample.memory_used_bytes, (sample.memory_total_bytes or 0) // count
    devices = (
        GpuSample(
            gpu_index=sample.gpu_index,
            gpu_uuid=f"MIG-{sample.gpu_uuid}-{mig_index}",
            name=f"MIG {7 // count}g.{total // GIB}gb",
            time=sample.time,
            memory_used_bytes=None if used is None else used // count,
            memory_total_bytes=total,
            processes=sample.processes if mig_index == 0 else (),
            mig_index=mig_index,
        )
        for mig_index in range(count)
    )
    return (parent, *devices)
