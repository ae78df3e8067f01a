"""The GPUs as the driver tells them, beside a check that a hanging driver must not hold up."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from cockpit.devices.feed import DeviceFeed
from cockpit.devices.sample import DeviceReading, DeviceSource, GpuSample
from cockpit.launch.gpus import choose_gpus, parse_gpu_choice
from cockpit.launch.plan import Gpu, Machine
from cockpit.presets.model import LaunchKind
from cockpit.tool_runs.events import Event, Finding, Level
from cockpit.units import GIB

INTERVAL_S: Final = 3.4
"""The second look of a poller may then ask for everything that the first left out: ECC, links."""
FIRST_S: Final = 1.5
FULL_S: Final = 4.5
USED_BYTES: Final = GIB
"""More than this in use on a GPU, and somebody trains there."""
VISIBLE: Final = "CUDA_VISIBLE_DEVICES"
DRIVER: Final = "driver.version"
ORDER: Final = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
"""Lets torch count the GPUs as the driver does."""


class GpuLook:
    """One look at all GPUs, in the background."""

    def __init__(self, spec: str) -> None:
        self._feed = DeviceFeed(spec, INTERVAL_S)
        self._began = time.monotonic()
        self._began_s = time.time()
        self._feed.start()

    def first(self) -> DeviceReading:
        """Return what there is: names, memory, processes; what hangs says so."""
        return self._feed.first_reading(FIRST_S, needs_host=False)

    def full(self) -> DeviceReading:
        """Return everything, once the slow readings were taken as well."""
        reading = self._feed.first_reading(self._left_s(), needs_host=False)
        if any(gpu.problem for gpu in reading.gpus) or not reading.gpus:
            return reading
        self._feed.wait_until(self._is_full, self._left_s())
        return self._feed.latest()

    def fit(self, event: Event) -> Event:
        """Return what the diagnostic says so that it fits GPUs that are only simulated."""
        inventory = self._feed.latest().inventory
        is_simulated = inventory is not None and inventory.source is DeviceSource.SIMULATED
        if not is_simulated or not isinstance(event, Finding) or event.code != DRIVER:
            return event
        return replace(event, what=f"{event.what}; the SIMULATED ones need none")

    def close(self) -> None:
        """End it, also when the driver hangs; safe to call twice."""
        self._feed.close()

    def _left_s(self) -> float:
        return max(FULL_S - (time.monotonic() - self._began), 0.1)

    def _is_full(self, reading: DeviceReading) -> bool:
        second_s = self._began_s + INTERVAL_S / 2
        inventory = reading.inventory
        if inventory is None or len(reading.gpus) < len(inventory.gpus):
            return False
        if inventory.source is DeviceSource.SIMULATED:  # it tells everything at once
            return True
        return all(gpu.time > second_s or gpu.problem for gpu in reading.gpus)


def choose_devices(
    choice: str | None, reading: DeviceReading, environ: Mapping[str, str]
) -> tuple[str, list[Finding]]:
    """Return where the smoke test trains, as its `--gpus` says it, and a word on the choice. Pure.

    Without a choice these are the free GPUs. Raises InputError for one that makes no sense,
    EnvironmentNotFit for GPUs that are not there or not free.
    """
    asked = parse_gpu_choice(choice or "auto")
    source = reading.inventory.source if reading.inventory else DeviceSource.NONE
    if asked.word == "cpu":
        return "cpu", []
    if source is DeviceSource.SIMULATED:
        what = "SIMULATED GPUs take no training steps: they are tried on the CPU"
        return "cpu", [Finding(Level.NOTE, "ddp.devices", what)]
    if choice is None and (not reading.gpus or VISIBLE in environ):
        return "auto", []
    machine = Machine(tuple(_gpu(gpu) for gpu in reading.gpus if _is_whole(gpu)), cpu_count=1)
    if asked.word == "auto" and all(gpu.is_busy for gpu in machine.gpus):
        what = "no GPU is free: the training steps are tried on the CPU"
        return "cpu", [Finding(Level.NOTE, "ddp.devices", what, "cockpit check --gpus 0,1")]
    # Taken GPUs that are named are meant: the test needs little of their memory.
    chosen = choose_gpus(asked, machine, LaunchKind.TORCHRUN)
    return ",".join(str(gpu.gpu_index) for gpu in chosen), []


def _is_whole(gpu: GpuSample) -> bool:
    return gpu.mig_index is None and not gpu.has_mig and not gpu.is_lost


def _gpu(gpu: GpuSample) -> Gpu:
    is_busy = bool(gpu.processes) or (gpu.memory_used_bytes or 0) > USED_BYTES
    return Gpu(
        gpu.gpu_index,
        gpu.gpu_uuid,
        gpu.name,
        gpu.memory_total_bytes,
        gpu.memory_used_bytes,
        is_busy=is_busy or gpu.problem is not None,
    )
