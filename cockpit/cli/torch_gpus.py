"""Which GPUs of this machine a tool's training could get."""

from __future__ import annotations

from cockpit.devices.feed import read_once
from cockpit.devices.sample import DeviceSource, GpuSample
from cockpit.devices.spec import checked_spec


def torch_gpus() -> tuple[GpuSample, ...] | None:
    """Return the real GPUs, without MIG devices; None where nobody can say. Simulated are none."""
    reading = read_once(checked_spec())
    if reading.inventory is None:
        return None
    if reading.inventory.source is not DeviceSource.NVML:
        return ()
    return tuple(gpu for gpu in reading.gpus if gpu.mig_index is None)
