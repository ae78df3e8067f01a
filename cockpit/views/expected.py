"""What earlier runs make one expect of the epochs of a run."""

from __future__ import annotations

from cockpit.analysis.eta import Expected
from cockpit.analysis.forecast.band import NOTHING, Band
from cockpit.calibrations.calibration import Foretold


def expected_of(foretold: Foretold | None) -> Expected | None:
    """Return what was foretold of epochs and end; None where nothing measured told it."""
    if foretold is None or foretold.epoch_s is None:
        return None
    end_s = foretold.end_s
    return Expected(
        Band(*foretold.epoch_s),
        Band(*end_s) if end_s else NOTHING,
        foretold.second_extra_s or 0.0,
    )
