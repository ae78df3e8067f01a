"""The MIG devices of one GPU: parts with memory and processes of their own, and no utilisation."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Final

import pynvml

from cockpit.devices.nvml.calls import Calls, Unreadable
from cockpit.devices.nvml.memory import read_memory
from cockpit.devices.nvml.processes import Processes
from cockpit.devices.sample import GpuSample

GONE: Final = {
    pynvml.NVML_ERROR_INVALID_ARGUMENT,
    pynvml.NVML_ERROR_NOT_FOUND,
    pynvml.NVML_ERROR_UNINITIALIZED,
}
"""What a handle answers whose MIG device was taken apart."""


@dataclass(slots=True)
class _Part:
    handle: object
    calls: Calls
    processes: Processes
    sample: GpuSample


class MigDevices:
    """What a GPU is cut into at present; it may change at any time."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._parts: dict[int, _Part] = {}

    @property
    def samples(self) -> tuple[GpuSample, ...]:
        """The last reading of each."""
        return tuple(self._parts[mig_index].sample for mig_index in sorted(self._parts))

    def clear(self) -> None:
        """Forget them all, as MIG is off."""
        self._parts.clear()

    def find(self, handle: object, gpu_index: int) -> None:
        """Look which there are; one that was made anew in the place of another replaces it."""
        most = self._calls.ask(pynvml.nvmlDeviceGetMaxMigDeviceCount, handle) or 0
        for mig_index in range(most):
            calls = self._calls.for_part()
            part = calls.ask(pynvml.nvmlDeviceGetMigDeviceHandleByIndex, handle, mig_index)
            gpu_uuid = None if part is None else calls.ask(pynvml.nvmlDeviceGetUUID, part)
            if part is None or gpu_uuid is None:
                self._parts.pop(mig_index, None)
                continue
            known = self._parts.get(mig_index)
            if known is not None and known.sample.gpu_uuid == gpu_uuid:
                known.handle = part
                continue
            name = calls.ask(pynvml.nvmlDeviceGetName, part) or ""
            sample = GpuSample(
                gpu_index, str(gpu_uuid), str(name), time.time(), mig_index=mig_index
            )
            self._parts[mig_index] = _Part(part, calls, Processes(calls), sample)

    def read(self) -> bool:
        """Read memory and processes of each; False when one is gone, so that `find` is due."""
        gone = [mig_index for mig_index, part in self._parts.items() if not _read(part)]
        for mig_index in gone:
            del self._parts[mig_index]
        return not gone


def _read(part: _Part) -> bool:
    part.calls.failures.clear()
    try:
        memory = read_memory(part.calls, part.handle)
        if part.calls.refusal in GONE:
            return False
        processes, problem = part.processes.read(part.handle)
    except Unreadable:  # if the whole GPU is lost, its next reading says so
        return False
    if part.calls.failures and memory.used is None and processes is None:
        part.sample = replace(part.sample, problem=f"no readings: {part.calls.failures[0]}")
        return part.calls.refusal not in GONE
    part.sample = replace(
        part.sample,
        problem=None,
        time=time.time(),
        memory_used_bytes=memory.used,
        memory_reserved_bytes=memory.reserved,
        memory_total_bytes=memory.total or part.sample.memory_total_bytes,
        processes=processes,
        processes_problem=problem,
    )
    return part.calls.refusal not in GONE
