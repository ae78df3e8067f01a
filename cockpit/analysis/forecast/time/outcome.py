"""From costs that are known only so well to the time of a run. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from cockpit.analysis.forecast.band import Band, within
from cockpit.analysis.forecast.fitting.fit import NINE_OF_TEN, Fitted, Values
from cockpit.analysis.forecast.fitting.laws import Costs, Size, efficiency_band


@dataclass(frozen=True, slots=True)
class Outcome:
    """The times of one job, in seconds."""

    start_s: Band
    end_s: Band
    step_s: Band
    epoch_s: Band
    total_s: Band
    efficiency: Band | None
    """Of scaling; None for one rank."""
    serial_fraction: Band
    share_fixed: float
    """How much of an epoch no rank makes shorter."""


@dataclass(frozen=True, slots=True)
class Ends:
    """What comes before the first epoch and after the last."""

    start_s: Band
    end_s: Band


def outcome_of(
    fitted: Fitted, costs_of: Callable[[Values], Costs], size: Size, epochs: int, ends: Ends,
    noise: float = 0.0,
) -> Outcome:  # fmt: skip
    """Return the times; `noise` is what no cost explains, the deviation of a logarithm."""
    disturbed = within(1.0, math.exp(NINE_OF_TEN * noise))
    epoch_s = fitted.band(lambda values: costs_of(values).epoch_s(size)) * disturbed
    serial = fitted.band(lambda values: costs_of(values).serial_fraction)
    likely = costs_of(fitted.values)
    return Outcome(
        start_s=ends.start_s,
        end_s=ends.end_s,
        step_s=fitted.band(lambda values: costs_of(values).step_s(size)) * disturbed,
        epoch_s=epoch_s,
        total_s=ends.start_s + epoch_s.times(epochs) + ends.end_s,
        efficiency=efficiency_band(serial, size.ranks) if size.ranks > 1 else None,
        serial_fraction=serial,
        share_fixed=likely.rest_s(size) / likely.epoch_s(size),
    )
