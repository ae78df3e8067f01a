"""Schemes beside each other as the events of a tool. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from cockpit.analysis.forecast.band import Band
from cockpit.analysis.forecast.schemes.hosts import HostsAnswer, HostsRow
from cockpit.analysis.forecast.schemes.meeting import (
    MOST_SHOWN,
    Shortlist,
    cheapest_and_fastest,
    undominated,
    without_xla,
)
from cockpit.analysis.forecast.schemes.scheme import Choice, SchemeComparison, SchemeRow, Told
from cockpit.tool_runs.events import Cell, Event, Finished, Level, Outcome, Row
from cockpit.tools.estimate_events import asked_findings, finding, price
from cockpit.units import GIB, short_duration
from cockpit.views.forecast_words import (
    duration_span,
    duration_words,
    fit_sign,
    limits_words,
    money_span,
)

OF_A_SCHEME: Final = ("device", "ranks", "batch per rank")
"""Labels of what each scheme has of its own."""
SURE: Final = "sure: the whole range is within the limits, not its likely end alone"


def comparison_events(found: SchemeComparison, now_s: float) -> Iterator[Event]:
    """Yield a row for each scheme, and what serves in which situation as findings."""
    yield from asked_findings(found.work, now_s, OF_A_SCHEME)
    for row in found.rows:
        yield Row(now_s, "schemes", _scheme_cells(row))
        yield from _notes(row, now_s)
    for row in found.rows:
        if row.told is not None:
            yield Row(now_s, f"document {found.document}", _told_cells(row, row.told))
    for choice in (*found.choices, *found.scenarios):
        yield finding(Level.OK, "choice", _choice_words(choice), now_s)


def hosts_events(found: HostsAnswer, now_s: float) -> Iterator[Event]:
    """Yield a row for each offer: so many trainings at the same time, and one after the other."""
    yield from asked_findings(found.work, now_s, OF_A_SCHEME)
    for one in found.rows:
        cells: dict[str, Cell] = {
            "scheme": one.row.scheme.name,
            "offer": _offer(one.row),
            "in parallel_s": _likely(one.parallel_s),
            "in turn_s": _likely(one.serial_s),
            "costs": price(one.row.cost, one.parallel_cost),
            "costs in turn": price(one.row.cost, one.serial_cost),
        }
        yield Row(now_s, "hosts", cells)
    if not found.rows:
        what = "no offer of this device is in the catalogue"
        yield finding(Level.WARNING, "hosts.none", what, now_s)


def meeting_events(found: Shortlist, now_s: float) -> Iterator[Event]:
    """Yield the schemes that none beats among those within the limits, surely ones first."""
    yield from asked_findings(found.work, now_s, OF_A_SCHEME)
    groups = {
        True: undominated(found.surely),
        False: undominated(found.likely, found.surely),
    }
    for is_sure, rows in groups.items():
        for row in rows[:MOST_SHOWN]:
            yield Row(now_s, "schemes", _meeting_cells(row, is_sure=is_sure))
            yield from _notes(row, now_s)
    if any(groups.values()):
        yield finding(Level.NOTE, "schemes.sure", SURE, now_s)
    yield from _best(found, now_s)
    many = "1 scheme was" if found.tried == 1 else f"{found.tried} schemes were"
    tried = f"{many} judged"
    yield finding(Level.NOTE, "schemes.tried", tried, now_s)
    for reason in found.left_out:
        yield finding(Level.NOTE, "schemes.left-out", f"left out: {reason}", now_s)


def compared_word(rows: Sequence[SchemeRow], now_s: float) -> Finished:
    """Return the fastest of the schemes in one line."""
    timed = [row for row in rows if row.total_s is not None]
    fastest = min(timed, key=lambda row: row.total_s.likely if row.total_s else 0.0, default=None)
    if fastest is None or fastest.total_s is None:
        return Finished(now_s, Outcome.PASSED, "nothing is known of their times yet")
    said = f"fastest: {fastest.scheme.name}, {duration_words(fastest.total_s)}"
    return Finished(now_s, Outcome.PASSED, said)


def hosts_word(found: HostsAnswer, now_s: float) -> Finished:
    """Return what the cheapest offer makes of both ways in one line."""
    known = [one for one in found.rows if one.parallel_s is not None]
    best = min(known, key=_parallel_cost, default=None)
    if best is None or best.parallel_s is None or best.serial_s is None:
        return Finished(now_s, Outcome.PASSED, "nothing is known of their times yet")
    parallel, serial = short_duration(best.parallel_s.likely), short_duration(best.serial_s.likely)
    parts = [f"{found.hosts} trainings: {parallel} on {found.hosts} hosts, {serial} on one"]
    cost = price(best.row.cost, best.parallel_cost)
    parts += [f"{cost} in all, {_offer(best.row)}"] if cost else []
    return Finished(now_s, Outcome.PASSED, " · ".join(parts))


def _parallel_cost(one: HostsRow) -> float:
    return math.inf if one.parallel_cost is None else one.parallel_cost.likely


def met_word(found: Shortlist, now_s: float) -> Finished:
    """Return the best scheme within the limits in one line."""
    limits = _limits(found)
    if found.best is None:
        return Finished(now_s, Outcome.PASSED, f"no scheme is {limits}")
    best = "cheapest" if found.deadline_s is not None else "fastest"
    sure = "" if found.surely else "likely "
    return Finished(now_s, Outcome.PASSED, f"{sure}{best} {limits}: {_row_words(found.best)}")


def _best(found: Shortlist, now_s: float) -> Iterator[Event]:
    """Yield the cheapest and the fastest, once more without those that need another script."""
    limits = _limits(found)
    if found.best is None:
        yield finding(Level.WARNING, "schemes.none", f"no scheme is {limits}", now_s)
        if found.nearest is not None:
            yield finding(Level.NOTE, "nearest", f"nearest: {_row_words(found.nearest)}", now_s)
        return
    sure = "" if found.surely else "likely "
    own = found.cheapest, found.fastest
    plain = cheapest_and_fastest(without_xla(found.surely) or without_xla(found.likely))
    pairs = {f"{sure}": own} | ({f"without torch_xla, {sure}": plain} if plain != own else {})
    for head, (cheapest, fastest) in pairs.items():
        rows = {"cheapest": cheapest, "fastest": fastest}
        if cheapest is fastest:
            rows = {"cheapest and fastest": cheapest}
        for name, row in rows.items():
            if row is not None:
                yield finding(Level.OK, "choice", f"{head}{name}: {_row_words(row)}", now_s)


def _limits(found: Shortlist) -> str:
    return limits_words(found.budget, found.deadline_s, found.currency)


def _row_words(row: SchemeRow) -> str:
    """Return `A100, Colab Pro A100: 6h 40m, USD 10`."""
    total = "" if row.total_s is None else short_duration(row.total_s.likely)
    told = [part for part in (total, price(row.cost, row.run_cost)) if part]
    name = ", ".join(filter(None, (row.scheme.name, _offer(row))))
    return f"{name}: {', '.join(told)}"


def _notes(row: SchemeRow, now_s: float) -> Iterator[Event]:
    for note in row.notes:
        yield finding(Level.NOTE, "scheme", f"{row.scheme.name}: {note}", now_s)


def _scheme_cells(row: SchemeRow) -> dict[str, Cell]:
    return {
        "scheme": row.scheme.name,
        "offer": _offer(row),
        "total_s": _likely(row.total_s),
        "9 of 10": _span(row.total_s),
        "speed": _speed(row.relative_speed),
        "a run": price(row.cost, row.run_cost),
        "GiB": _need(row),
        "a month": price(row.cost, row.month_cost),
        "batch": row.work.batch_per_rank,
    }


def _told_cells(row: SchemeRow, told: Told) -> dict[str, Cell]:
    """Return a guide's figures; ours only where it is not the guide's own claim."""
    return {
        "scheme": row.scheme.name,
        "total_s": told.total_s,
        "ours_s": None if row.is_claim else _likely(row.total_s),
        "epoch_s": told.epoch_s,
        "batch": told.batch,
        "speed": _speed(told.relative_speed),
        "USD a run": told.run_cost,
        "USD a month": told.month_cost,
    }


def _meeting_cells(row: SchemeRow, *, is_sure: bool) -> dict[str, Cell]:
    return {
        "scheme": row.scheme.name,
        "offer": _offer(row),
        "sure": is_sure,
        "total_s": _likely(row.total_s),
        "a run": price(row.cost, row.run_cost),
        "9 of 10": _span(row.total_s),
        "cost, 9 of 10": None if row.run_cost is None else money_span(row.run_cost),
        "GiB": _need(row),
        "batch": row.work.batch_per_rank,
    }


def _speed(value: float | None) -> str | None:
    return None if value is None else f"{value:.2g}x"


def _span(band: Band | None) -> str | None:
    """Return `1h 24m–4h 55m`: short, so that a narrow table need not leave it out."""
    return None if band is None else duration_span(band).replace(" to ", "–")


def _need(row: SchemeRow) -> str | None:
    memory = row.memory
    return None if memory is None else f"{fit_sign(memory)} {memory.need_bytes.likely / GIB:.1f}"


def _choice_words(choice: Choice) -> str:
    chosen = "none of these" if choice.row is None else choice.row.scheme.name
    return f"{choice.situation}: {chosen}; {choice.why}"


def _offer(row: SchemeRow) -> str | None:
    """Return `AWS p3.2xlarge`, `2x AWS p3.2xlarge`."""
    scheme = row.scheme
    if scheme.offer is None:
        return None
    return f"{scheme.hosts}x {scheme.offer.name}" if scheme.hosts > 1 else scheme.offer.name


def _likely(band: Band | None) -> float | None:
    return None if band is None else band.likely
