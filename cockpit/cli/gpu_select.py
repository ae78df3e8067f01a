"""Which GPUs are free, for `cockpit gpus --select free`. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cockpit.cli.text_width import plain
from cockpit.devices.sample import DeviceReading, GpuProcess, GpuSample
from cockpit.errors import InputError
from cockpit.units import binary, percent

FREE_SHARE: Final = 0.03
"""So much of its memory may be in use on a free GPU: what a driver takes for itself."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What was found."""

    free: tuple[int, ...]
    """gpu_index, in order."""
    taken: tuple[str, ...]
    """One line for each other GPU: who holds it, or what is wrong with it."""


def parse_select(text: str) -> int | None:
    """Return how many GPUs `free:4` asks for; None: all that are free. Raises InputError."""
    match = re.fullmatch(r"free(?::([1-9]\d*))?", text.strip())
    if match is None:
        raise InputError(f"--select {text}: not understood", "--select free, or --select free:4")
    return int(match[1]) if match[1] else None


def select_free(reading: DeviceReading, holders: Mapping[int, str | None]) -> Selection:
    """Return the free GPUs.

    `holders` has the GPUs that may be used at all, each with the run that it was given to.
    """
    free, taken = [], []
    for gpu in reading.gpus:
        if gpu.mig_index is not None:
            continue  # CUDA takes MIG devices by UUID, not by index
        why = why_not_free(gpu)
        if gpu.gpu_index not in holders:
            why = "not in CUDA_VISIBLE_DEVICES"
        elif not gpu.is_lost:
            why = holders[gpu.gpu_index] or why
        if why is None:
            free.append(gpu.gpu_index)
        else:
            taken.append(f"GPU {gpu.label}: {why}")
    return Selection(tuple(free), tuple(taken))


def why_not_free(gpu: GpuSample) -> str | None:
    """Return what stands against using a GPU, or None."""
    if gpu.problem is not None:
        return plain(gpu.problem)
    if gpu.has_mig:
        return "cut into MIG devices, which CUDA takes by UUID"
    if gpu.processes:
        return _held_by(gpu.processes)
    if gpu.memory_used_bytes is None or not gpu.memory_total_bytes:
        return "its memory in use is not told"
    share = gpu.memory_used_bytes / gpu.memory_total_bytes
    if share >= FREE_SHARE:
        used = f"{binary(gpu.memory_used_bytes)} ({percent(100 * share)}) in use"
        return f"{used}, {gpu.processes_problem or 'and no process to be seen'}"
    return None


def _held_by(processes: tuple[GpuProcess, ...]) -> str:
    largest = max(processes, key=lambda process: process.memory_used_bytes or 0)
    size = binary(largest.memory_used_bytes)
    rest = f", and {len(processes) - 1} more" if len(processes) > 1 else ""
    if not largest.is_visible:
        return f"a process that is not visible here, {size}{rest}"
    what = f": {plain(largest.command)}" if largest.command else ""
    return f"pid {largest.pid} of {largest.user or '?'}, {size}{rest}{what[:80]}"
