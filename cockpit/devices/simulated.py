"""GPUs that are not there, for demos, tests and screens; faces label them SIMULATED."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from cockpit.devices.driver import ReadProgress
from cockpit.devices.sample import DeviceSource, EventKind, GpuEvent, GpuSample
from cockpit.devices.simulated_load import EFFECTS, cut_into, identity, under_load, without
from cockpit.devices.simulated_models import Model
from cockpit.devices.spec import DeviceSpec, Fault

HANGING_CALL: Final = "nvmlDeviceGetPowerUsage"
LOST: Final = "lost: the driver reports GPU is lost"


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
    reported: set[Fault] = field(default_factory=set)
    """Events that were told already."""

    @property
    def gpu_count(self) -> int:
        """How many GPUs are pretended."""
        return self.spec.count

    def open_gpu(self, gpu_index: int) -> SimulatedGpu:
        """Return the reader of one GPU."""
        return SimulatedGpu(self, gpu_index)

    def active(self, kind: str, gpu_index: int | None = None) -> list[Fault]:
        """Return the faults of that kind that have begun."""
        age_s = self.now() - self.started
        return [
            fault
            for fault in self.spec.faults
            if fault.kind == kind
            and gpu_index in (None, fault.gpu_index)
            and age_s >= fault.after_s
        ]

    def wait_events(self, timeout_s: float) -> tuple[GpuEvent, ...]:
        """Return the scripted Xids that are due, once each."""
        due = [fault for fault in self.active("xid") if fault not in self.reported]
        if not due:
            time.sleep(timeout_s)
        self.reported.update(due)
        return tuple(
            GpuEvent(fault.gpu_index, uuid(self, fault), time.time(), EventKind.XID, fault.number)
            for fault in due
        )

    def count_now(self) -> int | None:
        """Always as many as at the start."""
        return self.gpu_count


def uuid(driver: SimulatedDriver, fault: Fault) -> str:
    """Return the UUID of the GPU that a fault is about."""
    return identity(driver.model, fault.gpu_index, 0.0).gpu_uuid


class SimulatedGpu:
    """One pretended GPU."""

    def __init__(self, driver: SimulatedDriver, gpu_index: int) -> None:
        self._driver = driver
        self._last = identity(driver.model, gpu_index, time.time())
        self._mig: tuple[GpuSample, ...] = ()
        self._healthy: GpuSample | None = None
        self._progress = ReadProgress(self._last)

    def identify(self) -> GpuSample:
        """Return uuid, name and limits."""
        return self._last

    def read(self) -> tuple[GpuSample, ...]:
        """Return the load of now; blocks for ever once a scripted hang has begun."""
        if self._number("lost") is not None:
            return tuple(replace(sample, problem=LOST) for sample in (self._last, *self._mig))
        sample = self._measure()
        if self._number("hang") is not None:
            self._hang(sample)
        self._last, *mig = self._cut(sample)
        self._mig = tuple(mig)
        self._progress = ReadProgress(self._last)
        return (self._last, *mig)

    def progress(self) -> ReadProgress:
        """Return the last reading, and the scripted hang once it is in it."""
        return self._progress

    def _measure(self) -> GpuSample:
        healthy = under_load(self._last, self._driver.model, time.time())
        sample = healthy
        for kind, effect in EFFECTS.items():
            if self._number(kind) is not None:
                sample = effect(sample, self._driver.model)
        sample = replace(sample, energy_j=self._energy_j(healthy, sample))
        self._healthy = healthy
        return without(sample, self._driver.spec.missing)

    def _energy_j(self, healthy: GpuSample, sample: GpuSample) -> float | None:
        """Return what was used so far: a GPU that is held down uses less from then on."""
        before, used = self._healthy, self._last.energy_j
        if before is None or used is None:
            return healthy.energy_j
        share = (sample.power_w or 0.0) / (healthy.power_w or 1.0)
        grown_j = (healthy.energy_j or 0.0) - (before.energy_j or 0.0)
        return round(used + share * max(0.0, grown_j), 3)

    def _hang(self, sample: GpuSample) -> None:
        """Never return: what is read before the power is fresh, the rest is of before."""
        begun = replace(
            self._last,
            utilization_pct=sample.utilization_pct,
            memory_used_bytes=sample.memory_used_bytes,
            temperature_c=sample.temperature_c,
        )
        self._progress = ReadProgress(begun, HANGING_CALL, time.monotonic())
        threading.Event().wait()

    def _cut(self, sample: GpuSample) -> tuple[GpuSample, ...]:
        count = self._number("mig")
        return (sample,) if count is None else cut_into(sample, count)

    def _number(self, kind: str) -> int | None:
        """Return the number of a fault of that kind that has begun on this GPU, or None."""
        faults = self._driver.active(kind, self._last.gpu_index)
        return faults[-1].number if faults else None
