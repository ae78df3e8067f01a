"""Whether the kernel killed a process of the run for lack of memory, where that can be read."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Final

CGROUPS: Final = Path("/sys/fs/cgroup")
OWN_CGROUPS: Final = Path("/proc/self/cgroup")
KERNEL_LOG: Final = Path("/dev/kmsg")
VMSTAT: Final = Path("/proc/vmstat")
_COUNT: Final = re.compile(r"^oom_kill (\d+)$", re.MULTILINE)
_KILLED: Final = re.compile(r"Killed process (\d+)")
RECORD_BYTES: Final = 8192
"""One read gives one record of the kernel's log."""


class OomKills:
    """Counts kills for lack of memory from its making on: in our cgroup, and in the kernel's log.

    The job runs in the cgroup of its supervisor. The kernel's log is often for root only.
    """

    def __init__(
        self,
        cgroups: Path = CGROUPS,
        own_cgroups: Path = OWN_CGROUPS,
        kernel_log: Path = KERNEL_LOG,
    ) -> None:
        self._counters = find_counters(cgroups, own_cgroups)
        self._before = self._count()
        self._log = open_at_end(kernel_log)

    def since_then(self, pids: Collection[int]) -> int:
        """Return how many processes were killed: in our cgroup, or of `pids` by the log."""
        return max(self._count() - self._before, self._named_in_log(pids))

    def close(self) -> None:
        """Close the kernel's log."""
        if self._log is not None:
            os.close(self._log)
            self._log = None

    def _count(self) -> int:
        return sum(map(read_count, self._counters))

    def _named_in_log(self, pids: Collection[int]) -> int:
        found = 0
        while self._log is not None:
            try:
                record = os.read(self._log, RECORD_BYTES)
            except OSError:  # nothing more, or overwritten before it was read
                break
            if not record:
                break
            killed = _KILLED.search(record.decode("utf-8", "replace"))
            found += killed is not None and int(killed[1]) in pids
        return found


def find_counters(cgroups: Path, own_cgroups: Path) -> tuple[Path, ...]:
    """Return the files that count such kills for our cgroup: version 2, version 1, or none."""
    try:
        lines = own_cgroups.read_text(encoding="utf-8").splitlines()
    except OSError:
        return ()
    found = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            candidates = [cgroups / path.lstrip("/") / "memory.events", cgroups / "memory.events"]
        elif "memory" in controllers.split(","):
            base = cgroups / "memory"
            candidates = [base / path.lstrip("/") / "memory.oom_control"]
            candidates.append(base / "memory.oom_control")  # as a container sees its own
        else:
            continue
        found += [file for file in candidates if file.is_file()][:1]
    return tuple(found)


def read_count(file: Path) -> int:
    """Return `oom_kill N` of a counter file; 0 where it says nothing."""
    try:
        match = _COUNT.search(file.read_text(encoding="ascii", errors="replace"))
    except OSError:
        return 0
    return int(match[1]) if match else 0


def count_kernel_kills() -> int | None:
    """Return how many processes this kernel has killed for memory; None where it does not tell."""
    try:
        match = _COUNT.search(VMSTAT.read_text(encoding="ascii", errors="replace"))
    except OSError:
        return None
    return int(match[1]) if match else None


def open_at_end(log: Path) -> int | None:
    """Open the kernel's log behind its last record; None where we may not."""
    try:
        descriptor = os.open(log, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with suppress(OSError):  # what cannot be wound has no past
        os.lseek(descriptor, 0, os.SEEK_END)
    return descriptor
