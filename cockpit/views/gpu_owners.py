"""Which run uses which GPU, and which process of a GPU is which rank. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cockpit.devices.sample import GpuProcess, GpuSample

if TYPE_CHECKING:
    from cockpit.views.run_view import RunView


@dataclass(frozen=True, slots=True)
class GpuOwner:
    """A run on a GPU, and its rank there."""

    run_id: str
    name: str
    rank: int | None = None
    """None: it is no rank, or nobody knows which."""

    @property
    def label(self) -> str:
        """`obstacle · r3`, or the run alone."""
        return self.name if self.rank is None else f"{self.name} · r{self.rank}"


def owners_of_gpus(
    gpus: Iterable[GpuSample], runs: Iterable[RunView], *, is_simulated: bool
) -> dict[str, GpuOwner]:
    """Return which run uses each GPU, by `GpuSample.key`; those of none are left out.

    The run whose process the GPU names comes before the run that was given the GPU.
    `is_simulated`: the GPUs are; a run on real ones has none of them.
    """
    live = [run for run in runs if _is_here(run)]
    by_pid = owners_of_processes(live)
    by_index: dict[int, GpuOwner] = {}
    for run in live:
        if run.is_simulated == is_simulated:
            for gpu_index in run.gpus:
                by_index.setdefault(gpu_index, GpuOwner(run.run_id, run.name))
    found = {}
    for gpu in gpus:
        owner = _by_process(gpu, by_pid)
        if owner is None and gpu.mig_index is None:
            owner = by_index.get(gpu.gpu_index)
        if owner is not None:
            found[gpu.key] = owner
    return found


def owners_of_processes(runs: Iterable[RunView]) -> dict[int, GpuOwner]:
    """Return whose the recorded processes of the live runs of this host are, by pid."""
    return {
        process.identity.pid: GpuOwner(run.run_id, run.name, process.rank)
        for run in runs
        if _is_here(run)
        for process in run.processes
        if process.is_alive
    }


def owner_of_process(process: GpuProcess, by_pid: Mapping[int, GpuOwner]) -> GpuOwner | None:
    """Return whose a process on a GPU is; a pid of another container is nobody's."""
    return by_pid.get(process.pid) if process.is_visible else None


def _by_process(gpu: GpuSample, by_pid: Mapping[int, GpuOwner]) -> GpuOwner | None:
    """Return the owner of the largest process that is any run's."""
    owned = [
        (process.memory_used_bytes or 0, owner)
        for process in gpu.processes or ()
        if (owner := owner_of_process(process, by_pid)) is not None
    ]
    return max(owned, key=lambda pair: pair[0])[1] if owned else None


def _is_here(run: RunView) -> bool:
    return not run.phase.is_over and not run.is_remote
