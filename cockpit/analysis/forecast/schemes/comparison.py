"""Schemes beside each other: time, memory and money of one training on each. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from cockpit.analysis.forecast.cost.bill import PURCHASE
from cockpit.analysis.forecast.cost.energy import power_of
from cockpit.analysis.forecast.cost.forecast import forecast_cost, rate_words
from cockpit.analysis.forecast.cost.terms import OWN, CostTerms
from cockpit.analysis.forecast.result import CostForecast, TimeForecast
from cockpit.analysis.forecast.schemes.choices import choices_of, scenarios_of
from cockpit.analysis.forecast.schemes.forecasts import Forecasts
from cockpit.analysis.forecast.schemes.guide import (
    is_of_guide,
    is_told_on_xla,
    told_baseline,
    told_of,
    told_times,
)
from cockpit.analysis.forecast.schemes.names import find_schemes, is_given
from cockpit.analysis.forecast.schemes.scheme import Scheme, SchemeComparison, SchemeRow, Told
from cockpit.analysis.forecast.time.forecast import why_unknown
from cockpit.analysis.forecast.work import Work
from cockpit.calibrations.calibration import Calibration
from cockpit.catalog.names import find_accelerator
from cockpit.catalog.rows import MONTH_H, Catalog, DocumentTime, Runtime
from cockpit.errors import InputError, nearest
from cockpit.units import HOUR_S

NO_MONTH: Final = "no price of a month"
"""Begins a note that says why."""
FEWEST: Final = 2
"""What so many rows have in common is told once."""


def compare(
    work: Work,
    names: Sequence[str],
    catalog: Catalog,
    calibrations: Sequence[Calibration],
    terms: CostTerms,
    *,
    against: str | None = None,
) -> SchemeComparison:
    """Return the named schemes for this work, in this order, with what serves in which situation.

    `against` names the one whose speed is 1.0; else it is the guide's own, else the slowest.
    Raises InputError with every name that means nothing.
    """
    schemes = find_schemes(names, catalog, work)
    forecasts = Forecasts(catalog, calibrations, terms)
    times = told_times(work, catalog)
    rows = [row_of(scheme, work, forecasts, times) for scheme in schemes]
    base = _baseline(rows, times, against)
    compared = tuple(_with_speeds(row, base, times) for row in rows)
    compared, notes = _without_common(compared)
    has_choice = len({row.scheme.accelerator.key for row in compared}) > 1
    documents = [row.told.document for row in compared if row.told is not None]
    is_batch_told = any(row.told is not None and row.told.batch for row in compared)
    if is_batch_told and not is_given(work, "batch_per_rank"):
        has_parts = any(row.scheme.parts > 1 for row in compared)
        of_tpu = ", of a TPU over all its cores" if has_parts else ""
        notes.append(f"batches as document {documents[0]} has them{of_tpu}")
    return SchemeComparison(
        work,
        compared,
        None if base is None else base.scheme.name,
        choices_of(compared) if has_choice else (),
        scenarios_of(compared) if has_choice else (),
        tuple(notes),
        document=documents[0] if documents else None,
        is_of_guide=is_of_guide(work, catalog),
    )


def _without_common(rows: tuple[SchemeRow, ...]) -> tuple[tuple[SchemeRow, ...], list[str]]:
    """Return the rows without the notes that all of them have, and those notes."""
    if len(rows) < FEWEST:
        return rows, []
    common = [note for note in rows[0].notes if all(note in row.notes for row in rows)]
    kept = [
        replace(row, notes=tuple(note for note in row.notes if note not in common)) for row in rows
    ]
    return tuple(kept), common


def row_of(
    scheme: Scheme, work: Work, forecasts: Forecasts, times: Sequence[DocumentTime] = ()
) -> SchemeRow:
    """Return what is known of the work on a scheme; without times of guides, in none of theirs."""
    told = told_of(scheme, work, times)
    placed = on_scheme(work, scheme, forecasts.catalog)
    placed, why_batch = _with_batch(placed, scheme, told, forecasts)
    time = forecasts.time(placed)
    memory = forecasts.memory(placed)
    cost = None
    if time is not None and scheme.offer is not None and _is_priced(scheme):
        terms = _terms_of(scheme, placed, time, work, forecasts)
        cost = forecast_cost(placed, time, scheme.offer, terms)
    needs_port = scheme.accelerator.runtime is Runtime.XLA and not _is_for_xla(work, forecasts)
    row = SchemeRow(scheme, placed, time, memory, cost, told=told, needs_port=needs_port)
    unknown = [why_unknown(placed, forecasts.catalog)] if time is None else []
    return row.with_notes(*unknown, *why_batch, *_notes(row, _spot_note(row, forecasts.terms)))


def _is_for_xla(work: Work, forecasts: Forecasts) -> bool:
    """Say whether a script of the work for torch_xla exists: the preset's own, or a guide's."""
    asked = find_accelerator(forecasts.catalog, work.device)
    is_own = work.preset is not None and asked is not None and asked.runtime is Runtime.XLA
    return is_own or is_told_on_xla(work, forecasts.catalog)


def on_scheme(work: Work, scheme: Scheme, catalog: Catalog) -> Work:
    """Return the work on the accelerators of a scheme; what was measured here counts for its own.

    A machine of which the work was measured stays its host only for the accelerator it has.
    """
    has = find_accelerator(catalog, work.device)
    if has is not None and has.key == scheme.accelerator.key:
        is_cpu = has.runtime is Runtime.CPU  # its ranks share one machine
        return work if is_cpu else replace(work, world_size=scheme.ranks)
    return replace(work, device=scheme.accelerator.key, host=None, world_size=scheme.ranks)


def _with_batch(
    work: Work, scheme: Scheme, told: Told | None, forecasts: Forecasts
) -> tuple[Work, list[str]]:
    """Return the work with the guide's batch for its own work, else the largest up to the asked."""
    if told is not None and told.batch is not None and not is_given(work, "batch_per_rank"):
        return replace(work, batch_per_rank=told_batch_per_rank(told.batch, scheme)), []
    memory = forecasts.memory(work)
    if memory is None or memory.fits is not False or not memory.largest_batch:
        return work, []
    if memory.largest_batch >= work.batch_per_rank:
        return work, []
    why = f"batch {memory.largest_batch} per rank: {work.batch_per_rank} does not fit"
    return replace(work, batch_per_rank=memory.largest_batch), [why]


def told_batch_per_rank(batch: int, scheme: Scheme) -> int:
    """Return a guide's batch for one rank; that of a TPU is of all its cores.

    Document 002 counts 60 of the 64 GB of a TPU v2-8 for its batch of 32: 4 for each core.
    """
    return max(1, batch // scheme.parts)


def _terms_of(
    scheme: Scheme, placed: Work, time: TimeForecast, asked: Work, forecasts: Forecasts
) -> CostTerms:
    """Return the terms for a scheme: its own power, and checkpoints after as many epochs."""
    terms = forecasts.terms
    every_s = terms.checkpoint_every_s
    there = forecasts.time(asked) if every_s is not None else None
    if every_s is not None and there is not None and there.epoch_s.likely > 0:
        every_s *= time.epoch_s.likely / there.epoch_s.likely
    power = power_of(placed, forecasts.calibrations, forecasts.catalog)
    # An own price is that of a GPU: it counts for as many as hold the ranks.
    is_own = scheme.offer is not None and scheme.offer.key == OWN
    hosts = None if is_own else scheme.hosts
    return replace(
        terms,
        hosts=hosts,
        ranks_per_device=scheme.parts,
        checkpoint_every_s=every_s,
        power=power,
    )


def _is_priced(scheme: Scheme) -> bool:
    offer = scheme.offer
    if offer is None or _is_parted(scheme):
        return False
    prices = (offer.hour, offer.month, offer.purchase, offer.electricity_hour, offer.spot_hour)
    return any(price is not None for price in prices)


def _is_parted(scheme: Scheme) -> bool:
    return scheme.is_notebook and scheme.hosts > 1


def _spot_note(row: SchemeRow, terms: CostTerms) -> str:
    """Say that a price is a spot host's, or that one was asked for and there is none."""
    offer = row.scheme.offer
    if row.cost is None or offer is None:
        return ""
    if row.cost.is_spot:
        return f"spot price; interruptions of a host: {rate_words(offer, terms)}"
    is_rented = bool(offer.hour) and not row.scheme.is_own
    return "no spot price in the catalogue: the usual one" if terms.spot and is_rented else ""


def _notes(row: SchemeRow, spot: str) -> list[str]:
    scheme, cost = row.scheme, row.cost
    notes = [cost.note] if cost is not None and cost.note else []
    if spot:
        notes.append(spot)
    if row.needs_port:
        notes.append("would need its trainer ported to torch_xla")
    elif scheme.accelerator.runtime is Runtime.XLA:
        notes.append("needs a script for torch_xla")
    if scheme.offer is None:
        notes.append("no offer of it in the catalogue, so no price")
    elif scheme.offer.key == OWN and not _is_priced(scheme):
        notes.append("what it costs is not told")
    elif _is_parted(scheme):
        notes.append(f"{scheme.offer.name} has {scheme.offer.count}; notebooks cannot be joined")
    elif scheme.hosts > 1:
        notes.append(f"{scheme.hosts} hosts: their network is not counted")
    share = None if cost is None else cost.parts.get(PURCHASE)
    if cost is not None and share:
        notes.append(_purchase_words(cost, share, scheme))
    if cost is not None and cost.month is None:
        notes.append(_crowded_words(row))
    if cost is not None and cost.quota is not None and cost.waited_s.high > 0:
        waits = "waits" if cost.waited_s.likely > 0 else "may wait"
        quota = f"{cost.quota.hours:g} h a {cost.quota.period}"
        notes.append(f"its quota is {quota}: it {waits} for the next")
    if cost is not None and cost.sessions is not None and cost.sessions > 1:
        limit = scheme.offer.session_hours if scheme.offer else None
        of = "" if limit is None else f" of {limit:g} h"
        notes.append(f"needs {cost.sessions} sessions{of}: it must resume")
    return notes


def _purchase_words(cost: CostForecast, share: float, scheme: Scheme) -> str:
    bought = (scheme.offer.purchase or 0.0) * scheme.hosts if scheme.offer else 0.0
    said = f"{cost.currency} {share:.2f} of a run is its share of the purchase"
    return f"{said} for {bought:,.0f}"


def _crowded_words(row: SchemeRow) -> str:
    hours = 0.0 if row.likely_s is None else row.likely_s / HOUR_S
    cost = row.cost
    runs = cost.runs_per_month if cost else None
    waited_s = cost.waited_s.likely if cost else 0.0
    hours -= waited_s / HOUR_S if math.isfinite(waited_s) else 0.0
    has = cost.quota.month_hours if cost and cost.quota else MONTH_H
    more = f"{runs or 0:g} runs of {hours:.1f} h are more than its {has:.0f} h"
    return f"{NO_MONTH}: {more}"


def _baseline(
    rows: Sequence[SchemeRow], times: Sequence[DocumentTime], against: str | None
) -> SchemeRow | None:
    """Return the row whose speed is 1.0; None: no time is known."""
    known = [row for row in rows if row.time is not None]
    if against is not None:
        names = {name: row for row in rows for name in _names(row)}
        if against not in names:
            known_as = [row.scheme.accelerator.key for row in rows]
            raise InputError(
                f"--against: {against} is not compared{nearest(against, known_as)}",
                f"one of {', '.join(known_as)}",
            )
        return names[against] if names[against].time is not None else None
    told = told_baseline(times)
    first = next((row for row in known if row.scheme.accelerator.key == told), None)
    return first or max(known, key=lambda row: row.likely_s or math.inf, default=None)


def _names(row: SchemeRow) -> tuple[str, ...]:
    offer = row.scheme.offer
    own = (row.scheme.accelerator.key, row.scheme.name)
    return own if offer is None else (*own, offer.key, offer.name)


def _with_speeds(
    row: SchemeRow, base: SchemeRow | None, times: Sequence[DocumentTime]
) -> SchemeRow:
    """Return the row with its speed and the guide's against the same one.

    Times that are the guide's own claim give no speed of ours: it would be the guide's once more.
    """
    if base is None or base.time is None:
        return row
    speed = None
    if row.time is not None and row.time.epoch_s.likely > 0 and not (base.is_claim or row.is_claim):
        speed = base.time.total_s.likely / row.time.total_s.likely
    told = row.told
    base_told = told_of(base.scheme, base.work, times)
    if told is not None and told.epoch_s and base_told is not None and base_told.epoch_s:
        told = replace(told, relative_speed=base_told.epoch_s / told.epoch_s)
    return replace(row, relative_speed=speed, told=told)
