"""Memory of a GPU or MIG device, what the driver reserves apart where it can tell."""

from __future__ import annotations

from dataclasses import dataclass

import pynvml

from cockpit.devices.nvml.calls import Calls


@dataclass(frozen=True, slots=True)
class Memory:
    """What the driver tells of memory."""

    used: int | None = None
    total: int | None = None
    reserved: int | None = None


def read_memory(calls: Calls, handle: object) -> Memory:
    """Return the memory; an old library counts as used what the driver reserves."""
    told = calls.ask(pynvml.nvmlDeviceGetMemoryInfo, handle, pynvml.nvmlMemory_v2)
    if told is not None:
        return Memory(int(told.used), int(told.total), int(told.reserved))
    if calls.is_absent(pynvml.nvmlDeviceGetMemoryInfo, pynvml.nvmlMemory_v2):
        told = calls.ask(pynvml.nvmlDeviceGetMemoryInfo, handle)
    return Memory() if told is None else Memory(int(told.used), int(told.total))
