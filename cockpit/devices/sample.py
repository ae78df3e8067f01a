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
    sm_pct: float | None = None
    """Its share of the multiprocessors' time; None where the driver does not tell."""
    user: str | None = None
    command: str | None = None
    """Its command line; None where the kernel does not show it."""
    is_visible: bool = True
    """False: the pid is none of ours, because the process is outside this container."""


@dataclass(frozen=True, slots=True)
class PcieLink:
    """The link between GPU and host. The generation drops while a GPU is idle."""

    generation: int | None = None
    generation_max: int | None = None
    """The most that GPU and slot can do together."""
    width: int | None = None
    """Lanes."""
    width_max: int | None = None
    rx_bytes_per_s: float | None = None
    """To the GPU."""
    tx_bytes_per_s: float | None = None
    replay_count: int | None = None
    """Packets sent again since the driver was loaded; a rising number is a bad contact."""


@dataclass(frozen=True, slots=True)
class NvLink:
    """All NVLinks of a GPU together."""

    active_count: int | None = None
    link_count: int | None = None
    rx_bytes_per_s: float | None = None
    tx_bytes_per_s: float | None = None
    error_count: int | None = None
    """CRC errors since the driver was loaded."""


@dataclass(frozen=True, slots=True)
class MemoryHealth:
    """What the memory of a GPU has gone through."""

    ecc_corrected: int | None = None
    """Since the driver was loaded."""
    ecc_uncorrected: int | None = None
    remapped_rows: int | None = None
    is_remap_pending: bool | None = None
    """A bad row is replaced at the next reset; so is a retired page on older GPUs."""
    has_remap_failed: bool | None = None


@dataclass(frozen=True, slots=True)
class GpuSample:
    """One reading of one GPU, or of one MIG device."""

    gpu_index: int
    """NVML order; of a MIG device that of its GPU."""
    gpu_uuid: str
    """Empty where the GPU never told, because it was lost or hung from the start; so is `name`."""
    name: str
    time: float
    """When the values were read, epoch seconds. A lost or hanging GPU keeps its last one."""
    utilization_pct: float | None = None
    """Share of the last period in which any kernel ran; not how full the GPU is."""
    memory_used_bytes: int | None = None
    """Without what the driver reserves for itself, where it tells the two apart."""
    memory_total_bytes: int | None = None
    temperature_c: float | None = None
    temperature_slowdown_c: float | None = None
    """The GPU's own limit, where it tells."""
    power_w: float | None = None
    power_limit_w: float | None = None
    sm_clock_mhz: float | None = None
    processes: tuple[GpuProcess, ...] | None = None
    """None: the driver does not tell; `processes_problem` may say why."""
    problem: str | None = None
    """Why there are no fresh values: `lost: …`, `no answer for 14 s`, or None when all is well."""
    memory_reserved_bytes: int | None = None
    memory_temperature_c: float | None = None
    temperature_shutdown_c: float | None = None
    sm_clock_max_mhz: float | None = None
    throttle: int | None = None
    """What holds the clock down, as bits of `throttle.Throttle`; None: not told."""
    fan_pct: float | None = None
    pcie: PcieLink | None = None
    nvlink: NvLink | None = None
    memory_health: MemoryHealth | None = None
    energy_j: float | None = None
    """Used since the driver was loaded."""
    processes_problem: str | None = None
    """Why the processes are not told, such as `no permission to list processes`."""
    mig_index: int | None = None
    """Number of a MIG device on its GPU; None: a whole GPU."""
    has_mig: bool = False
    """True of a GPU that is cut into MIG devices, each of which has its own row."""

    @property
    def label(self) -> str:
        """`3`, or `3:1` of a MIG device."""
        if self.mig_index is None:
            return str(self.gpu_index)
        return f"{self.gpu_index}:{self.mig_index}"

    @property
    def key(self) -> str:
        """What tells it from all others for as long as it is watched: its UUID where known."""
        return self.gpu_uuid or f"index {self.label}"

    @property
    def order(self) -> tuple[int, int]:
        """Where its row stands; MIG devices follow their GPU."""
        return (self.gpu_index, -1 if self.mig_index is None else self.mig_index)

    @property
    def is_lost(self) -> bool:
        """True once the driver gave it up."""
        return self.problem is not None and self.problem.startswith(LOST)

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


LOST = "lost"
"""How the problem of a GPU begins that is gone."""


class EventKind(StrEnum):
    """What a driver reports by itself."""

    XID = "xid"


@dataclass(frozen=True, slots=True)
class GpuEvent:
    """Something that the driver reported of a GPU between two readings."""

    gpu_index: int
    gpu_uuid: str
    time: float
    """When it was heard, epoch seconds."""
    kind: EventKind
    code: int
    """The Xid number."""


@dataclass(frozen=True, slots=True)
class HostSample:
    """One reading of the host. Rates are over the time since the reading before."""

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
    swap_total_bytes: int | None = None
    disk_total_bytes: int | None = None
    shm_total_bytes: int | None = None
    disk_read_bytes_per_s: float | None = None
    """Of all disks together."""
    disk_write_bytes_per_s: float | None = None
    network_rx_bytes_per_s: float | None = None
    """Of all interfaces but loopback together."""
    network_tx_bytes_per_s: float | None = None


@dataclass(frozen=True, slots=True)
class DeviceInventory:
    """What was found when the poller looked first, or again since."""

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
    """One for each GPU and MIG device of the inventory, in their `order`; what gave no answer says
    so in `problem`."""
    host: HostSample | None
    events: tuple[GpuEvent, ...] = ()
    """Of a line: what is new. Of a feed: the last ones since it was started, oldest first."""
