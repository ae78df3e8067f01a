"""How much memory the processes of a probe hold, seen from outside: by driver or kernel."""

from __future__ import annotations

import resource
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final, Protocol

from cockpit.devices.sample import DeviceReading, GpuSample
from cockpit.errors import EnvironmentNotFit

GPU: Final = "gpu"
HOST: Final = "host (no GPU)"
"""The kinds of memory, as the tool `memory` names them."""
ANSWER_S: Final = 10.0
INTERVAL_S: Final = 0.5
"""Twice as often as a screen asks: a peak should be seen."""
KIB: Final = 1024


class Gauge(Protocol):
    """Reads the memory of a probe."""

    kind: str
    limit_bytes: int | None
    """What there is for it."""
    doubt: str
    """Why a reading may be wrong; empty when it is not."""

    def read(self, pids: Collection[int]) -> int | None:
        """Return what these processes hold together, or the most so far; None: not told."""

    def fields(self, peak_bytes: int) -> dict[str, int | None]:
        """Return the columns of a row."""


class Readings(Protocol):
    """Where the driver's readings come from."""

    def latest(self) -> DeviceReading:
        """Return what is known now."""

    def wait_until(self, is_enough: Callable[[DeviceReading], bool], timeout_s: float) -> bool:
        """Wait for a reading that is enough."""


class HostGauge:
    """The most that the processes have held, as the kernel remembers it for each.

    What they share is counted once: a data loader's worker shares nearly all with its parent.
    """

    kind = HOST
    doubt = ""

    def __init__(self, limit_bytes: int | None) -> None:
        self.limit_bytes = limit_bytes
        self._highest = 0
        self._peak: int | None = None
        self._before = largest_child_bytes()

    def read(self, pids: Collection[int]) -> int | None:
        """Return the peak so far; what is shared is asked only when it may have risen."""
        fields = {pid: read_fields(Path(f"/proc/{pid}/status")) for pid in pids}
        highest = sum(one.get("VmHWM", 0) for one in fields.values())
        if highest > self._highest:
            self._highest = highest
            shared = sum(shared_bytes(pid, one) for pid, one in fields.items())
            self._peak = max(self._peak or 0, highest - shared)
        return self._peak

    def fields(self, peak_bytes: int) -> dict[str, int | None]:
        """Return the columns of a row; one process that has ended since counts with its peak."""
        ended = largest_child_bytes()
        most = max(peak_bytes, ended if ended > self._before else 0)
        return {"allocated_bytes": most, "reserved_bytes": None, "driver_used_bytes": None}


class GpuGauge:
    """What the driver counts for the processes on one GPU."""

    kind = GPU

    def __init__(self, feed: Readings, gpu_uuid: str, limit_bytes: int | None) -> None:
        self._feed = feed
        self._gpu_uuid = gpu_uuid
        self._time = 0.0
        self.doubt = ""
        feed.wait_until(lambda reading: any(self._is_known(one) for one in reading.gpus), ANSWER_S)
        sample = self._sample()
        if sample is None or sample.memory_total_bytes is None or sample.memory_used_bytes is None:
            problem = "the driver does not tell the memory of the GPU"
            raise EnvironmentNotFit(problem, "cockpit gpus says why")
        self._others_bytes = sample.memory_used_bytes
        reserved = sample.memory_reserved_bytes or 0
        free = sample.memory_total_bytes - reserved - self._others_bytes
        self.limit_bytes: int | None = min(limit_bytes or free, free)

    def read(self, pids: Collection[int]) -> int | None:
        """Return what these processes hold by the newest reading; None when there is no new one."""
        sample = self._sample()
        if sample is None or sample.problem is not None or sample.time == self._time:
            return None
        self._time = sample.time
        found = [one.memory_used_bytes for one in sample.processes or () if one.pid in pids]
        known = [one for one in found if one is not None]
        if known and len(known) == len(found):
            return sum(known)
        hidden = sample.processes is None or any(not one.is_visible for one in sample.processes)
        if (found or hidden) and sample.memory_used_bytes is not None:
            self.doubt = "the driver does not tell its processes apart: what the GPU's use rose by"
            return max(0, sample.memory_used_bytes - self._others_bytes)
        return None

    def fields(self, peak_bytes: int) -> dict[str, int | None]:
        """Return the columns of a row; what torch's allocator holds is not seen from outside."""
        return {"allocated_bytes": None, "reserved_bytes": None, "driver_used_bytes": peak_bytes}

    def _sample(self) -> GpuSample | None:
        gpus = self._feed.latest().gpus
        return next((one for one in gpus if one.gpu_uuid == self._gpu_uuid), None)

    def _is_known(self, sample: GpuSample) -> bool:
        return sample.gpu_uuid == self._gpu_uuid and sample.memory_used_bytes is not None


def largest_child_bytes() -> int:
    """Return the peak of the largest process below this one that has ended."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * KIB


def read_fields(file: Path) -> dict[str, int]:
    """Return the bytes in the lines `Name:  1234 kB` of a file; empty when it is not there."""
    try:
        lines = file.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return {}
    words = (line.split() for line in lines)
    return {one[0][:-1]: int(one[1]) * KIB for one in words if len(one) == 3 and one[2] == "kB"}


def shared_bytes(pid: int, status: dict[str, int]) -> int:
    """Return the part of a process that others hold as well: what is resident, less its share."""
    share = read_fields(Path(f"/proc/{pid}/smaps_rollup")).get("Pss")
    return 0 if share is None else max(0, status.get("VmRSS", 0) - share)
