"""The facts about this machine that a plan depends on, and who uses its GPUs now."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cockpit.devices.feed import DeviceFeed
from cockpit.devices.sample import DeviceReading, DeviceSource, GpuSample
from cockpit.launch.plan import Gpu, Machine
from cockpit.runs.catalog import list_runs
from cockpit.runs.reader import ReadRun, read_run
from cockpit.supervise.leases import holders_of_gpus

NEWEST: Final = 50
"""So many runs are asked whether they are live: older ones are not."""
ANSWER_S: Final = 5.0
"""A driver that has not answered by then hangs."""
USED_BYTES: Final = 1 << 30
"""More than this in use on a GPU, and somebody trains there whom we cannot see: in a container
the processes of others have no names. A desktop takes less."""


def read_machine(devices: str, runs_dir: Path, *, besides: str | None = None) -> Machine:
    """Return what this machine has now. `besides`: a run whose own GPUs count as free."""
    with reading_machine(devices) as feed:
        return machine_of(feed, runs_dir, besides=besides)


@contextmanager
def reading_machine(devices: str, feed: DeviceFeed | None = None) -> Iterator[DeviceFeed]:
    """Have the GPUs asked meanwhile, by `feed` where they are being asked already."""
    feed = feed or DeviceFeed(devices)
    feed.start()
    try:
        yield feed
    finally:
        feed.close()


def machine_of(feed: DeviceFeed, runs_dir: Path, *, besides: str | None = None) -> Machine:
    """Return the machine as soon as its GPUs have answered."""
    reading = feed.first_reading(ANSWER_S, needs_host=False)
    return look_at(reading, runs_dir, besides=besides)


def look_at(reading: DeviceReading, runs_dir: Path, *, besides: str | None = None) -> Machine:
    """Return the machine that a reading describes, with the runs that its GPUs were given to."""
    inventory = reading.inventory
    is_simulated = inventory is not None and inventory.source is DeviceSource.SIMULATED
    holders = gpus_of_live_runs(runs_dir, besides=besides)
    leases = holders_of_gpus((gpu.gpu_uuid for gpu in reading.gpus), is_simulated=is_simulated)
    for gpu in reading.gpus:
        holder = leases.get(gpu.gpu_uuid)
        if holder is not None and holder.what != besides:
            holders[gpu.gpu_index] = str(holder)
    return as_machine(reading, holders, os.environ, available_cpus(), is_simulated=is_simulated)


def as_machine(
    reading: DeviceReading,
    holders: Mapping[int, str],
    environ: Mapping[str, str],
    cpu_count: int,
    *,
    is_simulated: bool = False,
) -> Machine:
    """Return the machine that a reading describes. Pure.

    `holders` names the run that a GPU was given to, by gpu_index. An inherited
    CUDA_VISIBLE_DEVICES narrows the choice: whoever set it shares this box with others. MIG
    devices are left out: a plan names GPUs by index.
    """
    allowed = _visible(environ.get("CUDA_VISIBLE_DEVICES"))
    gpus = tuple(
        Gpu(
            gpu.gpu_index,
            gpu.gpu_uuid,
            gpu.name,
            gpu.memory_total_bytes,
            gpu.memory_used_bytes,
            is_busy=gpu.gpu_index in holders or _is_used(gpu, is_simulated=is_simulated),
            holder=holders.get(gpu.gpu_index),
        )
        for gpu in reading.gpus
        if gpu.mig_index is None and (allowed is None or is_visible(gpu, allowed))
    )
    return Machine(gpus, cpu_count, is_simulated=is_simulated)


def available_cpus() -> int:
    """Return the cores that this process may use: fewer than the machine's in a container."""
    return len(os.sched_getaffinity(0))


def gpus_of_live_runs(runs_dir: Path, *, besides: str | None = None) -> dict[int, str]:
    """Return the GPUs that runs hold which are live now, each with that run in words.

    A run without a supervisor has no lease and uses its GPUs all the same.
    """
    return {
        index: f"run {run.record.run_id}, {run.phase}"
        for run in live_runs(runs_dir)
        if run.record.run_id != besides
        for index in run.gpus
    }


def live_runs(runs_dir: Path) -> list[ReadRun]:
    """Return this host's runs that are not over, of the newest ones."""
    found = [read_run(paths) for paths in list_runs(runs_dir)[:NEWEST]]
    return [run for run in found if run and not run.phase.is_over and not run.is_remote]


def _is_used(gpu: GpuSample, *, is_simulated: bool) -> bool:
    if is_simulated:
        return False
    return bool(gpu.processes) or (gpu.memory_used_bytes or 0) > USED_BYTES


def _visible(text: str | None) -> tuple[str, ...] | None:
    """Return the entries of CUDA_VISIBLE_DEVICES as CUDA reads it: up to the first invalid one."""
    if text is None:
        return None
    entries = []
    for part in text.split(","):
        entry = part.strip()
        if not entry.isdigit() and not entry.startswith(("GPU-", "MIG-")):
            break
        entries.append(entry)
    return tuple(entries)


def is_visible(gpu: GpuSample, entries: Sequence[str]) -> bool:
    """Say whether an entry names this GPU, by index or by the start of its UUID."""
    return any(
        entry == str(gpu.gpu_index) or (not entry.isdigit() and gpu.gpu_uuid.startswith(entry))
        for entry in entries
    )
