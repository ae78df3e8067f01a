"""What the poller needs from whatever knows the GPUs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

from cockpit.devices.sample import DeviceSource, GpuEvent, GpuSample


@dataclass(frozen=True, slots=True)
class ReadProgress:
    """How far the reading of one GPU has come."""

    sample: GpuSample
    """The GPU itself, with what this tick has brought so far; the rest is of the tick before."""
    call: str | None = None
    """The driver's function that has not returned yet; None: it is in none."""
    since: float = 0.0
    """When that function was called, on the monotonic clock."""


class GpuReader(Protocol):
    """One GPU. Used by one thread alone, because any call may hang for ever."""

    def identify(self) -> GpuSample:
        """Return what does not change: uuid, name, sizes, limits; no readings."""
        ...

    def read(self) -> tuple[GpuSample, ...]:
        """Return a fresh reading, or the last one with `problem` set; then its MIG devices."""
        ...

    def progress(self) -> ReadProgress:
        """Return how far `identify` or `read` is. Never blocks; for any thread."""
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

    def wait_events(self, timeout_s: float) -> tuple[GpuEvent, ...]:
        """Block until the driver reports something or the time is over. For one thread alone."""
        ...

    def count_now(self) -> int | None:
        """Return how many GPUs the driver counts by now; None where it does not answer."""
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

    def wait_events(self, timeout_s: float) -> tuple[GpuEvent, ...]:
        """Nothing reports anything; takes the time all the same, as the caller asks in a loop."""
        time.sleep(timeout_s)
        return ()

    def count_now(self) -> int | None:
        """Nobody can be asked."""
        return None
