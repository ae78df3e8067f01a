"""CPU, memory, disk and shared memory of this host, through psutil."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import psutil  # type: ignore[import-untyped]  # it ships no types

from cockpit.devices.sample import HostSample

T = TypeVar("T")

SHARED_MEMORY: Final = Path("/dev/shm")


class HostReader:
    """Reads the host. CPU use is of the time since the read before, so the first has none."""

    def __init__(self, runs_dir: Path) -> None:
        self._runs_dir = runs_dir
        self._has_start = False

    def read(self) -> HostSample:
        """Return a fresh reading; what the system does not tell is None."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            memory, swap = _told(psutil.virtual_memory), _told(psutil.swap_memory)
        cpu_pct, load = _told(psutil.cpu_percent), _told(os.getloadavg)
        sample = HostSample(
            time=time.time(),
            cpu_pct=cpu_pct if self._has_start else None,
            cpu_count=os.cpu_count() or 1,
            memory_used_bytes=memory.total - memory.available if memory else None,
            memory_total_bytes=memory.total if memory else None,
            swap_used_bytes=swap.used if swap else None,
            disk_free_bytes=free_bytes(nearest_existing(self._runs_dir)),
            load_1min=load[0] if load else None,
            shm_free_bytes=free_bytes(SHARED_MEMORY),
        )
        self._has_start = True
        return sample


def nearest_existing(path: Path) -> Path:
    """Return the folder itself, or its nearest parent that exists."""
    return next((one for one in (path, *path.parents) if one.exists()), Path("/"))


def free_bytes(path: Path) -> int | None:
    """Return what an ordinary user may still write on the file system of `path`."""
    try:
        stat = os.statvfs(path)
    except OSError:
        return None
    return stat.f_bavail * stat.f_frsize


def _told(call: Callable[[], T]) -> T | None:
    try:
        return call()
    except (OSError, psutil.Error, ValueError, KeyError, IndexError):
        return None
