"""Whether a run's GPU memory came back, as far as the driver tells."""

from __future__ import annotations

from collections.abc import Collection

from cockpit.devices.sample import DeviceReading
from cockpit.supervise.journal import Journal


def note_held_memory(
    reading: DeviceReading, pids: Collection[int], gone_since: float, journal: Journal
) -> None:
    """Write an event for each GPU on which the driver still counts memory for one of `pids`.

    What was read before they were gone (`gone_since`, epoch seconds) proves nothing, and a pid
    outside this container is none of ours.
    """
    for gpu in reading.gpus:
        if gpu.problem is not None or gpu.time < gone_since:
            continue
        holding = [one.pid for one in gpu.processes or () if one.is_visible and one.pid in pids]
        if holding:
            what = f"GPU {gpu.label}: at the last reading pid {holding} still held memory"
            journal.event("memory", what, pids=holding)
