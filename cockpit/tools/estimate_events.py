"""An estimate as the events of a tool, so that page, report and comparison know it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from cockpit.analysis.forecast.band import Band
from cockpit.analysis.forecast.memory.documents import DocumentRow
from cockpit.analysis.forecast.result import CostForecast, Forecast, MemoryForecast, TimeForecast
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
from cockpit.views.forecast_text import ASSUMED, work_rows
from cockpit.views.forecast_words import (
    NO_PRICE,
    NO_PRICE_THERE,
    SET_A_PRICE,
    fit_sign,
    fit_words,
    money,
    need_words,
    offer_words,
    time_words,
)

TELL_A_PRICE: Final = "the fields price and offer tell one, or "


def forecast_events(found: Forecast, why_unknown: str, now_s: float) -> Iterator[Event]:
    """Yield time, memory and costs as tables, and what they rest on as findings."""
    time, memory = found.time, found.memory
    if time is not None:
        yield from _time_events(time, now_s)
    else:
        yield finding(Level.WARNING, "time.unknown", why_unknown, now_s)
    if memory is not None:
        yield from _memory_events(memory, now_s)
    else:
        yield finding(Level.NOTE, "memory.unknown", "nothing is known of the memory", now_s)
    for cost in found.costs:
        yield Row(now_s, "cost", _cost_cells(cost))
    yield from _unpriced(found, now_s)
    yield from asked_findings(found.work, now_s)
    parts = [part for part in (time, memory) if part is not None]
    told = [*(line for part in parts for line in part.basis)]
    told += [line for cost in found.costs for line in cost.basis]
    for line in dict.fromkeys(told):
        yield finding(Level.NOTE, "rests on", line, now_s)
    for line in dict.fromkeys(line for part in parts for line in part.narrow):
        yield finding(Level.NOTE, "to narrow it", line, now_s)


def guide_events(rows: Sequence[DocumentRow], now_s: float) -> Iterator[Event]:
    """Yield what guides say of the memory beside what is calculated, on the whole device."""
    for one in rows:
        need = one.need_bytes
        cells: dict[str, Cell] = {
            "document": one.told.document,
            "px": one.told.imgsz,
            "batch": one.told.batch_per_rank,
            "it says_bytes": one.told.used_bytes,
            "calculated_bytes": None if need is None else need.likely,
            "low_bytes": None if need is None else need.low,
            "high_bytes": None if need is None else need.high,
            "in our range": one.is_held,
        }
        yield Row(now_s, "guides", cells)


def last_word(found: Forecast, now_s: float) -> Finished:
    """Return the answers in one line."""
    parts = []
    if found.time is not None:
        parts.append(time_words(found.time))
    if found.memory is not None:
        parts.append(f"{fit_sign(found.memory)} {need_words(found.memory)}")
    parts += [f"{price(cost, cost.run)} {offer_words(cost)}" for cost in found.costs[:1]]
    return Finished(now_s, Outcome.PASSED, " · ".join(parts) or "nothing is known of it yet")


def _time_events(time: TimeForecast, now_s: float) -> Iterator[Event]:
    bands = {"total": time.total_s, "epoch": time.epoch_s, "start-up": time.start_s}
    bands |= {"step": time.step_s} if time.step_s is not None else {}
    yield _measured("time.total", time.total_s, "s", now_s)
    for name, band in bands.items():
        yield Row(now_s, "time", {"part": name} | _cells(band, "_s"))
    kind = "measured here" if time.tier.is_measured else "not measured"
    said = f"time: {time_words(time)}, by {time.evidence} ({kind})"
    yield finding(Level.OK, "time.total", said, now_s)
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
    yield finding(level, "memory.fit", said, now_s)


def _unpriced(found: Forecast, now_s: float) -> Iterator[Event]:
    """Yield why offers have no price, and what would tell one where there is none at all."""
    for why in found.unpriced:
        yield finding(Level.WARNING, "cost.unknown", why, now_s)
    is_gpu = not found.work.device.startswith("cpu")
    if is_gpu and found.time is not None and not (found.costs or found.unpriced):
        what = NO_PRICE_THERE if found.work.host is None else NO_PRICE
        yield finding(Level.NOTE, "cost.unknown", what, now_s, f"{TELL_A_PRICE}{SET_A_PRICE}")


def asked_findings(work: Work, now_s: float, but: Collection[str] = ()) -> Iterator[Finding]:
    """Yield what was asked about in one sentence, then what nobody told."""
    told: list[str] = []
    assumed: list[str] = []
    for label, value in (row for row in work_rows(work) if row[0] not in but):
        (assumed if f", {ASSUMED}" in value else told).append(f"{label} {value}")
    if told:
        yield finding(Level.NOTE, "asked", ", ".join(told), now_s)
    for one in assumed:
        yield finding(Level.NOTE, ASSUMED, one, now_s)


def _cost_cells(cost: CostForecast) -> dict[str, Cell]:
    return {
        "offer": offer_words(cost),
        "a run": price(cost, cost.run),
        "9 of 10": f"{money(cost.run.low)} to {money(cost.run.high)}",
        "a month": price(cost, cost.month),
        "sessions": cost.sessions,
        "spot": cost.is_spot,
    }


def price(cost: CostForecast | None, band: Band | None) -> str | None:
    """Return `USD 32`, or `free`; None for none."""
    if cost is None or band is None:
        return None
    return "free" if band.high == 0 else f"{cost.currency} {money(band.likely)}"


def _cells(band: Band, unit: str) -> dict[str, Cell]:
    values = {"likely": band.likely, "low": band.low, "high": band.high}
    return {f"{name}{unit}": value for name, value in values.items()}


def _measured(name: str, band: Band, unit: str, now_s: float) -> Measurement:
    return Measurement(now_s, name, band.likely, unit, {"low": band.low, "high": band.high})


def finding(level: Level, code: str, what: str, now_s: float, remedy: str | None = None) -> Finding:
    """Return what is to be told."""
    return Finding(level, code, what, remedy, now_s)
