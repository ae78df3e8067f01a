"""Learning from a run that somebody names: for `cockpit estimate --learn`."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cockpit import locations
from cockpit.calibrations.calibration import Calibration
from cockpit.catalog.load import read_catalog
from cockpit.catalog.names import find_accelerator, unknown_accelerator
from cockpit.catalog.rows import Runtime
from cockpit.errors import InputError
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.reader import hostname
from cockpit.views.epoch_pace import LEAST_EPOCHS
from cockpit.views.opened import open_run
from cockpit.views.run_calibration import calibration_of_run
from cockpit.views.run_view import RunView
from cockpit.views.this_device import cpu_name

FINISHED: Final = "give a run that is over, or the folder that a trainer left"
ON_WHAT: Final = "--gpu NAME, or --gpu cpu: on this machine it must have been"


def learn(source: str, gpu: str | None = None) -> Calibration:
    """Return what a run teaches: one of cockpit's by its id, its beginning or `last`, or a path.

    `gpu` says on what it was trained where its folder does not tell: a calibration counts for the
    host and kind of device it was measured on alone, so that it was this host is taken for granted.
    Raises InputError where nothing can be learnt, and RunNotFound.
    """
    view = open_run(source)
    found = calibration_of_run(view)
    if found is None:
        raise InputError(f"{source}: {_why_nothing(view)}", FINISHED)
    if found.device and gpu is not None:
        raise InputError(f"--gpu {gpu}: its record tells {found.device}", "leave out --gpu")
    device = found.device or _device(source, gpu)
    return replace(found, host=found.host or hostname(), device=device)


def _device(source: str, gpu: str | None) -> str:
    """Return the device that somebody names for what was trained here."""
    if gpu is None:
        raise InputError(f"{source} does not tell on what it was trained", ON_WHAT)
    catalog = read_catalog(locations.catalog_file())
    found = find_accelerator(catalog, gpu)
    if found is None:
        raise InputError(f"--gpu: {unknown_accelerator(catalog, gpu)}", ON_WHAT)
    return cpu_name() if found.runtime is Runtime.CPU else found.key


def _why_nothing(view: RunView) -> str:
    """Say why a run teaches nothing."""
    if not view.phase.is_over and view.phase is not Phase.OPENED:
        return f"it is {view.phase}; what it takes is known when it is over"
    if view.metrics.problem is not None:
        return f"nothing can be learnt from it: {view.metrics.problem}"
    done = view.epoch or 0
    if done < LEAST_EPOCHS:
        what = "no epoch" if done == 0 else "one epoch"
        return f"{what} was done; the first holds the start-up, so it takes {LEAST_EPOCHS}"
    if RunPaths(view.directory).run.is_file() and not view.metrics.epoch_ends:
        return "its results tell no times, and its log does not show when epochs ended"
    return "its results tell no times of epochs"
