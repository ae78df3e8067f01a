"""What a training costs on an offer, with all that interrupts it. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from cockpit.analysis.forecast.band import NOTHING, Band, exactly, within
from cockpit.analysis.forecast.cost.bill import (
    PURCHASE,
    SUBSCRIPTION,
    Bill,
    bill_of,
    kwh_of,
    months_of,
    scaled,
)
from cockpit.analysis.forecast.cost.spot import (
    ASSUMED_INTERRUPTIONS_PER_HOUR,
    ASSUMED_WITHIN,
    Prolonged,
    break_of,
    with_interruptions,
    with_sessions,
)
from cockpit.analysis.forecast.cost.terms import OWN, CostTerms, is_notebook, is_own
from cockpit.analysis.forecast.result import CostForecast, TimeForecast
from cockpit.analysis.forecast.work import Work
from cockpit.catalog.rows import MONTH_H, Offer, Quota

__all__ = [
    "CostTerms",
    "Together",
    "forecast_cost",
    "hosts_of",
    "parallel_and_serial",
    "why_unpriced",
]

HOUR_S: Final = 3600.0


def forecast_cost(work: Work, time: TimeForecast, offer: Offer, terms: CostTerms) -> CostForecast:
    """Return what one such training and a month of them cost, with all breaks."""
    hosts = hosts_of(work, offer, terms)
    if terms.power is not None and terms.power.device != work.device:
        terms = replace(terms, power=None)
    is_spot = offer.spot_hour is not None and (terms.spot or offer.hour is None)
    taken = _prolonged(time, offer, terms, hosts if is_spot else 0)
    hours = taken.total_s.times(1 / HOUR_S)
    bill = bill_of(offer, terms, hours, hosts, is_spot=is_spot)
    has_power = terms.power is not None and (terms.power.is_measured or is_own(offer))
    kwh = kwh_of(terms.power, hours) if terms.power is not None and has_power else None
    crowded = why_no_month(offer, hours, terms.runs_per_month)
    sessions = None
    if offer.session_hours is not None and math.isfinite(taken.session_ends.likely):
        sessions = round(taken.session_ends.likely) + 1
    waited_s = waited_of(taken.total_s, offer.quota)
    return CostForecast(
        offer=offer.key,
        currency=offer.currency,
        run=bill.run,
        month=None if crowded else bill.month,
        runs_per_month=terms.runs_per_month,
        basis=(
            *bill.basis,
            *_energy_basis(bill, terms if kwh is not None else None),
            *([crowded] if crowded else []),
            *_idle_basis(work, offer, terms, hosts),
            *_network_basis(offer, hosts),
            *_break_basis(taken, time, offer, terms, is_spot=is_spot),
            *_quota_basis(offer, waited_s),
        ),
        sessions=sessions,
        energy_kwh=kwh,
        is_energy_measured=kwh is not None and terms.power is not None and terms.power.is_measured,
        is_spot=is_spot,
        total_s=_after(taken.total_s, waited_s),
        quota=offer.quota,
        waited_s=waited_s,
        parts=bill.parts,
        note=offer.note if offer.hour and not is_notebook(offer) and not is_spot else "",
    )


def waited_of(busy_s: Band, quota: Quota | None) -> Band:
    """Return how long a training waits for weeks or months that bring more hours of its quota."""
    if quota is None or quota.hours >= quota.period_h:
        return NOTHING
    idle_s = (quota.period_h - quota.hours) * HOUR_S
    ends = (busy_s.low, busy_s.likely, busy_s.high)
    return Band(*((months_of(end / HOUR_S, quota.hours) - 1) * idle_s for end in ends))


def _after(busy_s: Band, waited_s: Band) -> Band:
    return Band(
        busy_s.low + waited_s.low, busy_s.likely + waited_s.likely, busy_s.high + waited_s.high
    )


def _quota_basis(offer: Offer, waited_s: Band) -> tuple[str, ...]:
    quota = offer.quota
    if waited_s.high <= 0 or quota is None:
        return ()
    told = f"{offer.name}: {quota.hours:g} h a {quota.period}"
    return (f"{told}; beyond that it waits for the next",)


def why_no_month(offer: Offer, hours: Band, runs: float) -> str:
    """Return why so many runs make no month; empty: they do, or further subscriptions hold them."""
    needed = hours.likely * runs
    has = offer.quota.month_hours if offer.quota else MONTH_H
    if offer.month is not None or not has < needed < math.inf:
        return ""
    return f"no price of a month: {runs:g} runs need {needed:,.0f} h, and it has {has:.0f} h"


def why_unpriced(work: Work, offer: Offer, terms: CostTerms) -> str:
    """Return why one training on so many accelerators has no price there; empty: it has one."""
    hosts = hosts_of(work, offer, terms)
    if hosts < 2 or not is_notebook(offer):
        return ""
    needed = _devices(work, terms)
    return f"no price: {offer.name} has {offer.count} of {needed}; notebooks cannot be joined"


def hosts_of(work: Work, offer: Offer, terms: CostTerms) -> int:
    """Return how many hosts hold the ranks; those on a CPU share one."""
    if terms.hosts is not None:
        return terms.hosts
    return math.ceil(_devices(work, terms) / offer.count)


def _devices(work: Work, terms: CostTerms) -> int:
    """Return how many accelerators the ranks need."""
    if work.device == "cpu" or work.device.startswith("cpu:"):
        return 1
    return math.ceil(work.world_size / terms.ranks_per_device)


def _energy_basis(bill: Bill, terms: CostTerms | None) -> tuple[str, ...]:
    """Say what the energy rests on where the price does not say it."""
    power = None if terms is None else terms.power
    if power is None or any(power.basis in line for line in bill.basis):
        return ()
    return (f"{power.basis}; not in the price",)


def _idle_basis(work: Work, offer: Offer, terms: CostTerms, hosts: int) -> tuple[str, ...]:
    """Say how many accelerators are paid for and not used."""
    paid, used = hosts * offer.count, _devices(work, terms)
    return (f"{offer.name}: {used} of {paid} are used, all are paid",) if used < paid else ()


def _network_basis(offer: Offer, hosts: int) -> tuple[str, ...]:
    if hosts < 2 or offer.key == OWN:  # an own price is that of a GPU: there may be one host
        return ()
    return (f"{offer.name}: {hosts} hosts, their network is not counted",)


@dataclass(frozen=True, slots=True)
class Together:
    """Several trainings, each on hosts of its own, against one after the other."""

    parallel_s: Band
    serial_s: Band
    parallel_cost: Band
    serial_cost: Band


def parallel_and_serial(cost: CostForecast, time: TimeForecast, trainings: int) -> Together:
    """Return both ways of so many like trainings, fast or slow together.

    Rented hosts cost the same either way. What was bought or subscribed to must be there for each
    of the trainings that run at the same time.
    """
    one_s = cost.total_s or time.total_s
    busy_s = _without(one_s, cost.waited_s)
    # One after the other they share one quota.
    serial_s = _after(busy_s.times(trainings), waited_of(busy_s.times(trainings), cost.quota))
    each = cost.run.times(trainings)
    if SUBSCRIPTION in cost.parts and math.isfinite(one_s.likely):
        quota = cost.quota.month_hours if cost.quota else MONTH_H
        busy_h = busy_s.likely / HOUR_S
        a_month = cost.parts[SUBSCRIPTION] / months_of(busy_h, quota)
        months = exactly(months_of(busy_h * trainings, quota))
        return Together(one_s, serial_s, each, scaled(months, a_month))
    idle = cost.parts.get(PURCHASE, 0.0) * trainings * (trainings - 1) if trainings > 1 else 0.0
    parallel = Band(each.low + idle, each.likely + idle, each.high + idle)
    return Together(one_s, serial_s, parallel, each)


def _without(total_s: Band, waited_s: Band) -> Band:
    """Return the time without what was waited; what never ends is busy forever."""
    pairs = zip(
        (total_s.low, total_s.likely, total_s.high),
        (waited_s.low, waited_s.likely, waited_s.high),
        strict=True,
    )
    return Band(*(end - waited if math.isfinite(end) else end for end, waited in pairs))


@dataclass(frozen=True, slots=True)
class _Taken:
    """A training with all its breaks."""

    total_s: Band
    interruptions: Band = NOTHING
    session_ends: Band = NOTHING


def _prolonged(time: TimeForecast, offer: Offer, terms: CostTerms, spot_hosts: int) -> _Taken:
    """Return the time with what sessions and interruptions add; 0 hosts: none is a spot host."""
    one = break_of(time, terms.checkpoint_every_s)
    spot = sessions = Prolonged(time.total_s, NOTHING)
    if spot_hosts:
        spot = with_interruptions(time.total_s, rate_of(offer, terms).times(spot_hosts), one)
        sessions = Prolonged(spot.total_s, NOTHING)
    if offer.session_hours is not None:
        sessions = with_sessions(spot.total_s, offer.session_hours * HOUR_S, one)
    return _Taken(sessions.total_s, spot.breaks, sessions.breaks)


def rate_words(offer: Offer, terms: CostTerms) -> str:
    """Return `0.1 an hour`, `assumed, 0.0125 to 0.2 an hour`: of the breaks of a spot host."""
    rate = rate_of(offer, terms)
    is_told = rate.low == rate.high
    known = f"{rate.likely:g}" if is_told else f"assumed, {rate.low:g} to {rate.high:g}"
    return f"{known} an hour"


def rate_of(offer: Offer, terms: CostTerms) -> Band:
    """Return how often a spot host is taken away, an hour."""
    if terms.interruptions_per_hour is not None:
        return exactly(terms.interruptions_per_hour)
    if offer.interruptions_per_hour is not None:
        return exactly(offer.interruptions_per_hour)
    return within(ASSUMED_INTERRUPTIONS_PER_HOUR, ASSUMED_WITHIN)


def _break_basis(
    taken: _Taken, time: TimeForecast, offer: Offer, terms: CostTerms, *, is_spot: bool
) -> tuple[str, ...]:
    """Say what breaks it: interruptions of spot hosts, the ends of sessions, or both."""
    one = break_of(time, terms.checkpoint_every_s)
    every = ", with a checkpoint each epoch" if terms.checkpoint_every_s is None else ""
    each = f"each adds {one.start_s:.0f} s to start and {one.lost_s:.0f} s done again{every}"
    if not math.isfinite(taken.total_s.likely):
        return (f"{offer.name}: no run ever ends there; checkpoints must be more frequent",)
    told = []
    if is_spot:
        rate, expected = rate_words(offer, terms), taken.interruptions.likely
        told.append(f"interruptions of a spot host: {rate}, {expected:.1f} expected; {each}")
    if offer.session_hours is not None:
        limit = f"{offer.name}: a session ends after {offer.session_hours:g} h"
        told.append(f"{limit}; {_session_words(taken.session_ends, each)}")
    return tuple(told)


def _session_words(ends: Band, each: str) -> str:
    if ends.high < 1:
        return "the run fits into one"
    most = "more than one can hold" if math.isinf(ends.high) else f"{ends.high + 1:.0f}"
    span = most if ends.low == ends.high else f"{ends.low + 1:.0f} to {most}"
    return f"the run needs {span} of them: it must resume, {each}"
