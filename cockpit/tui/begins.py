"""When a training would begin: at once, or when runs have given up their GPUs. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from cockpit.runs.phase import Phase
from cockpit.tui.gpu_holders import is_free
from cockpit.tui.store import Snapshot, holders
from cockpit.units import clock


@dataclass(frozen=True, slots=True)
class Begin:
    """When it would begin."""

    at_s: float | None = 0.0
    """Epoch seconds, past ones mean now; None: nobody knows."""
    words: str = "now"
    """What stands after `starts`."""


NOW = Begin()


def begin_when_free(
    count: int, snapshot: Snapshot | None, indices: Collection[int] | None = None
) -> Begin:
    """Return when `count` GPUs are free, all of them among `indices` where these are given.

    Nobody knows where others than runs hold them, or runs wait that are served before.
    """
    plural = "1 GPU is" if count == 1 else f"{count} GPUs are"
    unknown = Begin(None, f"when {plural} free")
    if snapshot is None or any(run.phase is Phase.QUEUED for run in snapshot.runs):
        return unknown
    held = holders(snapshot)
    ends = {
        index: math.inf if run.eta is None else run.time + run.eta.remaining_s
        for run in snapshot.runs
        if run.phase.is_live
        for index in run.gpus
    }
    times: list[float] = []
    for gpu in snapshot.reading.gpus:
        if gpu.has_mig or (indices is not None and gpu.gpu_index not in indices):
            continue
        label = held[gpu.key].label if gpu.key in held else ""
        freed_s = 0.0 if is_free(gpu, label) else ends.get(gpu.gpu_index, math.inf)
        times.append(freed_s)
    times.sort()
    if len(times) < count or math.isinf(times[count - 1]):
        return unknown
    at_s = times[count - 1]
    return Begin(at_s, f"about {clock(at_s, snapshot.time)}") if at_s > snapshot.time else NOW
