"""What would narrow the range of a time, best first. Pure."""

from __future__ import annotations

from typing import Final

from cockpit.analysis.forecast.result import Tier, TimeForecast
from cockpit.analysis.forecast.time.words import FLAGS
from cockpit.analysis.forecast.work import GIVEN, Work
from cockpit.units import short_duration as short

PROBE_STEPS: Final = 50
NARROW: Final = 1.35
"""A range no wider than this from end to end needs nothing more."""
TELLING: Final = 1.25
"""Doubt in the efficiency that is worth a measurement."""


def narrow(time: TimeForecast, work: Work) -> tuple[str, ...]:
    """Return what to do, or to wait for."""
    if time.total_s.width <= NARROW:
        return ()
    if work.host is None:
        where = f"a machine with {work.device}"
        return (f"ask again on {where}: what was measured there counts there", _epochs(time))
    ways = []
    if time.tier > Tier.RUNS and not time.is_as_asked:
        ways += _probe(time, work)
    is_open = time.efficiency is not None and time.efficiency.width > TELLING
    if is_open and not time.is_efficiency_measured:
        named = f" --preset {work.preset}" if work.preset else ""
        ways.append(
            f"cockpit scaling{named} --ranks {work.world_size}: what {work.world_size} ranks bring"
        )
    if time.tier is Tier.RUNS and not time.is_as_asked:
        ways += _probe(time, work)
    return (*ways, _epochs(time))


def _probe(time: TimeForecast, work: Work) -> list[str]:
    if work.preset is None:
        return ["name the preset (--preset): its runs and a probe of it count"]
    asked = {"world_size": work.world_size, "batch_per_rank": work.batch_per_rank}
    flags = "".join(
        f" {FLAGS[field]} {value}"
        for field, value in asked.items()
        if work.sources.get(field) == GIVEN
    )
    took = "a few dozen real steps"
    if time.step_s is not None:
        took += f", about {short(time.start_s.likely + PROBE_STEPS * time.step_s.likely)}"
    return [f"cockpit estimate --preset {work.preset}{flags} --probe: {took}"]


def _epochs(time: TimeForecast) -> str:
    seconds = time.start_s.likely + 2 * time.epoch_s.likely
    return f"2 epochs of the real run, about {short(seconds)}: from then on its ETA tells"
