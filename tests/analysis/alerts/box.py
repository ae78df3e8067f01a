"""A box whose GPUs, host and run do what a test says, looked at every few seconds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from cockpit.analysis.alerts.book import AlertBook
from cockpit.analysis.alerts.limits import Limits
from cockpit.analysis.alerts.run import RunSigns
from cockpit.devices.sample import (
    DeviceInventory,
    DeviceReading,
    DeviceSource,
    EventKind,
    GpuEvent,
    GpuSample,
    HostSample,
    MemoryHealth,
    PcieLink,
)
from cockpit.devices.throttle import Throttle
from cockpit.runs.alert import Alert
from cockpit.units import GIB

T0: Final = 1_800_000_000.0
COUNTS: Final = (1, 2, 8, 16, 64)
NO_DEVICES: Final = DeviceInventory(DeviceSource.SIMULATED, (), None, None)


def busy_gpu(index: int) -> GpuSample:
    """Return a GPU that trains as it should."""
    return GpuSample(
        gpu_index=index,
        gpu_uuid=f"GPU-{index}",
        name="RTX 2080",
        time=T0,
        utilization_pct=97,
        memory_used_bytes=6 * GIB,
        memory_total_bytes=8 * GIB,
        temperature_c=70,
        temperature_slowdown_c=93,
        power_w=210,
        power_limit_w=215,
        sm_clock_mhz=1800,
        sm_clock_max_mhz=1815,
        throttle=Throttle.POWER_CAP,
        pcie=PcieLink(generation=3, width=16, width_max=16),
        memory_health=MemoryHealth(0, 0, 0, False, False),
    )


def healthy_host() -> HostSample:
    return HostSample(
        time=T0,
        cpu_pct=40,
        cpu_count=64,
        memory_used_bytes=60 * GIB,
        memory_total_bytes=256 * GIB,
        swap_used_bytes=0,
        disk_free_bytes=500 * GIB,
        load_1min=20,
        shm_free_bytes=60 * GIB,
        swap_total_bytes=16 * GIB,
        disk_total_bytes=1000 * GIB,
        shm_total_bytes=64 * GIB,
    )


class Box:
    """Turn its knobs, let time pass, read the alerts."""

    def __init__(
        self, count: int = 1, *, ranks: bool = False, step_s: float = 5.0, **limits: float
    ) -> None:
        self.book = AlertBook(replace(Limits(), **limits))
        self.gpus = [busy_gpu(index) for index in range(count)]
        self.host: HostSample | None = healthy_host()
        self.events: tuple[GpuEvent, ...] = ()
        self.now = T0
        self.step_s = step_s
        self.run: RunSigns | None = None
        self.makes_progress = True
        if ranks:
            self.run = RunSigns(
                {gpu.gpu_uuid: gpu.gpu_index for gpu in self.gpus}, T0, T0, 9, (), 64, 2
            )

    def set(self, *indexes: int, **fields: Any) -> None:
        """Change readings of these GPUs, of all where none is named."""
        for index in indexes or range(len(self.gpus)):
            self.gpus[index] = replace(self.gpus[index], **fields)

    def set_host(self, **fields: Any) -> None:
        assert self.host is not None
        self.host = replace(self.host, **fields)

    def set_run(self, **fields: Any) -> None:
        assert self.run is not None
        self.run = replace(self.run, **fields)

    def xid(self, index: int, code: int) -> None:
        event = GpuEvent(index, f"GPU-{index}", self.now, EventKind.XID, code)
        self.events = (*self.events, event)

    def reading(self) -> DeviceReading:
        return DeviceReading(NO_DEVICES, tuple(self.gpus), self.host, self.events)

    def look(self) -> tuple[Alert, ...]:
        """Look once, now; what has a problem keeps the time of its last values."""
        self.gpus = [
            gpu if gpu.problem is not None else replace(gpu, time=self.now) for gpu in self.gpus
        ]
        if self.host is not None:
            self.host = replace(self.host, time=self.now)
        if self.run is not None and self.makes_progress:
            self.run = replace(self.run, last_progress=self.now)
        return self.book.look(self.reading(), self.now, self.run)

    def after(self, seconds: float) -> tuple[Alert, ...]:
        """Let time pass, looking at each step, and return what the last look found."""
        alerts: tuple[Alert, ...] = ()
        end = self.now + seconds
        while self.now < end - 1e-6:
            self.now += min(self.step_s, end - self.now)
            alerts = self.look()
        return alerts

    def codes(self, seconds: float) -> list[str]:
        return [alert.code for alert in self.after(seconds)]

    def only(self, seconds: float, code: str) -> Alert:
        """Let time pass and return the one alert with this code."""
        found = [alert for alert in self.after(seconds) if alert.code == code]
        assert len(found) == 1, found
        return found[0]
