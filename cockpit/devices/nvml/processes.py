"""The processes on a GPU and their shares of it, each list by one call.

pynvml makes two calls for a list, the first for its length. Here the room is kept from the last
time, which halves the calls; that needs pynvml's own way to a function of the library.
"""

from __future__ import annotations

import time
from ctypes import Array, Structure, byref, c_uint, c_ulonglong
from typing import Any, Final

import pynvml

from cockpit.devices.nvml.calls import Calls, error_text
from cockpit.devices.sample import GpuProcess

FIRST_ROOM: Final = 32
NOT_AVAILABLE: Final = 0xFFFFFFFFFFFFFFFF
FIRST_SPAN_US: Final = 5_000_000
REFUSED: Final = {
    pynvml.NVML_ERROR_NO_PERMISSION: "no permission to list processes",
    pynvml.NVML_ERROR_NOT_SUPPORTED: "this GPU does not list its processes",
    pynvml.NVML_ERROR_FUNCTION_NOT_FOUND: "the driver's library is too old to list processes",
}


class _Process(Structure):
    _fields_ = (
        ("pid", c_uint),
        ("used", c_ulonglong),
        ("gpu_instance", c_uint),
        ("compute_instance", c_uint),
    )


class _Share(Structure):
    _fields_ = (
        ("pid", c_uint),
        ("time_us", c_ulonglong),
        ("sm", c_uint),
        ("memory", c_uint),
        ("encoder", c_uint),
        ("decoder", c_uint),
    )


class Processes:
    """The processes of one GPU or MIG device."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._room: Array[_Process] = (_Process * FIRST_ROOM)()
        self._share_room: Array[_Share] = (_Share * FIRST_ROOM)()
        self._shares: dict[int, float] = {}
        self._seen_us = 0

    def read(self, handle: object) -> tuple[tuple[GpuProcess, ...] | None, str | None]:
        """Return the processes, or None and why they are not told."""
        found = self._calls.ask(self.nvmlDeviceGetComputeRunningProcesses_v3, handle)
        if found is None and self._calls.is_absent(self.nvmlDeviceGetComputeRunningProcesses_v3):
            found = self._calls.ask(self.nvmlDeviceGetComputeRunningProcesses_v2, handle)
        if found is not None:
            return found, None
        code = self._calls.refusal
        if code is None:
            return None, None
        return None, REFUSED.get(code, f"processes are not told: {_words(code)}")

    def read_shares(self, handle: object) -> None:
        """Renew the shares of the multiprocessors' time; what is not told anew stays."""
        for pid, pct in (
            self._calls.ask(self.nvmlDeviceGetProcessUtilization, handle) or {}
        ).items():
            self._shares[pid] = pct

    @property
    def can_share(self) -> bool:
        """Return False where this GPU does not tell shares."""
        return self._calls.can_ask(self.nvmlDeviceGetProcessUtilization)

    def nvmlDeviceGetComputeRunningProcesses_v3(  # noqa: N802  # the driver's name, for who waits
        self, handle: object
    ) -> tuple[GpuProcess, ...]:
        """Return the processes as libraries of 2021 and later tell them."""
        return self._list("nvmlDeviceGetComputeRunningProcesses_v3", handle)

    def nvmlDeviceGetComputeRunningProcesses_v2(  # noqa: N802
        self, handle: object
    ) -> tuple[GpuProcess, ...]:
        """Return the processes as older libraries tell them."""
        return self._list("nvmlDeviceGetComputeRunningProcesses_v2", handle)

    def nvmlDeviceGetProcessUtilization(self, handle: object) -> dict[int, float]:  # noqa: N802
        """Return the mean SM share of each process since the last call; none is NOT_FOUND."""
        function = pynvml._nvmlGetFunctionPointer("nvmlDeviceGetProcessUtilization")
        since_us = self._seen_us or int(time.time() * 1e6) - FIRST_SPAN_US
        count = c_uint(len(self._share_room))
        code = function(handle, self._share_room, byref(count), c_ulonglong(since_us))
        if code == pynvml.NVML_ERROR_INSUFFICIENT_SIZE:
            self._share_room = (_Share * (2 * count.value))()
            count = c_uint(len(self._share_room))
            code = function(handle, self._share_room, byref(count), c_ulonglong(since_us))
        _check(code)
        told: dict[int, list[int]] = {}
        for share in self._share_room[: count.value]:
            self._seen_us = max(self._seen_us, share.time_us)
            if share.pid and share.sm <= 100:  # drivers have been seen to give nonsense above
                told.setdefault(share.pid, []).append(share.sm)
        return {pid: sum(shares) / len(shares) for pid, shares in told.items()}

    def _list(self, name: str, handle: object) -> tuple[GpuProcess, ...]:
        function = pynvml._nvmlGetFunctionPointer(name)
        count = c_uint(len(self._room))
        code = function(handle, byref(count), self._room)
        if code == pynvml.NVML_ERROR_INSUFFICIENT_SIZE:
            self._room = (_Process * (2 * count.value))()
            count = c_uint(len(self._room))
            code = function(handle, byref(count), self._room)
        _check(code)
        found = self._room[: count.value]
        self._shares = {p.pid: self._shares[p.pid] for p in found if p.pid in self._shares}
        return tuple(map(self._process, found))

    def _process(self, one: Any) -> GpuProcess:
        used = None if one.used == NOT_AVAILABLE else int(one.used)
        return GpuProcess(int(one.pid), used, self._shares.get(one.pid))


def _check(code: int) -> None:
    if code != pynvml.NVML_SUCCESS:
        raise pynvml.NVMLError(code)


def _words(code: int) -> str:
    return f"the driver reports {error_text(pynvml.NVMLError(code))}"
