"""What the poller's threads have brought since the last line was written."""

from __future__ import annotations

import threading
import time
from collections.abc import Set
from dataclasses import replace
from typing import Final

from cockpit.devices.driver import DeviceDriver, GpuReader
from cockpit.devices.sample import (
    DeviceInventory,
    DeviceReading,
    DeviceSource,
    GpuSample,
    HostSample,
)
from cockpit.units import duration

START_PATIENCE_S: Final = 5.0
"""A driver that has not started by then is said not to answer; a late answer still counts."""
IDENTITY_PATIENCE_S: Final = 0.5
"""A GPU that has not named itself by then is listed without a name."""
HANG_AFTER_S: Final = 1.0
"""A call of the driver that takes longer is named; good ones take milliseconds."""
SLOW_AFTER_S: Final = 2.0
"""A GPU whose reading takes longer is told in parts, so that it is not taken for dead."""
NO_START: Final = "the GPU driver does not answer since the start"

Gpus = tuple[GpuSample, ...]
"""One GPU, then its MIG devices."""


class Board:
    """Collects from many threads, is emptied by one."""

    def __init__(
        self,
        start_patience_s: float = START_PATIENCE_S,
        identity_patience_s: float = IDENTITY_PATIENCE_S,
    ) -> None:
        self._start_patience_s = start_patience_s
        self._identity_patience_s = identity_patience_s
        self._changed = threading.Condition()
        self._began = time.monotonic()
        self._began_s = time.time()
        self._driver: DeviceDriver | None = None
        self._readers: dict[int, GpuReader] = {}
        self._identities: dict[int, Gpus] = {}
        self._fresh: dict[int, Gpus] = {}
        self._last: dict[int, Gpus] = {}
        self._arrived: dict[int, float] = {}
        self._host: HostSample | None = None
        self._awaited: frozenset[int] = frozenset()
        self._awaits_host = True
        self._told: DeviceInventory | None = None
        self._told_gpus: set[int] = set()

    def put_driver(self, driver: DeviceDriver) -> None:
        """Take the driver that has started, or the reason why none did."""
        with self._changed:
            self._driver, self._began, self._began_s = driver, time.monotonic(), time.time()
            self._awaited = frozenset(range(driver.gpu_count))
            self._changed.notify_all()

    def put_reader(self, gpu_index: int, reader: GpuReader) -> None:
        """Take who reads a GPU, to ask it how far it is when nothing comes."""
        with self._changed:
            self._readers[gpu_index] = reader
            self._arrived[gpu_index] = time.monotonic()

    def put_identity(self, sample: GpuSample) -> None:
        """Take what a GPU says of itself."""
        with self._changed:
            self._identities[sample.gpu_index] = (_without_readings(sample),)
            self._changed.notify_all()

    def put_samples(self, samples: Gpus) -> None:
        """Take a reading of one GPU; one that was not collected yet is replaced."""
        gpu_index = samples[0].gpu_index
        with self._changed:
            before = self._last.get(gpu_index, ())
            gpus = _with_silent_parts(samples, before)
            self._fresh[gpu_index] = self._last[gpu_index] = gpus
            self._arrived[gpu_index] = time.monotonic()
            if _names(gpus) != _names(self._identities.get(gpu_index, ())):
                self._identities[gpu_index] = tuple(_without_readings(one) for one in gpus)
            if self._is_full():
                self._changed.notify_all()

    def put_host(self, sample: HostSample) -> None:
        """Take a reading of the host."""
        with self._changed:
            self._host, self._awaits_host = sample, True
            if self._is_full():
                self._changed.notify_all()

    def collect(self, patience_s: float) -> DeviceReading:
        """Return all that is new, once every GPU that answers has answered or patience ends."""
        with self._changed:
            self._changed.wait_for(self._is_full, patience_s)
            fresh, self._fresh = self._fresh, {}
            host, self._host = self._host, None
            self._awaits_host = host is not None
            if fresh:  # a GPU that hangs is waited for once, not every second
                self._awaited = frozenset(fresh)
            inventory = self._new_inventory()
            told = fresh | self._unfinished(fresh.keys())
            if inventory is not None:  # who reads the lines drops what it was not told to exist
                told = self._last | told
            self._told_gpus.update(told if self._told else ())
            gpus = tuple(sample for gpu_index in sorted(told) for sample in told[gpu_index])
            return DeviceReading(inventory, gpus, host)

    @property
    def is_settled(self) -> bool:
        """True once it was told of every GPU how it is, or that there is none."""
        with self._changed:
            return self._driver is not None and len(self._told_gpus) >= self._driver.gpu_count

    def _is_full(self) -> bool:
        if self._driver is None or (self._host is None and self._awaits_host):
            return False
        return self._awaited <= self._fresh.keys()

    def _unfinished(self, finished: Set[int]) -> dict[int, Gpus]:
        """Return what is known of GPUs that are in a call of the driver for long."""
        now = time.monotonic()
        found = {}
        for gpu_index in self._readers.keys() - finished:
            gpus = self._partly_read(gpu_index, now)
            if gpus:
                found[gpu_index] = gpus
        return found

    def _partly_read(self, gpu_index: int, now: float) -> Gpus:
        progress = self._readers[gpu_index].progress()
        if progress.call is None:
            return ()
        silent_s, problem = now - progress.since, None
        if silent_s >= HANG_AFTER_S:
            problem = f"no answer from {progress.call} for {duration(silent_s)}"
        elif now - self._arrived[gpu_index] < SLOW_AFTER_S:
            return ()
        last = self._last.get(gpu_index)
        if last is None:
            return (replace(progress.sample, time=self._began_s, problem=problem),)
        whole, *parts = last
        begun = replace(
            progress.sample, time=whole.time, processes=whole.processes, problem=problem
        )
        return (begun, *(replace(part, problem=problem) for part in parts))

    def _new_inventory(self) -> DeviceInventory | None:
        inventory = self._inventory()
        if inventory is None or inventory == self._told:
            return None
        self._told = inventory
        return inventory

    def _inventory(self) -> DeviceInventory | None:
        waited_s = time.monotonic() - self._began
        if self._driver is None:
            if waited_s < self._start_patience_s:
                return None
            return DeviceInventory(DeviceSource.NONE, (), None, NO_START)
        count = self._driver.gpu_count
        if len(self._identities) < count and waited_s < self._identity_patience_s:
            return None
        unnamed = {
            gpu_index: (GpuSample(gpu_index, "", "", self._began_s),) for gpu_index in range(count)
        }
        gpus = unnamed | self._identities
        driver = self._driver
        return DeviceInventory(
            driver.source,
            tuple(sample for gpu_index in sorted(gpus) for sample in gpus[gpu_index]),
            driver.version,
            driver.problem,
        )


def _with_silent_parts(samples: Gpus, before: Gpus) -> Gpus:
    """Keep the MIG devices of a GPU that gives no readings: they share its problem."""
    whole = samples[0]
    if whole.problem is None or len(samples) > 1:
        return samples
    return (whole, *(replace(part, problem=whole.problem) for part in before[1:]))


def _names(gpus: Gpus) -> list[tuple[str, bool]]:
    return [(sample.gpu_uuid, sample.has_mig) for sample in gpus]


def _without_readings(sample: GpuSample) -> GpuSample:
    return GpuSample(
        gpu_index=sample.gpu_index,
        gpu_uuid=sample.gpu_uuid,
        name=sample.name,
        time=sample.time,
        memory_total_bytes=sample.memory_total_bytes,
        temperature_slowdown_c=sample.temperature_slowdown_c,
        temperature_shutdown_c=sample.temperature_shutdown_c,
        power_limit_w=sample.power_limit_w,
        sm_clock_max_mhz=sample.sm_clock_max_mhz,
        problem=sample.problem,
        mig_index=sample.mig_index,
        has_mig=sample.has_mig,
    )
