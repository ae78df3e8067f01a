"""An estimate as the events of a tool, so that page, report and comparison know it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from cockpit.analysis.forecast.band import Band
from cockpit.analysis.forecast.result import CostForecast, Forecast, MemoryForecast, TimeForecast
from cockpit.analysis.forecast.schemes.hosts import HostsAnswer
from cockpit.analysis.forecast.schemes.scheme import Choice, Comparison, SchemeRow
from cockpit.analysis.forecast.work import Work
from cockpit.tool_runs.events import (
    Cell,
    Event,
    Finding,
    Finished,
    Level,
    Measurement,
    Outcome,
    Row,
)
from cockpit.units import GIB
from cockpit.views.forecast_text import ASSUMED, work_rows
from cockpit.views.forecast_words import (
    duration_span,
    duration_words,
    fit_sign,
    fit_words,
    money,
    need_words,
    time_words,
)

OF_A_SCHEME: Final = ("device", "ranks", "batch per rank")
"""Labels of what each scheme has of its own."""


def forecast_events(found: Forecast, why_unknown: str, now_s: float) -> Iterator[Event]:
    """Yield time, memory and costs as tables, and what they rest on as findings."""
    time, memory = found.time, found.memory
    if time is not None:
        yield from _time_events(time, now_s)
    else:
        yield _finding(Level.WARNING, "time.unknown", why_unknown, now_s)
    if memory is not None:
        yield from _memory_events(memory, now_s)
    else:
        yield _finding(Level.NOTE, "memory.unknown", "nothing is known of the memory", now_s)
    for cost in found.costs:
        yield Row(now_s, "cost", _cost_cells(cost))
    for why in found.unpriced:
        yield _finding(Level.WARNING, "cost.unknown", why, now_s)
    yield from _asked(found.work, now_s)
    parts = [part for part in (time, memory) if part is not None]
    told = [*(line for part in parts for line in part.basis)]
    told += [line for cost in found.costs for line in cost.basis]
    for line in dict.fromkeys(told):
        yield _finding(Level.NOTE, "rests on", line, now_s)
    for line in dict.fromkeys(line for part in parts for line in part.narrow):
        yield _finding(Level.NOTE, "to narrow it", line, now_s)


def comparison_events(found: Comparison, now_s: float) -> Iterator[Event]:
    """Yield a row for each scheme, and what serves in which situation as findings."""
    yield from _asked(found.work, now_s, OF_A_SCHEME)
    for row in found.rows:
        yield Row(now_s, "schemes", _scheme_cells(row))
        for note in row.notes:
            yield _finding(Level.NOTE, "scheme", f"{row.scheme.name}: {note}", now_s)
    for choice in (*found.choices, *found.scenarios):
        yield _finding(Level.OK, "choice", _choice_words(choice), now_s)


def hosts_events(found: HostsAnswer, now_s: float) -> Iterator[Event]:
    """Yield a row for each offer: so many trainings at the same time, and one after the other."""
    yield from _asked(found.work, now_s, OF_A_SCHEME)
    for one in found.rows:
        cells: dict[str, Cell] = {
            "scheme": one.row.scheme.name,
            "in parallel_s": _likely(one.parallel_s),
            "in turn_s": _likely(one.serial_s),
            "cost in parallel": _price(one.row.cost, one.parallel_cost),
            "cost in turn": _price(one.row.cost, one.serial_cost),
            "offer": _offer(one.row),
        }
        yield Row(now_s, "hosts", cells)


def compared_word(rows: Sequence[SchemeRow], now_s: float) -> Finished:
    """Return the fastest of the schemes in one line."""
    timed = [row for row in rows if row.total_s is not None]
    fastest = min(timed, key=lambda row: row.total_s.likely if row.total_s else 0.0, default=None)
    if fastest is None or fastest.total_s is None:
        return Finished(now_s, Outcome.PASSED, "nothing is known of their times yet")
    said = f"fastest: {fastest.scheme.name}, {duration_words(fastest.total_s)}"
    return Finished(now_s, Outcome.PASSED, said)


def last_word(found: Forecast, now_s: float) -> Finished:
    """Return the answers in one line."""
    parts = []
    if found.time is not None:
        parts.append(time_words(found.time))
    if found.memory is not None:
        parts.append(f"{fit_sign(found.memory)} {need_words(found.memory)}")
    parts += [f"{_price(cost, cost.run)} {cost.offer}" for cost in found.costs[:1]]
    return Finished(now_s, Outcome.PASSED, " · ".join(parts) or "nothing is known of it yet")


def _time_events(time: TimeForecast, now_s: float) -> Iterator[Event]:
    bands = {"total": time.total_s, "epoch": time.epoch_s, "start-up": time.start_s}
    bands |= {"step": time.step_s} if time.step_s is not None else {}
    yield _measured("time.total", time.total_s, "s", now_s)
    for name, band in bands.items():
        yield Row(now_s, "time", {"part": name} | _cells(band, "_s"))
    kind = "measured here" if time.tier.is_measured else "not measured"
    said = f"time: {time_words(time)}, by {time.evidence} ({kind})"
    yield _finding(Level.OK, "time.total", said, now_s)
    if time.efficiency is not None:
        yield _measured("scaling.efficiency", time.efficiency, "", now_s)


def _memory_events(memory: MemoryForecast, now_s: float) -> Iterator[Event]:
    yield _measured("memory.need", memory.need_bytes, "bytes", now_s)
    yield Row(now_s, "need", {"part": "all of a rank"} | _cells(memory.need_bytes, "_bytes"))
    for name, size_bytes in memory.parts.items():
        yield Row(now_s, "need", {"part": name, "likely_bytes": size_bytes})
    level = {True: Level.OK, None: Level.WARNING, False: Level.PROBLEM}[memory.fits]
    level = Level.NOTE if memory.capacity_bytes is None else level
    said = f"memory: {need_words(memory)}; {fit_words(memory)}"
    yield _finding(level, "memory.fit", said, now_s)


def _asked(work: Work, now_s: float, but: Collection[str] = ()) -> Iterator[Finding]:
    """Yield what was asked about in one sentence, then what nobody told."""
    told: list[str] = []
    assumed: list[str] = []
    for label, value in (row for row in work_rows(work) if row[0] not in but):
        (assumed if f", {ASSUMED}" in value else told).append(f"{label} {value}")
    if told:
        yield _finding(Level.NOTE, "asked", ", ".join(told), now_s)
    for one in assumed:
        yield _finding(Level.NOTE, ASSUMED, one, now_s)


def _cost_cells(cost: CostForecast) -> dict[str, Cell]:
    return {
        "offer": cost.offer,
        "a run": _price(cost, cost.run),
        "9 of 10": f"{money(cost.run.low)} to {money(cost.run.high)}",
        "a month": _price(cost, cost.month),
        "sessions": cost.sessions,
        "spot": cost.is_spot,
    }


def _scheme_cells(row: SchemeRow) -> dict[str, Cell]:
    memory = row.memory
    need = None if memory is None else f"{fit_sign(memory)} {memory.need_bytes.likely / GIB:.1f}"
    return {
        "scheme": row.scheme.name,
        "total_s": _likely(row.total_s),
        "9 of 10": None if row.total_s is None else duration_span(row.total_s),
        "speed": None if row.relative_speed is None else f"{row.relative_speed:.2g}x",
        "memory GiB": need,
        "a run": _price(row.cost, row.run_cost),
        "a month": _price(row.cost, row.month_cost),
        "batch": row.work.batch_per_rank,
        "offer": _offer(row),
    }


def _choice_words(choice: Choice) -> str:
    chosen = "none of these" if choice.row is None else choice.row.scheme.name
    return f"{choice.situation}: {chosen}; {choice.why}"


def _offer(row: SchemeRow) -> str | None:
    return row.scheme.offer.name if row.scheme.offer else None


def _price(cost: CostForecast | None, band: Band | None) -> str | None:
    if cost is None or band is None:
        return None
    return "free" if band.high == 0 else f"{cost.currency} {money(band.likely)}"


def _likely(band: Band | None) -> float | None:
    return None if band is None else band.likely


def _cells(band: Band, unit: str) -> dict[str, Cell]:
    values = {"likely": band.likely, "low": band.low, "high": band.high}
    return {f"{name}{unit}": value for name, value in values.items()}


def _measured(name: str, band: Band, unit: str, now_s: float) -> Measurement:
    return Measurement(now_s, name, band.likely, unit, {"low": band.low, "high": band.high})


def _finding(level: Level, code: str, what: str, now_s: float) -> Finding:
    return Finding(level, code, what, time_s=now_s)
