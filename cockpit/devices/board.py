"""What the poller's threads have brought since the last line was written."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Final

from cockpit.devices.driver import DeviceDriver
from cockpit.devices.sample import (
    DeviceInventory,
    DeviceReading,
    DeviceSource,
    GpuSample,
    HostSample,
)

START_PATIENCE_S: Final = 5.0
"""A driver that has not started by then is said not to answer; a late answer still counts."""
IDENTITY_PATIENCE_S: Final = 1.5
"""A GPU that has not named itself by then is listed without a name."""


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
        self._identities: dict[int, GpuSample] = {}
        self._fresh: dict[int, GpuSample] = {}
        self._host: HostSample | None = None
        self._awaited: frozenset[int] = frozenset()
        self._told: DeviceInventory | None = None

    def put_driver(self, driver: DeviceDriver) -> None:
        """Take the driver that has started, or the reason why none did."""
        with self._changed:
            self._driver, self._began, self._began_s = driver, time.monotonic(), time.time()
            self._awaited = frozenset(range(driver.gpu_count))
            self._changed.notify_all()

    def put_identity(self, sample: GpuSample) -> None:
        """Take what a GPU says of itself."""
        with self._changed:
            self._identities[sample.gpu_index] = _without_readings(sample)
            self._changed.notify_all()

    def put_sample(self, sample: GpuSample) -> None:
        """Take a reading; one that was not collected yet is replaced."""
        with self._changed:
            self._fresh[sample.gpu_index] = sample
            known = self._identities.get(sample.gpu_index)
            if known is None or known.gpu_uuid != sample.gpu_uuid:
                self._identities[sample.gpu_index] = _without_readings(sample)
            self._changed.notify_all()

    def put_host(self, sample: HostSample) -> None:
        """Take a reading of the host."""
        with self._changed:
            self._host = sample
            self._changed.notify_all()

    def collect(self, patience_s: float) -> DeviceReading:
        """Return all that is new, once every GPU that answers has answered or patience ends."""
        with self._changed:
            self._changed.wait_for(self._is_full, patience_s)
            fresh, self._fresh = self._fresh, {}
            host, self._host = self._host, None
            if fresh:  # a GPU that hangs is waited for once, not every second
                self._awaited = frozenset(fresh)
            gpus = tuple(fresh[gpu_index] for gpu_index in sorted(fresh))
            return DeviceReading(self._new_inventory(), gpus, host)

    def _is_full(self) -> bool:
        if self._driver is None or self._host is None:
            return False
        return self._awaited <= self._fresh.keys()

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
            return DeviceInventory(
                DeviceSource.NONE, (), None, "the GPU driver does not answer since the start"
            )
        count = self._driver.gpu_count
        if len(self._identities) < count and waited_s < self._identity_patience_s:
            return None
        gpus = tuple(
            self._identities.get(gpu_index, GpuSample(gpu_index, "", "", self._began_s))
            for gpu_index in range(count)
        )
        driver = self._driver
        return DeviceInventory(driver.source, gpus, driver.version, driver.problem)


def _without_readings(sample: GpuSample) -> GpuSample:
    return replace(
        sample,
        utilization_pct=None,
        memory_used_bytes=None,
        temperature_c=None,
        power_w=None,
        sm_clock_mhz=None,
        processes=None,
    )
