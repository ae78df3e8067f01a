"""What the poller needs from whatever knows the GPUs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cockpit.devices.sample import DeviceSource, GpuSample


class GpuReader(Protocol):
    """One GPU. Used by one thread alone, because any call may hang for ever."""

    def identify(self) -> GpuSample:
        """Return what does not change: uuid, name, sizes, limits; no readings."""
        ...

    def read(self) -> GpuSample:
        """Return a fresh reading, or the last one with `problem` set."""
        ...


class DeviceDriver(Protocol):
    """All GPUs of one source."""

    @property
    def source(self) -> DeviceSource:
        """Where the readings come from."""
        ...

    @property
    def version(self) -> str | None:
        """The driver's version, where there is a driver."""
        ...

    @property
    def problem(self) -> str | None:
        """Why there is no GPU; None when there are some."""
        ...

    @property
    def gpu_count(self) -> int:
        """How many GPUs there are, lost ones included."""
        ...

    def open_gpu(self, gpu_index: int) -> GpuReader:
        """Return the reader of one GPU; asks the driver nothing yet."""
        ...


@dataclass(frozen=True, slots=True)
class NoDriver:
    """There is nothing to read, for a reason."""

    problem: str | None
    source: DeviceSource = DeviceSource.NONE
    version: str | None = None
    gpu_count: int = 0

    def open_gpu(self, gpu_index: int) -> GpuReader:
        """Never called: there is no GPU."""
        raise IndexError(gpu_index)
