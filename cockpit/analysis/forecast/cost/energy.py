"""What the accelerators of a training draw: as recorded here, else as rated. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cockpit.analysis.forecast.band import Band, within
from cockpit.analysis.forecast.means import median
from cockpit.analysis.forecast.work import Work
from cockpit.calibrations.calibration import Calibration
from cockpit.catalog.names import find_accelerator
from cockpit.catalog.rows import Accelerator, Catalog, Runtime

MEASURED_WITHIN: Final = 1.15
"""One run draws by so much more or less than another of the same work. Assumed."""
ELSEWHERE_WITHIN: Final = 1.5
"""Of another work on the same GPUs. Assumed."""
SHARE_OF_RATED: Final = Band(0.4, 0.7, 1.0)
"""So much of its rated power a board draws while it trains. Assumed."""


@dataclass(frozen=True, slots=True)
class Power:
    """What all accelerators of a training draw together, while it runs."""

    watts: Band
    basis: str
    device: str
    """As the work names it."""
    is_measured: bool = False


def power_of(work: Work, calibrations: Sequence[Calibration], catalog: Catalog) -> Power | None:
    """Return the recorded power of the newest runs on such GPUs, else what is rated, or None."""
    row = find_accelerator(catalog, work.device)
    key = work.device if row is None else row.key
    runs = [one for one in calibrations if _watts(one) and _device(one, catalog) == key]
    same = [one for one in runs if work.preset is not None and one.preset == work.preset]
    chosen = (same or runs)[:5]
    if chosen:
        each = median([(_watts(one) or 0.0) / (one.world_size or 1) for one in chosen])
        factor = MEASURED_WITHIN if same else ELSEWHERE_WITHIN
        of = f"{len(chosen)} run{'s' if len(chosen) > 1 else ''}"
        whose = f"of {work.preset}" if same else "of other work on these GPUs"
        basis = f"electricity of the GPUs alone: {each:.0f} W each, recorded in {of} {whose}"
        watts = within(each * work.world_size, factor)
        return Power(watts, basis, work.device, is_measured=True)
    if row is None or row.power_w is None:
        return None
    devices = work.world_size / ranks_per_device(row)
    basis = (
        f"electricity of the boards alone: assumed, {SHARE_OF_RATED.low:.0%} to "
        f"{SHARE_OF_RATED.high:.0%} of the "
        f"{row.power_w:.0f} W that one {row.name} is rated for"
    )
    return Power(SHARE_OF_RATED.times(row.power_w * devices), basis, work.device)


def ranks_per_device(row: Accelerator | None) -> int:
    """Return how many ranks share one device: the cores of a TPU."""
    return row.cores or 1 if row is not None and row.runtime is Runtime.XLA else 1


def _watts(one: Calibration) -> float | None:
    """Return the mean power of a run over all its GPUs; None where nothing was recorded."""
    if one.energy_j is None or one.energy_j <= 0 or one.is_simulated or not one.total_s:
        return None
    return one.energy_j / one.total_s


def _device(one: Calibration, catalog: Catalog) -> str:
    row = find_accelerator(catalog, one.device)
    return one.device if row is None else row.key
