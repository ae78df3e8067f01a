"""The NVIDIA driver as a source of GPUs, or why it is none."""

from __future__ import annotations

from typing import Final

import pynvml

from cockpit.devices.driver import DeviceDriver, NoDriver
from cockpit.devices.nvml.calls import error_text
from cockpit.devices.nvml.events import NvmlEvents
from cockpit.devices.nvml.gpu import NvmlGpu
from cockpit.devices.sample import DeviceSource, GpuEvent

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


class NvmlDriver:
    """The driver after a good start."""

    source: DeviceSource = DeviceSource.NVML

    def __init__(self, version: str | None, gpu_count: int) -> None:
        self._version = version
        self._gpu_count = gpu_count
        self._gpus: dict[int, NvmlGpu] = {}
        self._events = NvmlEvents()

    @property
    def version(self) -> str | None:
        """The driver's version."""
        return self._version

    @property
    def gpu_count(self) -> int:
        """How many GPUs there were at the start, lost ones included."""
        return self._gpu_count

    @property
    def problem(self) -> str | None:
        """Why there is no GPU; None when there are some."""
        return None if self._gpu_count else "the NVIDIA driver is loaded but sees no GPU; see lspci"

    def open_gpu(self, gpu_index: int) -> NvmlGpu:
        """Return the reader of one GPU; asks the driver nothing yet."""
        self._gpus[gpu_index] = gpu = NvmlGpu(gpu_index)
        return gpu

    def wait_events(self, timeout_s: float) -> tuple[GpuEvent, ...]:
        """Block until the driver reports something or the time is over. For one thread alone."""
        return self._events.wait(tuple(self._gpus.values()), timeout_s)

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
        unknown = f"the NVIDIA driver does not start ({error_text(error)}); see dmesg"
        return NoDriver(NO_START.get(error.value, unknown))
    return NvmlDriver(_driver_version(), count)


def _driver_version() -> str | None:
    try:
        return str(pynvml.nvmlSystemGetDriverVersion())
    except pynvml.NVMLError:
        return None
