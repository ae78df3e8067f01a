"""What was read of a GPU or of the host, and when. A reading that is not there is None, never 0."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DeviceSource(StrEnum):
    """Where the readings come from."""

    NVML = "nvml"
    SIMULATED = "simulated"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class GpuProcess:
    """One process that holds memory on a GPU, as the driver names it."""

    pid: int
    memory_used_bytes: int | None


@dataclass(frozen=True, slots=True)
class GpuSample:
    """One reading of one GPU."""

    gpu_index: int
    """NVML order."""
    gpu_uuid: str
    """Empty where the GPU never told, because it was lost or hung from the start; so is `name`."""
    name: str
    time: float
    """When the values were read, epoch seconds. A lost or hanging GPU keeps its last one."""
    utilization_pct: float | None = None
    """Share of the last period in which any kernel ran; not how full the GPU is."""
    memory_used_bytes: int | None = None
    memory_total_bytes: int | None = None
    temperature_c: float | None = None
    temperature_slowdown_c: float | None = None
    """The GPU's own limit, where it tells."""
    power_w: float | None = None
    power_limit_w: float | None = None
    sm_clock_mhz: float | None = None
    processes: tuple[GpuProcess, ...] | None = None
    """None: the driver does not tell."""
    problem: str | None = None
    """Why there are no fresh values: `lost: …`, `no answer for 14 s`, or None when all is well."""

    @property
    def has_readings(self) -> bool:
        """False where nothing was ever read but what does not change."""
        readings = (
            self.utilization_pct,
            self.memory_used_bytes,
            self.temperature_c,
            self.power_w,
            self.sm_clock_mhz,
            self.processes,
        )
        return any(reading is not None for reading in readings)


@dataclass(frozen=True, slots=True)
class HostSample:
    """One reading of the host."""

    time: float
    cpu_pct: float | None
    """Of all cores together, 0 to 100."""
    cpu_count: int
    memory_used_bytes: int | None
    memory_total_bytes: int | None
    swap_used_bytes: int | None
    disk_free_bytes: int | None
    """On the file system that holds the runs."""
    load_1min: float | None
    shm_free_bytes: int | None


@dataclass(frozen=True, slots=True)
class DeviceInventory:
    """What was found when the poller looked first."""

    source: DeviceSource
    gpus: tuple[GpuSample, ...]
    driver: str | None
    problem: str | None
    """Why there is no GPU, in one sentence; None when there are some."""


@dataclass(frozen=True, slots=True)
class DeviceReading:
    """What is known at one moment; also what one line of the poller brings."""

    inventory: DeviceInventory | None
    """None: nobody has answered yet."""
    gpus: tuple[GpuSample, ...]
    """One for each GPU of the inventory, by gpu_index; what gave no answer says so in `problem`."""
    host: HostSample | None
