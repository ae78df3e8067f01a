"""What a training without a GPU computes on: the processor of this machine, by name."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Final

from cockpit.metrics.log_lines import strip_codes

CPU_INFO: Final = Path("/proc/cpuinfo")
CONTAINER_LIMIT: Final = Path("/sys/fs/cgroup/memory.max")
"""As a container with cgroup v2 sees its own; elsewhere the root has none."""
MODEL_KEYS: Final = ("model name", "Model", "cpu model", "Hardware")
"""As x86 and arm, single boards, and others call it."""


@cache
def cpu_name() -> str:
    """Return `cpu: ` with the processor and its cores, as in `cpu: AMD EPYC 7B13, 2 cores`."""
    return name_in(_read(), os.cpu_count() or 1)


def name_in(cpu_info: str, cores: int) -> str:
    """Return the same for the text of /proc/cpuinfo; where that names none, the architecture."""
    pairs = [line.partition(":") for line in cpu_info.splitlines()]
    told = {key.strip(): value for key, _, value in reversed(pairs)}
    model = next((told[key] for key in MODEL_KEYS if told.get(key, "").strip()), "")
    name = " ".join(strip_codes(model).split()) or os.uname().machine or "unknown"
    return f"cpu: {name}, {cores} core{'' if cores == 1 else 's'}"


def memory_bytes(limit: Path = CONTAINER_LIMIT) -> int | None:
    """Return the memory of this machine, or of the container in it; None where nobody tells."""
    try:
        whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return None
    try:
        told = limit.read_text().strip()
    except OSError:
        told = ""
    return min(whole, int(told)) if told.isdecimal() else whole


def _read() -> str:
    try:
        return CPU_INFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
