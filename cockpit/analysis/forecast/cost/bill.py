"""The bill of a training on one offer: rent, subscription, or hardware of one's own. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cockpit.analysis.forecast.band import NOTHING, Band, exactly
from cockpit.analysis.forecast.cost.energy import Power
from cockpit.analysis.forecast.cost.terms import CostTerms
from cockpit.catalog.rows import MONTH_H, Offer

RENT: Final = "rent"
SUBSCRIPTION: Final = "subscription"
PURCHASE: Final = "purchase"
ELECTRICITY: Final = "electricity"
"""What a bill is made of."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What is to be paid."""

    run: Band
    month: Band
    parts: Mapping[str, float]
    """Of the likely price of a run."""
    basis: tuple[str, ...]


def bill_of(offer: Offer, terms: CostTerms, hours: Band, hosts: int, *, is_spot: bool) -> Bill:
    """Return the bill for so many hours on so many hosts."""
    if offer.month is not None:
        return _subscribed(offer, terms, hours, hosts)
    if offer.hour is not None or offer.spot_hour is not None:
        return _rented(offer, terms, hours, hosts, is_spot=is_spot)
    return _owned(offer, terms, hours, hosts)


def _rented(offer: Offer, terms: CostTerms, hours: Band, hosts: int, *, is_spot: bool) -> Bill:
    low = (offer.spot_hour if is_spot else offer.hour) or 0.0
    high = low if is_spot else max(low, offer.hour_high or low)
    # A range of prices is the market's, not a doubt of ours: both ends are met.
    run = Band(
        _paid(hours.low, low * hosts),
        _paid(hours.likely, (low + high) / 2 * hosts),
        _paid(hours.high, high * hosts),
    )
    price = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    if high == 0:
        basis = f"{offer.name}: free"
    else:
        basis = (
            f"{offer.name}: {f'{hosts} × ' if hosts > 1 else ''}{price} {offer.currency} an hour"
        )
        basis += " as a spot host" if is_spot else ""
    told = [f"{basis} ({_origin(offer)})"]
    if terms.spot and not is_spot:
        told.append(f"{offer.name} has no spot price in the catalogue: the usual one counts")
    return Bill(run, scaled(run, terms.runs_per_month), {RENT: run.likely}, tuple(told))


def _subscribed(offer: Offer, terms: CostTerms, hours: Band, hosts: int) -> Bill:
    price = (offer.month or 0.0) * hosts
    runs = terms.runs_per_month
    quota = offer.quota.month_hours if offer.quota else MONTH_H
    run = scaled(_months(hours, quota), price)
    # What does not fit into the hours of one subscription needs another beside it.
    month = scaled(_months(scaled(hours, runs), quota), price)
    basis = f"{offer.name}: {price:g} {offer.currency} a month ({_origin(offer)})"
    return Bill(
        run, month, {SUBSCRIPTION: run.likely}, (basis, *_share_words(runs, hours, price, quota))
    )


def _share_words(runs: float, hours: Band, price: float, quota: float) -> tuple[str, ...]:
    """Say what part of a subscription a run has."""
    months = months_of(hours.likely, quota)
    of_all = months_of(_paid(hours.likely, runs), quota)
    if not math.isfinite(months):
        return ()
    if months > 1:
        return (f"one run costs {months:g} whole months",)
    whole = "one run costs the whole month"
    if of_all > 1:
        return (f"{whole}; {runs:g} runs do not fit into it: {of_all:g} subscriptions",)
    return (f"{whole}; of {runs:g} runs each has a share of {price / runs:.2f}",) if runs else ()


def _owned(offer: Offer, terms: CostTerms, hours: Band, hosts: int) -> Bill:
    electricity, told = _electricity(offer, terms, hours, hosts)
    basis = [told] if told else []
    lifetime = offer.lifetime_months or terms.lifetime_months
    a_month = (offer.purchase or 0.0) * hosts / lifetime
    shares = Band(*(_share(end, terms) for end in (hours.low, hours.likely, hours.high)))
    purchase = scaled(shares, a_month)
    if offer.purchase:
        assumed = "" if offer.lifetime_months else " (assumed)"
        basis.append(
            f"{offer.name}: {offer.purchase:g} {offer.currency} ({_origin(offer)}) over "
            f"{lifetime:g} months{assumed} of {terms.runs_per_month:g} runs"
        )
    parts = {ELECTRICITY: electricity.likely, PURCHASE: purchase.likely}
    both = _sum(electricity, purchase)
    # A month's hardware is paid once, and again for runs that it has no hours for.
    month = _sum(
        scaled(electricity, terms.runs_per_month),
        scaled(purchase, terms.runs_per_month).at_least(exactly(a_month)),
    )
    return Bill(both, month, {k: v for k, v in parts.items() if v}, tuple(basis))


def _electricity(offer: Offer, terms: CostTerms, hours: Band, hosts: int) -> tuple[Band, str]:
    price = offer.kwh if terms.kwh_price is None else terms.kwh_price
    if price is not None and terms.power is not None:
        basis = f"{terms.power.basis}, at {price:g} {offer.currency} a kWh"
        return kwh_of(terms.power, hours).times(price), basis
    if offer.electricity_hour is None:
        why = (
            "no price is told"
            if price is None
            else f"the power of {offer.accelerator} is not known"
        )
        return NOTHING, f"{offer.name}: its electricity is not counted, {why}"
    basis = f"electricity: {offer.electricity_hour:g} {offer.currency} an hour ({_origin(offer)})"
    hour = offer.electricity_hour
    return scaled(hours, hour * hosts), basis


def kwh_of(power: Power, hours: Band) -> Band:
    """Return the energy of so many hours."""
    if not math.isfinite(hours.high):
        return scaled(hours, power.watts.likely / 1000)
    return hours * power.watts.times(1 / 1000)


def _share(hours: float, terms: CostTerms) -> float:
    """Return which part of a month one run has: one of many, or its own hours if these are more."""
    of_runs = 1 / terms.runs_per_month if terms.runs_per_month > 0 else 1.0
    return max(of_runs, hours / MONTH_H)


def _months(hours: Band, quota: float) -> Band:
    return Band(*(months_of(end, quota) for end in (hours.low, hours.likely, hours.high)))


def months_of(hours: float, quota: float = MONTH_H) -> float:
    """Return how many months so many hours take, of which each has so many of them."""
    return float(max(1, math.ceil(hours / quota))) if math.isfinite(hours) else math.inf


def _origin(offer: Offer) -> str:
    return ", ".join(part for part in (offer.source, offer.date) if part) or "no source"


def scaled(band: Band, price: float) -> Band:
    """Return the price of so much; what is free is free forever, also where it never ends."""
    return Band(*(_paid(end, price) for end in (band.low, band.likely, band.high)))


def _paid(amount: float, price: float) -> float:
    return 0.0 if price == 0 else amount * price


def _sum(one: Band, other: Band) -> Band:
    """Return the sum of what grows together: both with the hours."""
    return Band(one.low + other.low, one.likely + other.likely, one.high + other.high)
