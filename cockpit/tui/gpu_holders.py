"""Who holds a GPU, in a few words: a run, somebody else, nobody that can be seen. Pure."""

from __future__ import annotations

from typing import Final

from cockpit.devices.sample import GpuProcess, GpuSample
from cockpit.units import GIB, MISSING

FREE: Final = "free"
UNSEEN: Final = "not visible"
"""Memory is held, but nobody that the driver names holds it; the detail says so at length."""
IDLE_MEMORY_BYTES: Final = 2 * GIB
"""So much may the driver's own context take on a GPU that nobody uses."""
IDLE_MEMORY_SHARE: Final = 0.05


def holder_words(sample: GpuSample, owner: str) -> str:
    """Return `run · r3`, else whose process it is, or that it is free."""
    if owner:
        return owner
    if sample.has_mig:
        return "MIG devices"
    if sample.processes is None:
        return MISSING
    if sample.processes:
        return _foreign_words(sample.processes)
    if holds_unseen_memory(sample):
        return UNSEEN
    return FREE if sample.memory_used_bytes is not None else MISSING


def _foreign_words(processes: tuple[GpuProcess, ...]) -> str:
    seen = [process for process in processes if process.is_visible]
    if not seen:
        return f"{count_words(len(processes))} not visible"
    first = seen[0]
    words = f"{first.user or 'somebody'} · {program(first)}"
    return words if len(processes) == 1 else f"{words} + {len(processes) - 1}"


def program(process: GpuProcess) -> str:
    """Return the program of a process without its path and arguments; its pid where unknown."""
    first, _, _ = (process.command or "").strip().partition(" ")
    return first.rpartition("/")[2] or f"pid {process.pid}"


def count_words(count: int) -> str:
    """Return `1 process`, `3 processes`."""
    return f"{count} process{'' if count == 1 else 'es'}"


def holds_unseen_memory(sample: GpuSample) -> bool:
    """Tell whether memory is held although the driver names no process."""
    used, total = sample.memory_used_bytes, sample.memory_total_bytes
    if sample.processes != () or used is None or sample.has_mig:
        return False
    return used > max(IDLE_MEMORY_BYTES, IDLE_MEMORY_SHARE * (total or 0))


def is_free(sample: GpuSample, owner: str) -> bool:
    """Tell whether nobody holds this GPU, as far as the driver tells."""
    return not sample.is_lost and holder_words(sample, owner) == FREE
