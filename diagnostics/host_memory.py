"""The memory of the host, as the kernel tells it; everything is None where it does not."""

from __future__ import annotations

import contextlib
import resource
from pathlib import Path

KIB = 1024
CGROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
    ),
)
"""Limit and use of a container, in both versions of cgroups."""


def read_available_bytes() -> int | None:
    """Return what new processes may take without swapping, within the container's limit."""
    available = read_field(Path("/proc/meminfo"), "MemAvailable")
    left = [limit - used for limit, used in map(_read_cgroup, CGROUPS) if limit is not None]
    return min([*left, *([] if available is None else [available])], default=None)


def read_resident_bytes() -> int | None:
    """Return what this process holds in memory now."""
    return read_field(Path("/proc/self/status"), "VmRSS")


def read_peak_bytes() -> int | None:
    """Return the most that this process has held since `forget_peak`."""
    return read_field(Path("/proc/self/status"), "VmHWM")


def forget_peak() -> None:
    """Let the peak start over from now."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def limit_growth(more_bytes: int) -> None:
    """Let every allocation fail that would take this process beyond what it has now by so much.

    The failing allocation is an error that can be told; without it the kernel would kill.
    """
    has = read_field(Path("/proc/self/status"), "VmData")
    if has is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_DATA, (has + more_bytes, hard))


def offer_to_oom_killer() -> None:
    """Ask the kernel to kill this process first when memory runs out."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def count_oom_kills() -> int | None:
    """Return how many processes the kernel has killed for memory since it started."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/vmstat").read_text(encoding="ascii").splitlines():
            name, _, value = line.partition(" ")
            if name == "oom_kill":
                return int(value)
    return None


def read_field(file: Path, name: str) -> int | None:
    """Return the bytes in a line such as `VmRSS:  1234 kB`."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in file.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) * KIB
    return None


def _read_cgroup(files: tuple[str, str]) -> tuple[int | None, int]:
    with contextlib.suppress(OSError, ValueError):
        limit, used = (int(Path(file).read_text(encoding="ascii")) for file in files)
        return limit, used
    return None, 0
