"""Which rank of a run works on which GPU. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cockpit.devices.sample import GpuSample


def planned_ranks(gpu_uuids: Sequence[str], world_size: int) -> dict[str, int | None]:
    """Return the rank of each GPU by the order in which the launcher hands them out.

    None where the ranks are not as many as the GPUs: one process may use several.
    """
    in_order = world_size == len(gpu_uuids)
    return {uuid: rank if in_order else None for rank, uuid in enumerate(gpu_uuids)}


def seen_ranks(
    planned: Mapping[str, int | None],
    samples: Iterable[GpuSample],
    ranks: Mapping[int, int | None],
) -> dict[str, int | None]:
    """Return the planned ranks, corrected where the driver shows a process of the run on a GPU.

    `ranks` are those of the run's pids. A driver that names no pid corrects nothing.
    """
    found = dict(planned)
    for sample in samples:
        if sample.gpu_uuid not in planned:
            continue
        pids = [one.pid for one in sample.processes or () if one.is_visible]
        here = {ranks[pid] for pid in pids if pid in ranks}
        if len(here) == 1:
            found[sample.gpu_uuid] = here.pop()
    return found
