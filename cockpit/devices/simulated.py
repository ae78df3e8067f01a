"""GPUs that are not there: for demos, tests and screens without a GPU. Faces label them SIMULATED.

The load is a function of the clock alone, so that two programs show the same.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from cockpit.devices.driver import ReadProgress
from cockpit.devices.sample import DeviceSource, GpuEvent, GpuSample
from cockpit.devices.spec import DeviceSpec, Model

EPOCH_S: Final = 47.0
"""The training that is pretended validates this often, and its load dips then."""
DIP_S: Final = 5.0
MEMORY_SHARE: Final = 0.76
IDLE_TEMPERATURE_C: Final = 34.0


@dataclass(frozen=True, slots=True)
class SimulatedDriver:
    """A box full of equal GPUs, some with scripted faults."""

    spec: DeviceSpec
    model: Model
    now: Callable[[], float] = time.monotonic
    started: float = field(default_factory=time.monotonic)
    """Faults count their seconds from here."""
    source: DeviceSource = DeviceSource.SIMULATED
    version: str | None = None
    problem: str | None = None

    @property
    def gpu_count(self) -> int:
        """How many GPUs are pretended."""
        return self.spec.count

    def open_gpu(self, gpu_index: int) -> SimulatedGpu:
        """Return the reader of one GPU."""
        return SimulatedGpu(self, gpu_index)

    def wait_events(self, timeout_s: float) -> tuple[GpuEvent, ...]:
        """Nothing happens to a pretended GPU by itself."""
        time.sleep(timeout_s)
        return ()

    def count_now(self) -> int | None:
        """Always as many as at the start."""
        return self.gpu_count


class SimulatedGpu:
    """One pretended GPU."""

    def __init__(self, driver: SimulatedDriver, gpu_index: int) -> None:
        self._driver = driver
        self._last = identity(driver.model, gpu_index, time.time())
        self._call: tuple[str, float] | None = None

    def identify(self) -> GpuSample:
        """Return uuid, name and limits."""
        return self._last

    def read(self) -> tuple[GpuSample, ...]:
        """Return the load of now; blocks for ever once a scripted hang has begun."""
        if self._has("hang"):
            self._call = ("a call that never ends", time.monotonic())
            threading.Event().wait()
        if self._has("lost"):
            return (replace(self._last, problem="lost: the driver reports GPU is lost"),)
        sample = under_load(self._last, self._driver.model, time.time())
        if self._has("hot"):
            sample = overheated(sample, self._driver.model)
        self._last = without(sample, self._driver.spec.missing)
        return (self._last,)

    def progress(self) -> ReadProgress:
        """Return the last reading, and the scripted hang once it is in it."""
        call = self._call
        return ReadProgress(self._last) if call is None else ReadProgress(self._last, *call)

    def _has(self, kind: str) -> bool:
        age_s = self._driver.now() - self._driver.started
        return any(
            fault.kind == kind
            and fault.gpu_index == self._last.gpu_index
            and age_s >= fault.after_s
            for fault in self._driver.spec.faults
        )


def identity(model: Model, gpu_index: int, now_s: float) -> GpuSample:
    """Return what does not change on a simulated GPU."""
    return GpuSample(
        gpu_index=gpu_index,
        gpu_uuid=f"SIMULATED-{gpu_index:08x}",
        name=model.name,
        time=now_s,
        memory_total_bytes=model.memory_total_bytes,
        temperature_slowdown_c=model.temperature_slowdown_c,
        power_limit_w=model.power_limit_w,
    )


def under_load(known: GpuSample, model: Model, now_s: float) -> GpuSample:
    """Return the reading of a GPU that trains: busy, with a dip at the end of each epoch."""
    busy = load_share(known.gpu_index, now_s)
    warm = load_share(known.gpu_index, now_s - 8, span_s=20)
    wave = math.sin(now_s / 11 + known.gpu_index)
    return replace(
        known,
        time=now_s,
        utilization_pct=round(100 * busy),
        memory_used_bytes=round(model.memory_total_bytes * (MEMORY_SHARE + 0.004 * wave)),
        temperature_c=round(IDLE_TEMPERATURE_C + 39 * warm + 2 * math.sin(known.gpu_index * 2.4)),
        power_w=round(model.power_limit_w * (0.2 + 0.78 * busy), 1),
        sm_clock_mhz=round(model.sm_clock_mhz * (0.985 + 0.015 * wave)),
        processes=(),
        problem=None,
    )


def load_share(gpu_index: int, now_s: float, *, span_s: float = 1) -> float:
    """Return the mean load over the last `span_s`, 0 to 1, around 0.93 between the dips."""
    steps = max(1, round(span_s))
    return sum(_load_at(gpu_index, now_s - step) for step in range(steps)) / steps


def _load_at(gpu_index: int, now_s: float) -> float:
    if now_s % EPOCH_S < DIP_S:
        return 0.22 + 0.05 * math.sin(now_s * 2 + gpu_index)
    return min(1.0, 0.93 + 0.04 * math.sin(now_s / 3 + gpu_index * 1.7) + 0.03 * math.sin(now_s))


def overheated(sample: GpuSample, model: Model) -> GpuSample:
    """Return the reading of a GPU that is too warm and has lowered its clock for it."""
    return replace(
        sample,
        temperature_c=model.temperature_slowdown_c - 1,
        sm_clock_mhz=round(0.78 * model.sm_clock_mhz),
        power_w=round(0.85 * (sample.power_w or 0), 1),
    )


def without(sample: GpuSample, missing: frozenset[str]) -> GpuSample:
    """Return the reading of a GPU that does not tell these fields."""
    return GpuSample(
        gpu_index=sample.gpu_index,
        gpu_uuid=sample.gpu_uuid,
        name=sample.name,
        time=sample.time,
        utilization_pct=None if "utilization_pct" in missing else sample.utilization_pct,
        memory_used_bytes=None if "memory_used_bytes" in missing else sample.memory_used_bytes,
        memory_total_bytes=sample.memory_total_bytes,
        temperature_c=None if "temperature_c" in missing else sample.temperature_c,
        temperature_slowdown_c=sample.temperature_slowdown_c,
        power_w=None if "power_w" in missing else sample.power_w,
        power_limit_w=sample.power_limit_w,
        sm_clock_mhz=None if "sm_clock_mhz" in missing else sample.sm_clock_mhz,
        processes=None if "processes" in missing else sample.processes,
    )
