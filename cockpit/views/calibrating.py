"""Learning from a run that somebody names: for `cockpit estimate --learn`."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cockpit.calibrations.calibration import Calibration
from cockpit.errors import InputError
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.views.opened import open_run
from cockpit.views.run_calibration import LEAST_EPOCHS, calibration_of_run
from cockpit.views.run_view import RunView

FINISHED: Final = "give a run that is over, or the folder that a trainer left"


def learn(source: str, *, host: str = "", device: str = "") -> Calibration:
    """Return what a run teaches: one of cockpit's by its id, its beginning or `last`, or a path.

    `host` and `device` say where somebody else's run was trained, which its folder does not tell.
    Raises InputError where nothing can be learnt, and RunNotFound.
    """
    view = open_run(source)
    found = calibration_of_run(view)
    if found is None:
        raise InputError(f"{source}: {_why_nothing(view)}", FINISHED)
    return replace(found, host=found.host or host, device=found.device or device)


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
