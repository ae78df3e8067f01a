"""One rank that holds up the others: said only with evidence.

In data parallel training all ranks wait for the slowest. Those that wait spin in NCCL: they are as
busy as it is, and draw less power, at full clock. So equal utilisation proves nothing; a clock that
is held down does, and so does one GPU that alone draws more than all others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from cockpit.analysis.alerts.limits import Limits
from cockpit.analysis.alerts.window import Point, recent
from cockpit.devices.sample import GpuSample
from cockpit.devices.throttle import ALARMING, THERMAL, Throttle, throttle_words

EQUAL_PCT: Final = 10.0
"""Utilisation that differs by less is equal."""
PROOF: Final = ALARMING | Throttle.POWER_CAP | Throttle.SYNC_BOOST | Throttle.APPLICATION_CLOCKS
_ALARMING: Final = int(ALARMING)
_BITS: Final = tuple(int(bit) for bit in PROOF)
FEW: Final = 2
"""With so few ranks nobody can say which one departs, unless heat or the hardware proves it."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What one GPU did over the last minutes, in medians."""

    sample: GpuSample
    utilization_pct: float | None
    power_w: float | None
    sm_clock_mhz: float | None
    throttle: int
    """What held its clock down for at least half of that time."""


@dataclass(frozen=True, slots=True)
class Departure:
    """How one GPU departs from its fellows, which proves that it holds them up."""

    what: str
    remedy: str
    weight: float


def pace_of(sample: GpuSample, points: Sequence[Point], seconds: float) -> Pace | None:
    """Return what a GPU did over the last `seconds`, or None where they are not covered."""
    lately = recent(points, seconds)
    if lately is None:
        return None
    bits = [point.throttle for point in lately if point.throttle is not None]
    often = 0
    for bit in _BITS if any(bits) else ():
        if len([one for one in bits if one & bit]) * 2 >= len(bits):
            often |= bit
    return Pace(
        sample,
        _median([point.utilization_pct for point in lately]),
        _median([point.power_w for point in lately]),
        _median([point.sm_clock_mhz for point in lately]),
        often,
    )


def departures(
    paces: Sequence[Pace], limits: Limits, *, ease: float = 1.0
) -> Mapping[str, Departure]:
    """Return which GPUs hold up their fellows, by key. `ease` below 1 asks for less evidence."""
    busy = [pace for pace in paces if (pace.utilization_pct or 0) >= limits.busy_pct]
    if len(busy) < FEW:
        return {}
    found: dict[str, Departure] = {}
    for pace in _suspects(busy, limits, ease):
        fellows = [one for one in busy if one is not pace and one.sample.name == pace.sample.name]
        departure = _slow_clock(pace, fellows, ease * limits.straggler_clock_pct) or _more_power(
            pace, fellows, ease * limits.straggler_power_pct
        )
        if departure is not None:
            found[pace.sample.key] = departure
    return found


def _suspects(busy: Sequence[Pace], limits: Limits, ease: float) -> Iterator[Pace]:
    """Yield those that can depart at all, so that 64 equal GPUs cost one comparison each."""
    fastest_mhz = max(pace.sm_clock_mhz or 0 for pace in busy)
    powers = [pace.power_w for pace in busy if pace.power_w is not None]
    most_w = max(powers, default=0.0)
    stands_out = most_w >= min(powers, default=0.0) * (1 + ease * limits.straggler_power_pct / 100)
    bound_mhz = fastest_mhz * (1 - ease * limits.straggler_clock_pct / 100)
    for pace in busy:
        is_slow = pace.sm_clock_mhz is not None and pace.sm_clock_mhz <= bound_mhz
        if is_slow or (stands_out and pace.power_w == most_w):
            yield pace


def _slow_clock(pace: Pace, fellows: Sequence[Pace], down_pct: float) -> Departure | None:
    usual_mhz = _median([one.sm_clock_mhz for one in fellows])
    if pace.sm_clock_mhz is None or not usual_mhz:
        return None
    share = 100 * (1 - pace.sm_clock_mhz / usual_mhz)
    if share < down_pct:
        return None
    what = f"{pace.sm_clock_mhz:.0f} MHz, the others {usual_mhz:.0f} MHz"
    proof = Throttle(pace.throttle) & (ALARMING if len(fellows) < FEW else PROOF)
    if proof:
        what = f"{throttle_words(proof)[0]}: {what}"
    elif less := _less_power(pace, fellows, down_pct):
        what = f"{what}, {less} at equal utilisation, and no reason is told"
    else:
        return None
    return Departure(f"{what}; it sets the pace of all", _clock_remedy(proof), share)


def _less_power(pace: Pace, fellows: Sequence[Pace], down_pct: float) -> str | None:
    """Say how much less power it draws than each of its fellows, which backs a lower clock."""
    powers = [one.power_w for one in fellows if one.power_w is not None]
    if pace.power_w is None or len(powers) < FEW or len(powers) < len(fellows):
        return None
    if pace.power_w > min(powers) * (1 - down_pct / 100):
        return None
    return f"{pace.power_w:.0f} W instead of {median(powers):.0f} W"


def _clock_remedy(proof: Throttle) -> str:
    if proof & THERMAL:
        return "cool it: check its fan and airflow, or leave this GPU out of the run"
    if proof & ALARMING:
        return "check its power cables and its slot, or leave this GPU out of the run"
    if proof:
        return "compare its power limit and clocks with the others: nvidia-smi -q -d POWER,CLOCK"
    return (
        "see whether its clocks are locked: nvidia-smi -q -d CLOCK; nvidia-smi -i {gpu} -rgc frees"
    )


def _more_power(pace: Pace, fellows: Sequence[Pace], more_pct: float) -> Departure | None:
    """Say that all others wait: they are as busy, alike, and draw far less."""
    others = [one for one in fellows if one.sample.power_limit_w == pace.sample.power_limit_w]
    powers = [one.power_w for one in others if one.power_w is not None]
    shares = [one.utilization_pct for one in others if one.utilization_pct is not None]
    if len(powers) < FEW or len(powers) < len(fellows) or pace.power_w is None:
        return None
    usual_w, own_pct = median(powers), pace.utilization_pct or 0
    if usual_w <= 0 or any(abs(share - own_pct) > EQUAL_PCT for share in shares):
        return None
    more = 100 * (pace.power_w / usual_w - 1)
    is_alone = max(powers) <= usual_w * (1 + more_pct / 200)
    is_held_down = any(one.throttle & _ALARMING for one in others)
    if more < more_pct or not is_alone or is_held_down:
        return None
    what = f"draws {pace.power_w:.0f} W, the others {usual_w:.0f} W at equal utilisation"
    return Departure(
        f"{what}; they wait for it",
        "see what it does more than the others (a larger share of the data, logging, validation): "
        "py-spy dump --pid PID of its rank",
        more,
    )


def _median(told: Sequence[float | None]) -> float | None:
    known = [value for value in told if value is not None]
    return median(known) if known else None
