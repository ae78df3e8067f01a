"""Trainings of one kind, each on a host of its own, against one after the other. Pure.

Document 000 trains a baseline and a variant of it: two hosts take as long as the slower one, one
host takes as long as both; what is paid is the same but for what each host costs to begin with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cockpit.analysis.forecast.band import Band
from cockpit.analysis.forecast.cost.forecast import parallel_and_serial
from cockpit.analysis.forecast.cost.terms import CostTerms
from cockpit.analysis.forecast.schemes.comparison import row_of
from cockpit.analysis.forecast.schemes.forecasts import Forecasts
from cockpit.analysis.forecast.schemes.guide import TOLD_HOSTS, ToldHosts
from cockpit.analysis.forecast.schemes.names import find_schemes, is_given, joined, offers_of
from cockpit.analysis.forecast.schemes.scheme import Scheme, SchemeRow
from cockpit.analysis.forecast.work import Work
from cockpit.calibrations.calibration import Calibration
from cockpit.catalog.names import find_accelerator, find_model
from cockpit.catalog.rows import Catalog
from cockpit.errors import InputError

MOST_HOSTS: Final = 1000
TOLD_OFFERS: Final = f"document {TOLD_HOSTS.document}"
"""Source of the offers that the guide lists."""


@dataclass(frozen=True, slots=True)
class HostsRow:
    """One scheme, with the trainings in parallel and one after the other."""

    row: SchemeRow
    """Of one training."""
    parallel_s: Band | None
    serial_s: Band | None
    parallel_cost: Band | None
    serial_cost: Band | None


@dataclass(frozen=True, slots=True)
class HostsAnswer:
    """So many trainings on so many hosts."""

    work: Work
    hosts: int
    rows: tuple[HostsRow, ...]
    told: ToldHosts | None
    """What the guide says of the same work."""


def compare_hosts(
    work: Work,
    catalog: Catalog,
    calibrations: Sequence[Calibration],
    hosts: int,
    *,
    terms: CostTerms,
    names: Sequence[str] = (),
) -> HostsAnswer:
    """Return `hosts` trainings on each scheme: without names, on all offers of the work's device.

    The guide's own work is shown on the guide's own offers, unless a GPU was asked for.
    Raises InputError for names that mean nothing and a number of hosts that cannot be.
    """
    if not 1 <= hosts <= MOST_HOSTS:
        raise InputError(f"--hosts: {hosts} is not between 1 and {MOST_HOSTS}", "--hosts 2")
    forecasts = Forecasts(catalog, calibrations, terms)
    rows = [row_of(scheme, work, forecasts) for scheme in _schemes(work, catalog, names, hosts)]
    told = TOLD_HOSTS if _is_told(work, catalog, hosts) else None
    return HostsAnswer(work, hosts, tuple(_hosts_row(row, hosts) for row in rows), told)


def _schemes(work: Work, catalog: Catalog, names: Sequence[str], hosts: int) -> tuple[Scheme, ...]:
    if not names and _is_told(work, catalog, hosts) and not is_given(work, "device"):
        names = [one.key for one in catalog.offers.values() if one.source == TOLD_OFFERS]
    if names:
        return find_schemes(names, catalog, work)
    accelerator = find_accelerator(catalog, work.device)
    if accelerator is None:
        return ()
    found = [
        joined(accelerator, offer, work.world_size) for offer in offers_of(accelerator, catalog)
    ]
    return tuple(found) or (joined(accelerator, None, work.world_size),)


def _hosts_row(row: SchemeRow, hosts: int) -> HostsRow:
    if row.time is None:
        return HostsRow(row, None, None, None, None)
    if row.cost is None:
        one = row.time.total_s
        return HostsRow(row, one, one.times(hosts), None, None)
    both = parallel_and_serial(row.cost, row.time, hosts)
    return HostsRow(row, both.parallel_s, both.serial_s, both.parallel_cost, both.serial_cost)


def _is_told(work: Work, catalog: Catalog, hosts: int) -> bool:
    model = find_model(catalog, work.model) if work.model else None
    names = {work.model, None if model is None else model.key}
    same = TOLD_HOSTS.model in names and work.epochs == TOLD_HOSTS.epochs
    return same and hosts == TOLD_HOSTS.hosts
