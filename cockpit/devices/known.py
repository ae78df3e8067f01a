"""What a feed knows of all GPUs, from one poller or from several in a row. No clock of its own."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Final

from cockpit.devices.sample import (
    LOST,
    DeviceInventory,
    DeviceReading,
    DeviceSource,
    GpuEvent,
    GpuSample,
    HostSample,
)
from cockpit.units import duration

KEPT_ALIKE: Final = 20
KEPT_KINDS: Final = 256
HOST_STALE_S: Final = 30.0
"""Older figures of the host say nothing of now: its thread may hang on a dead disk."""
UNLISTED: Final = f"{LOST}: the driver lists it no more"
NO_ANSWER: Final = "no answer"


class Known:
    """One row for each GPU that was ever seen. Moments are of the monotonic clock."""

    def __init__(self, stale_after_s: float) -> None:
        self._stale_after_s = stale_after_s
        self._inventory: DeviceInventory | None = None
        self._rows: dict[str, GpuSample] = {}
        """By `GpuSample.key`; those of the inventory and those that were once in it."""
        self._told: set[str] = set()
        """Keys of which something was told since the inventory came."""
        self._arrived: dict[str, float] = {}
        self._was_well: dict[str, float] = {}
        self._host: HostSample | None = None
        self._host_arrived = 0.0
        self._events: dict[tuple[object, ...], deque[GpuEvent]] = {}
        """By GPU, kind and code."""
        self.death: str | None = None
        """How the last poller ended, until the next one has told what it found."""

    def take(self, reading: DeviceReading, now: float) -> None:
        """Take one line of a poller."""
        if reading.inventory is not None:
            self._take_inventory(reading.inventory, now)
        for sample in reading.gpus:
            self._take_sample(sample, now)
        if reading.host is not None:
            self._host, self._host_arrived = reading.host, now
        for event in reading.events:
            self._keep(event)

    def reading(self, now: float) -> DeviceReading:
        """Return all of it, sorted; what is silent says so."""
        rows = sorted(self._rows.items(), key=lambda item: item[1].order)
        gpus = tuple(self._marked(key, sample, now) for key, sample in rows)
        host = self._host if now - self._host_arrived < HOST_STALE_S else None
        return DeviceReading(self._shown_inventory(), gpus, host, self._kept_events())

    def told(self) -> DeviceReading:
        """Return only the GPUs of which something was told since they were listed."""
        gpus = tuple(self._rows[key] for key in self._told)
        return DeviceReading(self._inventory, gpus, self._host, self._kept_events())

    def _keep(self, event: GpuEvent) -> None:
        """Keep the newest of each kind: a GPU that reports much does not push out another's."""
        kind = (event.gpu_uuid, event.gpu_index, event.kind, event.code)
        alike = self._events.setdefault(kind, deque(maxlen=KEPT_ALIKE))
        alike.append(event)
        if len(self._events) > KEPT_KINDS:
            del self._events[next(iter(self._events))]

    def _kept_events(self) -> tuple[GpuEvent, ...]:
        alike = (event for events in self._events.values() for event in events)
        return tuple(sorted(alike, key=lambda event: event.time))

    def _take_inventory(self, inventory: DeviceInventory, now: float) -> None:
        self.death = None
        named = {gpu.gpu_uuid for gpu in inventory.gpus}
        listed = tuple(self._as_known(gpu, named) for gpu in inventory.gpus)
        keys = {gpu.key for gpu in listed}
        rows = {gpu.key: self._rows.get(gpu.key, gpu) for gpu in listed}
        for key, sample in self._rows.items():
            kept = None if key in keys else _unlisted(sample, inventory, listed)
            if kept is not None:
                rows[key] = kept
        for gpu in listed:  # it may have moved to another index
            known = rows[gpu.key]
            if known.order != gpu.order or known.has_mig != gpu.has_mig:
                rows[gpu.key] = replace(
                    known, gpu_index=gpu.gpu_index, mig_index=gpu.mig_index, has_mig=gpu.has_mig
                )
        self._inventory = replace(inventory, gpus=listed)
        self._rows, self._told = rows, self._told & keys
        self._arrived = {key: self._arrived.get(key, now) for key in rows}
        self._was_well = {key: self._was_well.get(key, now) for key in rows}

    def _take_sample(self, sample: GpuSample, now: float) -> None:
        if not sample.gpu_uuid:
            sample = self._with_problem_of(sample)
        if sample.key not in self._rows:
            return  # it is in no inventory: the next line lists it
        self._rows[sample.key] = sample
        self._arrived[sample.key] = now
        if sample.problem is None:
            self._was_well[sample.key] = now
        self._told.add(sample.key)

    def _as_known(self, gpu: GpuSample, named: set[str]) -> GpuSample:
        """Return a GPU that does not tell its UUID under the one it told an earlier poller."""
        if gpu.gpu_uuid or self._inventory is None:
            return gpu
        for earlier in self._inventory.gpus:
            if earlier.order == gpu.order and earlier.gpu_uuid not in named:
                return replace(earlier, problem=gpu.problem)
        return gpu

    def _with_problem_of(self, sample: GpuSample) -> GpuSample:
        listed = self._inventory.gpus if self._inventory else ()
        known = next((one for one in listed if one.order == sample.order), sample)
        if not known.gpu_uuid:
            return sample
        return replace(self._rows[known.key], problem=sample.problem)

    def _marked(self, key: str, sample: GpuSample, now: float) -> GpuSample:
        if now - self._arrived[key] < self._stale_after_s:
            return sample
        if sample.problem is not None and not sample.problem.startswith(NO_ANSWER):
            return sample
        return replace(sample, problem=f"{NO_ANSWER} for {duration(now - self._was_well[key])}")

    def _shown_inventory(self) -> DeviceInventory | None:
        if self.death is None:
            return self._inventory
        known = self._inventory or DeviceInventory(DeviceSource.NONE, (), None, None)
        return replace(known, problem=self.death)


def _unlisted(
    sample: GpuSample, inventory: DeviceInventory, listed: tuple[GpuSample, ...]
) -> GpuSample | None:
    """Return what becomes of a row that a new inventory does not have; None: it goes.

    Without any GPU nobody knows whether it is lost: the driver itself does not answer.
    """
    if not sample.gpu_uuid or sample.mig_index is not None:
        return None
    reason = UNLISTED if listed else inventory.problem or UNLISTED
    return replace(sample, problem=sample.problem if sample.is_lost else reason)
