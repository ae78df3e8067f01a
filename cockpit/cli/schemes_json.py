"""Compared schemes, what meets a budget, and hosts in parallel, for JSON. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict

from cockpit.analysis.forecast.band import Band
from cockpit.analysis.forecast.result import CostForecast, MemoryForecast, Tier, TimeForecast
from cockpit.analysis.forecast.schemes.guide import told_cost
from cockpit.analysis.forecast.schemes.hosts import HostsAnswer, HostsRow
from cockpit.analysis.forecast.schemes.meeting import Shortlist
from cockpit.analysis.forecast.schemes.scheme import Choice, SchemeComparison, SchemeRow
from cockpit.analysis.forecast.work import Work

Json = dict[str, object]


def as_object(comparison: SchemeComparison) -> Json:
    """Return the comparison: seconds, bytes, money in its currency; what is unknown is null."""
    return {
        "work": work_object(comparison.work),
        "baseline": comparison.baseline,
        "document": comparison.document,
        "schemes": [row_object(row) for row in comparison.rows],
        "choices": _choices(comparison.choices),
        "scenarios": _choices(comparison.scenarios),
        "notes": list(comparison.notes),
    }


def shortlist_object(shortlist: Shortlist) -> Json:
    """Return what meets a budget and a deadline."""
    return {
        "work": work_object(shortlist.work),
        "budget": shortlist.budget,
        "deadline_s": shortlist.deadline_s,
        "currency": shortlist.currency,
        "best": _row_or_none(shortlist.best),
        "cheapest": _row_or_none(shortlist.cheapest),
        "fastest": _row_or_none(shortlist.fastest),
        "nearest": _row_or_none(shortlist.nearest),
        "surely": [row_object(row) for row in shortlist.surely],
        "likely": [row_object(row) for row in shortlist.likely],
        "tried": shortlist.tried,
        "left_out": list(shortlist.left_out),
    }


def hosts_object(answer: HostsAnswer) -> Json:
    """Return trainings in parallel and one after the other."""
    return {
        "work": work_object(answer.work),
        "hosts": answer.hosts,
        "schemes": [_hosts_row_object(one) for one in answer.rows],
        "told": None
        if answer.told is None
        else {**asdict(answer.told), "calculated_cost": list(told_cost(answer.told))},
    }


def row_object(row: SchemeRow) -> Json:
    """Return one scheme."""
    scheme, offer = row.scheme, row.scheme.offer
    return {
        "scheme": scheme.name,
        "accelerator": scheme.accelerator.key,
        "runtime": str(scheme.accelerator.runtime),
        "offer": None if offer is None else offer.key,
        "offer_name": None if offer is None else offer.name,
        "offer_source": None if offer is None else f"{offer.source}, {offer.date}",
        "count": scheme.count,
        "hosts": scheme.hosts,
        "ranks": row.work.world_size,
        "batch_per_rank": row.work.batch_per_rank,
        "time": _time_object(row.time),
        "total_s": _band(row.total_s),
        "relative_speed": row.relative_speed,
        "memory": _memory_object(row.memory),
        "cost": _cost_object(row.cost),
        "told": None if row.told is None else asdict(row.told),
        "notes": list(row.notes),
    }


def work_object(work: Work) -> Json:
    """Return the work that is asked about."""
    return {
        "model": work.model,
        "preset": work.preset,
        "epochs": work.epochs,
        "train_samples": work.train_samples,
        "imgsz": work.imgsz,
        "batch_per_rank": work.batch_per_rank,
        "world_size": work.world_size,
        "device": work.device,
        "sources": dict(work.sources),
    }


def _row_or_none(row: SchemeRow | None) -> Json | None:
    return None if row is None else row_object(row)


def _time_object(time: TimeForecast | None) -> Json | None:
    if time is None:
        return None
    return {
        "epoch_s": _band(time.epoch_s),
        "total_s": _band(time.total_s),
        "evidence": time.evidence,
        "is_measured": time.tier.is_measured,
        "is_claim": time.tier is Tier.DOCUMENTS,
        "published_s": _band(time.published_s),
        "basis": list(time.basis),
    }


def _memory_object(memory: MemoryForecast | None) -> Json | None:
    if memory is None:
        return None
    return {
        "need_bytes": _band(memory.need_bytes),
        "capacity_bytes": memory.capacity_bytes,
        "fits": memory.fits,
        "largest_batch": memory.largest_batch,
        "evidence": memory.evidence,
        "is_measured": memory.tier.is_measured,
    }


def _cost_object(cost: CostForecast | None) -> Json | None:
    if cost is None:
        return None
    return {
        "currency": cost.currency,
        "run": _band(cost.run),
        "month": _band(cost.month),
        "sessions": cost.sessions,
        "waited_s": _band(cost.waited_s),
        "is_spot": cost.is_spot,
        "basis": list(cost.basis),
    }


def _choices(choices: Sequence[Choice]) -> list[Json]:
    return [
        {
            "situation": one.situation,
            "wish": one.wish,
            "scheme": None if one.row is None else one.row.scheme.name,
            "offer": one.row.scheme.offer.key if one.row and one.row.scheme.offer else None,
            "why": one.why,
            "told": one.told,
            "differs": one.differs or None,
        }
        for one in choices
    ]


def _hosts_row_object(one: HostsRow) -> Json:
    return {
        **row_object(one.row),
        "parallel_s": _band(one.parallel_s),
        "serial_s": _band(one.serial_s),
        "parallel_cost": _band(one.parallel_cost),
        "serial_cost": _band(one.serial_cost),
    }


def _band(band: Band | None) -> Json | None:
    """Return a band; an end without a limit is null."""
    if band is None:
        return None
    ends = {"low": band.low, "likely": band.likely, "high": band.high}
    return {name: value if math.isfinite(value) else None for name, value in ends.items()}
