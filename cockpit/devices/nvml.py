"""The NVIDIA driver, through pynvml; no other module knows it.

Once for each GPU: handle, uuid, name, power limit, slowdown temperature. Each second: utilisation,
memory, power, temperature, clock, processes (6 calls, 7 where processes run).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import pynvml

from cockpit.devices.driver import DeviceDriver, NoDriver, ReadProgress
from cockpit.devices.sample import DeviceSource, GpuEvent, GpuProcess, GpuSample

T = TypeVar("T")

NO_START: Final = {
    pynvml.NVML_ERROR_LIBRARY_NOT_FOUND: (
        "no NVIDIA driver is installed (libnvidia-ml.so.1 is not found); "
        "a container gets it by --gpus all"
    ),
    pynvml.NVML_ERROR_DRIVER_NOT_LOADED: (
        "the NVIDIA driver is not loaded; try sudo modprobe nvidia, or see dmesg"
    ),
    pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: (
        "the NVIDIA driver and its library differ in version, as after an update; reboot"
    ),
    pynvml.NVML_ERROR_NO_PERMISSION: (
        "no permission to ask the NVIDIA driver; see ls -l /dev/nvidia*"
    ),
}
"""What to say when the driver does not start: the cause, and what to try."""

LOST: Final = {
    pynvml.NVML_ERROR_GPU_IS_LOST: "lost: the driver reports GPU is lost",
    pynvml.NVML_ERROR_RESET_REQUIRED: "lost: the driver reports GPU requires reset",
    pynvml.NVML_ERROR_GPU_NOT_FOUND: "lost: the driver reports GPU not found",
}
ABSENT: Final = {pynvml.NVML_ERROR_FUNCTION_NOT_FOUND, pynvml.NVML_ERROR_ARGUMENT_VERSION_MISMATCH}
"""The library is older than the call: never asked again."""
NOT_TOLD: Final = {
    pynvml.NVML_ERROR_NOT_SUPPORTED,
    pynvml.NVML_ERROR_NO_PERMISSION,
    pynvml.NVML_ERROR_NOT_FOUND,
    pynvml.NVML_ERROR_NO_DATA,
}
"""This GPU has no such reading, or not for us, or not now."""


@dataclass(frozen=True, slots=True)
class NvmlDriver:
    """The driver after a good start."""

    version: str | None
    gpu_count: int
    source: DeviceSource = DeviceSource.NVML

    @property
    def problem(self) -> str | None:
        """Why there is no GPU; None when there are some."""
        return None if self.gpu_count else "the NVIDIA driver is loaded but sees no GPU; see lspci"

    def open_gpu(self, gpu_index: int) -> NvmlGpu:
        """Return the reader of one GPU; asks the driver nothing yet."""
        return NvmlGpu(gpu_index)

    def wait_events(self, timeout_s: float) -> tuple[GpuEvent, ...]:
        """Block until the driver reports something or the time is over. For one thread alone."""
        time.sleep(timeout_s)
        return ()

    def count_now(self) -> int | None:
        """Return how many GPUs the driver counts by now; None where it does not answer."""
        try:
            return int(pynvml.nvmlDeviceGetCount())
        except pynvml.NVMLError:
            return None


def open_nvml() -> DeviceDriver:
    """Return the driver, or why there is none. May take seconds, or hang with the driver."""
    try:
        pynvml.nvmlInit()
        count = int(pynvml.nvmlDeviceGetCount())
    except pynvml.NVMLError as error:
        unknown = f"the NVIDIA driver does not start ({_text(error)}); see dmesg"
        return NoDriver(NO_START.get(error.value, unknown))
    return NvmlDriver(_driver_version(), count)


class _Unreadable(Exception):
    """The whole GPU gives no reading; the message is its `problem`."""


class NvmlGpu:
    """One GPU by its NVML index. Whatever fails, index, uuid and name stay the same."""

    def __init__(self, gpu_index: int) -> None:
        self._last = GpuSample(gpu_index, gpu_uuid="", name="", time=time.time())
        self._handle: object | None = None
        self._absent: set[str] = set()
        self._failures: list[str] = []

    def identify(self) -> GpuSample:
        """Return uuid, name and limits, or why they cannot be had."""
        try:
            self._open()
        except _Unreadable as error:
            return replace(self._last, problem=str(error))
        return self._last

    def read(self) -> tuple[GpuSample, ...]:
        """Return fresh values; of a GPU that is lost its last values, their time, and why."""
        try:
            if self._handle is None:
                self._open()
            self._last = self._measure()
        except _Unreadable as error:
            return (replace(self._last, problem=str(error)),)
        return (self._last,)

    def progress(self) -> ReadProgress:
        """Return how far `identify` or `read` is. Never blocks; for any thread."""
        return ReadProgress(self._last)

    def _open(self) -> None:
        try:
            handle = pynvml.nvmlDeviceGetHandleByIndex(self._last.gpu_index)
        except pynvml.NVMLError as error:
            unknown = f"not readable: the driver reports {_text(error)}"
            raise _Unreadable(LOST.get(error.value, unknown)) from error
        self._last = replace(
            self._last,
            time=time.time(),
            gpu_uuid=self._ask(pynvml.nvmlDeviceGetUUID, handle) or "",
            name=self._ask(pynvml.nvmlDeviceGetName, handle) or "",
            memory_total_bytes=self._memory(handle)[1],
            power_limit_w=_milli(
                self._ask(pynvml.nvmlDeviceGetEnforcedPowerLimit, handle)
                or self._ask(pynvml.nvmlDeviceGetPowerManagementLimit, handle)
            ),
            temperature_slowdown_c=_number(
                self._ask(
                    pynvml.nvmlDeviceGetTemperatureThreshold,
                    handle,
                    pynvml.NVML_TEMPERATURE_THRESHOLD_SLOWDOWN,
                )
            ),
        )
        self._handle = handle

    def _measure(self) -> GpuSample:
        handle, self._failures = self._handle, []
        utilization = self._ask(pynvml.nvmlDeviceGetUtilizationRates, handle)
        used, total = self._memory(handle)
        sample = replace(
            self._last,
            time=time.time(),
            utilization_pct=None if utilization is None else float(utilization.gpu),
            memory_used_bytes=used,
            memory_total_bytes=self._last.memory_total_bytes if total is None else total,
            temperature_c=self._temperature(handle),
            power_w=_milli(self._ask(pynvml.nvmlDeviceGetPowerUsage, handle)),
            sm_clock_mhz=_number(
                self._ask(pynvml.nvmlDeviceGetClockInfo, handle, pynvml.NVML_CLOCK_SM)
            ),
            processes=self._processes(handle),
            problem=None,
        )
        if self._failures and not sample.has_readings:
            raise _Unreadable(f"no readings: the driver reports {self._failures[0]}")
        return sample

    def _memory(self, handle: object) -> tuple[int | None, int | None]:
        """Return used and total bytes; version 1 counts what the driver reserves as used."""
        memory = self._ask(pynvml.nvmlDeviceGetMemoryInfo, handle, pynvml.nvmlMemory_v2)
        if memory is None and self._is_absent(pynvml.nvmlDeviceGetMemoryInfo, 1):
            memory = self._ask(pynvml.nvmlDeviceGetMemoryInfo, handle)
        return (None, None) if memory is None else (int(memory.used), int(memory.total))

    def _temperature(self, handle: object) -> float | None:
        sensor = pynvml.NVML_TEMPERATURE_GPU
        value = self._ask(pynvml.nvmlDeviceGetTemperature, handle, sensor)
        if value is None and self._is_absent(pynvml.nvmlDeviceGetTemperature, 1):
            value = self._ask(pynvml.nvmlDeviceGetTemperatureV, handle, sensor)
        return _number(value)

    def _processes(self, handle: object) -> tuple[GpuProcess, ...] | None:
        found = self._ask(pynvml.nvmlDeviceGetComputeRunningProcesses_v3, handle)
        if found is None and self._is_absent(pynvml.nvmlDeviceGetComputeRunningProcesses_v3, 0):
            found = self._ask(pynvml.nvmlDeviceGetComputeRunningProcesses_v2, handle)
        if found is None:
            return None
        return tuple(GpuProcess(int(one.pid), one.usedGpuMemory) for one in found)

    def _ask(self, call: Callable[..., T], handle: object, *arguments: int) -> T | None:
        """Return the answer to one call, None where there is none for this field."""
        if self._is_absent(call, len(arguments)):
            return None
        try:
            return call(handle, *arguments)
        except pynvml.NVMLError as error:
            code = error.value
            if code in LOST:
                raise _Unreadable(LOST[code]) from error
            if code in ABSENT:
                self._absent.add(_key(call, len(arguments)))
            elif code not in NOT_TOLD:
                self._failures.append(_text(error))
            return None

    def _is_absent(self, call: Callable[..., object], argument_count: int) -> bool:
        return _key(call, argument_count) in self._absent


def _key(call: Callable[..., object], argument_count: int) -> str:
    return f"{call.__name__}/{argument_count}"


def _driver_version() -> str | None:
    try:
        return str(pynvml.nvmlSystemGetDriverVersion())
    except pynvml.NVMLError:
        return None


def _text(error: Exception) -> str:
    return str(error).rstrip(".")


def _number(value: int | None) -> float | None:
    return None if value is None else float(value)


def _milli(value: int | None) -> float | None:
    return None if value is None else value / 1000
