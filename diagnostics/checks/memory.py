"""How much memory and processor time a training may really have: the host's, and a container's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from diagnostics.emit import NOTE, OK, WARNING, Finding
from diagnostics.verdicts import GIB, size

PROC = Path("/proc")
CGROUPS = Path("/sys/fs/cgroup")

SCARCE_SHARE = 0.1
SCARCE_BYTES = 2 * GIB
SWAPPING_SHARE = 0.5
UNLIMITED_BYTES = 1 << 60
"""cgroup v1 writes a number near 2^63 where there is no limit."""


class Memory(NamedTuple):
    """The host memory; None where the system does not tell."""

    total_bytes: int | None = None
    available_bytes: int | None = None
    swap_total_bytes: int | None = None
    swap_free_bytes: int | None = None
    limit_bytes: int | None = None
    """What the control group of this process may use; None: as much as there is."""

    @property
    def usable_bytes(self) -> int | None:
        """The size that a training can have at most."""
        known = [one for one in (self.total_bytes, self.limit_bytes) if one is not None]
        return min(known) if known else None


class Processors(NamedTuple):
    """How many threads the machine runs at once, and how many of them are ours."""

    thread_count: int | None
    allowed: int | None = None
    """What the kernel lets this process run on (taskset, Slurm, cpuset)."""
    quota: float | None = None
    """Processor seconds for each second that the control group may use; None: no limit."""


def read_memory(proc: Path = PROC, cgroups: Path = CGROUPS) -> Memory:
    """Return what the kernel says of the memory."""
    try:
        found = parse_meminfo((proc / "meminfo").read_text(errors="replace"))
    except OSError:
        found = {}
    return Memory(
        found.get("MemTotal"),
        found.get("MemAvailable"),
        found.get("SwapTotal"),
        found.get("SwapFree"),
        _least(_limits(_folders(proc, cgroups, "memory"), "memory.max", "memory.limit_in_bytes")),
    )


def parse_meminfo(text: str) -> dict[str, int]:
    """Return the sizes in /proc/meminfo, in bytes."""
    found = {}
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        words = rest.split()
        if len(words) == 2 and words[0].isdigit() and words[1] == "kB":
            found[name] = int(words[0]) * 1024
    return found


def read_processors(proc: Path = PROC, cgroups: Path = CGROUPS) -> Processors:
    """Return how many processors there are, and may be used."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    quotas = [_quota(folder) for folder in _folders(proc, cgroups, "cpu")]
    known = [quota for quota in quotas if quota is not None]
    return Processors(os.cpu_count(), allowed, min(known) if known else None)


def judge_memory(memory: Memory) -> Finding:
    """Say how much memory the host has, and whether it is used up."""
    code = "host.memory"
    if memory.total_bytes is None:
        return Finding(NOTE, code, "the size of the host memory cannot be read")
    what = f"host memory {size(memory.total_bytes)}"
    if memory.available_bytes is None:
        return Finding(OK, code, what)
    what += f", {size(memory.available_bytes)} available"
    least = min(SCARCE_BYTES, SCARCE_SHARE * memory.total_bytes)
    if memory.available_bytes < least:
        remedy = "see who uses it: ps aux --sort=-rss | head"
        return Finding(WARNING, code, what, remedy)
    return Finding(OK, code, what)


def judge_limit(memory: Memory) -> list[Finding]:
    """Say when this container may use less memory than programs see."""
    limit, total = memory.limit_bytes, memory.total_bytes
    if limit is None or (total is not None and limit >= total):
        return []
    seen = f"of the {size(total)} that programs see" if total else "of memory"
    what = f"this container or job may use {size(limit)} {seen}; what needs more is killed"
    remedy = "docker run --memory, or Slurm --mem; or fewer workers and no cache=ram"
    is_far = total is None or limit < total / 2
    return [Finding(WARNING if is_far else NOTE, "memory.limit", what, remedy)]


def judge_swap(memory: Memory) -> list[Finding]:
    """Say how much swap there is, and whether the machine lives from it."""
    total, free = memory.swap_total_bytes, memory.swap_free_bytes
    if total is None or free is None:
        return []
    if not total:
        return [
            Finding(NOTE, "swap.free", "no swap: what needs more memory than is free is killed")
        ]
    what = f"swap: {size(free)} free of {size(total)}"
    if free < (1 - SWAPPING_SHARE) * total:
        remedy = "the machine ran out of memory: see ps aux --sort=-rss | head"
        return [Finding(WARNING, "swap.free", what, remedy)]
    return [Finding(OK, "swap.free", what)]


def judge_processors(processors: Processors) -> Finding:
    """Say how many processors the DataLoader workers of all ranks have together."""
    code, count = "cpu.limit", processors.thread_count
    if count is None:
        return Finding(NOTE, code, "the number of processors cannot be read")
    allowed, quota = processors.allowed or count, processors.quota
    if quota is not None and quota < allowed:
        what = "{:g} of {} CPU threads may be used: a limit that programs do not see"
        most = max(1, int(quota))
        remedy = f"at most {most} DataLoader workers over all ranks, OMP_NUM_THREADS=1"
        return Finding(WARNING, code, what.format(quota, allowed), remedy)
    if allowed < count:
        what = f"{allowed} of {count} CPU threads may be used"
        remedy = f"at most {allowed} DataLoader workers over all ranks"
        return Finding(NOTE, code, what, remedy)
    return Finding(OK, code, f"{count} CPU threads")


def _folders(proc: Path, cgroups: Path, controller: str) -> list[Path]:
    """Return the folders of our control group and of those above it; each may set a limit."""
    try:
        lines = (proc / "self" / "cgroup").read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    found = []
    for line in lines:
        _, names, path = ([*line.split(":", 2), "", ""])[:3]
        if names and controller not in names.split(","):
            continue
        root = cgroups / controller if names else cgroups
        # In a container the path may be the host's: what is not there is passed over.
        inner = root / path.strip("/")
        found += [inner, *(above for above in inner.parents if root in (above, *above.parents))]
    return found


def _limits(folders: list[Path], new: str, old: str) -> list[int]:
    texts = [_text(folder / name) for folder in folders for name in (new, old)]
    return [int(text) for text in texts if text.isdigit() and int(text) < UNLIMITED_BYTES]


def _quota(folder: Path) -> float | None:
    words = _text(folder / "cpu.max").split()
    if not words:
        words = [_text(folder / "cpu.cfs_quota_us"), _text(folder / "cpu.cfs_period_us")]
    if len(words) != 2 or not all(word.isdigit() for word in words) or not int(words[1]):
        return None
    return int(words[0]) / int(words[1])


def _least(numbers: list[int]) -> int | None:
    return min(numbers) if numbers else None


def _text(file: Path) -> str:
    try:
        return file.read_text(errors="replace").strip()
    except OSError:
        return ""
