"""Which runs use the GPUs now, read from the runs folder for `cockpit gpus`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from cockpit import locations
from cockpit.cli.gpu_objects import NOBODY, Owners
from cockpit.devices.sample import DeviceReading, DeviceSource
from cockpit.runs.catalog import list_runs
from cockpit.runs.reader import read_run
from cockpit.views.gpu_owners import owners_of_gpus, owners_of_processes

if TYPE_CHECKING:
    from cockpit.views.registry import Registry


def owners_now(reading: DeviceReading, now_s: float) -> Owners:
    """Return who uses the GPUs of a reading."""
    if not reading.gpus or not _has_live_run():
        return NOBODY
    runs = _registry().read(now_s)
    inventory = reading.inventory
    is_simulated = inventory is not None and inventory.source is DeviceSource.SIMULATED
    return Owners(
        owners_of_gpus(reading.gpus, runs, is_simulated=is_simulated), owners_of_processes(runs)
    )


def _has_live_run() -> bool:
    """Say whether it is worth the time to read what the runs are; most often none is live."""
    found = (read_run(paths) for paths in list_runs(locations.runs_dir()))
    return any(run is not None and not run.phase.is_over for run in found)


@cache
def _registry() -> Registry:
    from cockpit.views.registry import Registry

    return Registry(locations.runs_dir(), with_curves=False)
