"""What the driver reports by itself: Xid errors, heard by one thread for all GPUs."""

from __future__ import annotations

import time
from collections.abc import Iterable
from ctypes import c_void_p, cast
from typing import Any, Final

import pynvml

from cockpit.devices.nvml.gpu import NvmlGpu
from cockpit.devices.sample import EventKind, GpuEvent

MOST_AT_ONCE: Final = 64
TIMED_OUT: Final = pynvml.NVML_ERROR_TIMEOUT
NEVER: Final = {pynvml.NVML_ERROR_FUNCTION_NOT_FOUND, pynvml.NVML_ERROR_NOT_SUPPORTED}


class NvmlEvents:
    """One event set. Each GPU joins it once its own thread has read it."""

    def __init__(self) -> None:
        self._set: Any = None
        self._is_able = True
        self._joined: dict[str, bool] = {}
        """By UUID; False: it reports nothing."""
        self._by_address: dict[int, tuple[int, str]] = {}

    def wait(self, gpus: Iterable[NvmlGpu], timeout_s: float) -> tuple[GpuEvent, ...]:
        """Return what was reported, after `timeout_s` at the latest; () without any event API."""
        deadline = time.monotonic() + timeout_s
        try:
            if self._is_able:
                self._join(gpus)
            if self._is_able and any(self._joined.values()):
                return self._collect(timeout_s)
        except pynvml.NVMLError as error:
            self._take_error(error.value)
        time.sleep(max(deadline - time.monotonic(), 0))  # an error that comes at once must not spin
        return ()

    def _join(self, gpus: Iterable[NvmlGpu]) -> None:
        """Let the GPUs join that could be read; one that hangs never gets here."""
        for gpu in gpus:
            handle, gpu_uuid = gpu.handle, gpu.sample.gpu_uuid
            if handle is None or gpu_uuid in self._joined or not gpu.sample.has_readings:
                continue
            if self._set is None:
                self._set = pynvml.nvmlEventSetCreate()
            self._joined[gpu_uuid] = False
            try:
                kind = pynvml.nvmlEventTypeXidCriticalError
                pynvml.nvmlDeviceRegisterEvents(handle, kind, self._set)
            except pynvml.NVMLError as error:
                if error.value == pynvml.NVML_ERROR_FUNCTION_NOT_FOUND:
                    raise
                continue
            self._joined[gpu_uuid] = True
            self._by_address[_address(handle)] = (gpu.sample.gpu_index, gpu_uuid)

    def _collect(self, timeout_s: float) -> tuple[GpuEvent, ...]:
        events: list[GpuEvent] = []
        wait_ms = max(int(timeout_s * 1000), 1)
        while len(events) < MOST_AT_ONCE:
            try:
                data = pynvml.nvmlEventSetWait_v2(self._set, wait_ms)
            except pynvml.NVMLError as error:
                if error.value != TIMED_OUT and not events:
                    raise
                break
            event = self._event(data)
            events += [event] if event else []
            wait_ms = 0
        return tuple(events)

    def _event(self, data: Any) -> GpuEvent | None:
        """Return the event; its GPU by its handle, as one that is lost cannot be asked."""
        if data.eventType != pynvml.nvmlEventTypeXidCriticalError:
            return None
        found = self._by_address.get(_address(data.device)) or self._by_uuid(data.device)
        if found is None:
            return None
        gpu_index, gpu_uuid = found
        return GpuEvent(gpu_index, gpu_uuid, time.time(), EventKind.XID, int(data.eventData))

    def _by_uuid(self, handle: object) -> tuple[int, str] | None:
        gpu_uuid = str(pynvml.nvmlDeviceGetUUID(handle))
        known = {uuid: index for index, uuid in self._by_address.values()}
        return (known[gpu_uuid], gpu_uuid) if gpu_uuid in known else None

    def _take_error(self, code: int) -> None:
        """Give up where there is no event API; else begin a new set without what was lost."""
        if code in NEVER:
            self._is_able = False
            return
        self._joined.clear()
        self._by_address.clear()
        old, self._set = self._set, None
        if old is not None:
            try:
                pynvml.nvmlEventSetFree(old)
            except pynvml.NVMLError:
                return


def _address(handle: object) -> int:
    return cast(handle, c_void_p).value or 0  # type: ignore[arg-type]  # pynvml is untyped
