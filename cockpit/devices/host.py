"""CPU, memory, disks and network of this host, from /proc."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from cockpit.devices.sample import HostSample

T = TypeVar("T")

SHARED_MEMORY: Final = Path("/dev/shm")
SECTOR_BYTES: Final = 512
"""The unit of /proc/diskstats, whatever the disk itself says."""
KIB: Final = 1024
COUNTED_CPU_FIELDS: Final = 8
"""user to steal; what guests use is part of user and nice already (man proc)."""

Pair = tuple[int, int]
"""Bytes read and written, or received and sent, since boot."""


@dataclass(frozen=True, slots=True)
class Counters:
    """What only grows, at one moment; None where the system does not tell."""

    moment_s: float
    """Monotonic."""
    cpu: tuple[int, int] | None
    """Busy and all ticks."""
    disks: Mapping[str, Pair] | None
    network: Mapping[str, Pair] | None


class HostReader:
    """Reads the host. Rates and CPU use are of the time since the read before: the first has none.

    `root` is where `proc` and `sys` are found.
    """

    def __init__(self, runs_dir: Path, root: Path = Path("/")) -> None:
        self._runs_dir = runs_dir
        self._proc = root / "proc"
        self._sys = root / "sys"
        self._is_hardware: dict[Path, bool] = {}
        self._before: Counters | None = None

    def read(self) -> HostSample:
        """Return a fresh reading; what the system does not tell is None."""
        now, before = self._count(), self._before
        self._before = now
        memory = _told(self._memory) or {}
        total, available = memory.get("MemTotal"), memory.get("MemAvailable")
        swap_total, swap_free = memory.get("SwapTotal"), memory.get("SwapFree")
        load = _told(os.getloadavg)
        disk_free, disk_total = space(nearest_existing(self._runs_dir))
        shm_free, shm_total = space(SHARED_MEMORY)
        read_bytes, written_bytes = _rates(before, now, lambda counters: counters.disks)
        received_bytes, sent_bytes = _rates(before, now, lambda counters: counters.network)
        return HostSample(
            time=time.time(),
            cpu_pct=_cpu_pct(before, now),
            cpu_count=os.cpu_count() or 1,
            memory_used_bytes=_difference(total, available),
            memory_total_bytes=total,
            swap_used_bytes=_difference(swap_total, swap_free),
            disk_free_bytes=disk_free,
            load_1min=load[0] if load else None,
            shm_free_bytes=shm_free,
            swap_total_bytes=swap_total,
            disk_total_bytes=disk_total,
            shm_total_bytes=shm_total,
            disk_read_bytes_per_s=read_bytes,
            disk_write_bytes_per_s=written_bytes,
            network_rx_bytes_per_s=received_bytes,
            network_tx_bytes_per_s=sent_bytes,
        )

    def _count(self) -> Counters:
        return Counters(
            time.monotonic(), _told(self._cpu), _told(self._disks), _told(self._network)
        )

    def _memory(self) -> dict[str, int]:
        lines = (self._proc / "meminfo").read_text().splitlines()
        pairs = (line.split(":") for line in lines)
        return {name: int(rest.split()[0]) * KIB for name, rest in pairs}

    def _cpu(self) -> tuple[int, int]:
        with (self._proc / "stat").open() as file:
            ticks = [int(word) for word in file.readline().split()[1:]][:COUNTED_CPU_FIELDS]
        idle_and_waiting = ticks[3] + ticks[4]
        return sum(ticks) - idle_and_waiting, sum(ticks)

    def _disks(self) -> dict[str, Pair]:
        """Return the counters of whole disks: partitions, RAID and LVM would count twice."""
        found = {}
        for line in (self._proc / "diskstats").read_text().splitlines():
            words = line.split()
            if self._has_hardware(self._sys / "block" / words[2].replace("/", "!")):
                found[words[2]] = (int(words[5]) * SECTOR_BYTES, int(words[9]) * SECTOR_BYTES)
        return found

    def _network(self) -> dict[str, Pair]:
        """Return the counters of the network cards: bridges and bonds would count twice.

        A container has no cards; there all interfaces but loopback count.
        """
        found = {}
        for line in (self._proc / "net" / "dev").read_text().splitlines()[2:]:
            name, _, rest = line.partition(":")
            words = rest.split()
            found[name.strip()] = (int(words[0]), int(words[8]))
        found.pop("lo", None)
        cards = {
            name: pair
            for name, pair in found.items()
            if self._has_hardware(self._sys / "class" / "net" / name)
        }
        return cards or found

    def _has_hardware(self, entry: Path) -> bool:
        known = self._is_hardware.get(entry)
        if known is None:
            known = self._is_hardware[entry] = (entry / "device").exists()
        return known


def _cpu_pct(before: Counters | None, now: Counters) -> float | None:
    if before is None or before.cpu is None or now.cpu is None:
        return None
    busy, total = now.cpu[0] - before.cpu[0], now.cpu[1] - before.cpu[1]
    return None if total <= 0 else round(min(100.0, max(0.0, 100 * busy / total)), 1)


def _rates(
    before: Counters | None, now: Counters, of: Callable[[Counters], Mapping[str, Pair] | None]
) -> tuple[float | None, float | None]:
    """Return both rates in bytes/s over what both reads know; a counter that fell was reset."""
    first, second = of(before) if before else None, of(now)
    seconds = now.moment_s - before.moment_s if before else 0.0
    if not first or not second or seconds <= 0:
        return None, None
    sums = [0, 0]
    for name in first.keys() & second.keys():
        for place in (0, 1):
            sums[place] += max(0, second[name][place] - first[name][place])
    return round(sums[0] / seconds, 1), round(sums[1] / seconds, 1)


def nearest_existing(path: Path) -> Path:
    """Return the folder itself, or its nearest parent that exists."""
    return next((one for one in (path, *path.parents) if one.exists()), Path("/"))


def space(path: Path) -> tuple[int | None, int | None]:
    """Return what an ordinary user may still write on the file system of `path`, and its size."""
    try:
        stat = os.statvfs(path)
    except OSError:
        return None, None
    return stat.f_bavail * stat.f_frsize, stat.f_blocks * stat.f_frsize


def _difference(whole: int | None, rest: int | None) -> int | None:
    return None if whole is None or rest is None else max(0, whole - rest)


def _told(call: Callable[[], T]) -> T | None:
    try:
        return call()
    except (OSError, ValueError, LookupError):
        return None
