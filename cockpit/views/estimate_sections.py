"""A whole estimate as sections of labels, values and sentences, for both faces. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cockpit.analysis.forecast.result import Forecast, MemoryForecast, TimeForecast
from cockpit.analysis.forecast.work import Work
from cockpit.catalog.names import find_accelerator
from cockpit.catalog.rows import Catalog, Runtime
from cockpit.views.eta_words import BRIEF_S, end_clock, is_today
from cockpit.views.forecast_text import ASSUMED, Row, cost_row, parts_row, time_rows
from cockpit.views.forecast_words import (
    NO_PRICE,
    NO_PRICE_THERE,
    SET_A_PRICE,
    fit_sign,
    memory_words,
    time_words,
)

LABEL_WIDTH: Final = 20
"""So many cells a label takes with what parts it from its value."""
UNSAID: Final = ("total",)
"""Rows of the time that stand among the answers already."""


@dataclass(frozen=True, slots=True)
class Section:
    """One part of an estimate."""

    title: str = ""
    words: tuple[str, ...] = ()
    """Lines that stand for themselves."""
    rows: tuple[Row, ...] = ()
    """Label and value; an empty label goes on with the one above."""
    points: tuple[str, ...] = ()
    """Sentences of a list."""


@dataclass(frozen=True, slots=True)
class Start:
    """When the training would begin."""

    at_s: float | None
    """Epoch seconds; None: nobody knows, and so no end is told."""
    is_now: bool = True


def estimate_sections(
    found: Forecast,
    catalog: Catalog,
    now_s: float,
    why_no_time: str = "",
    start: Start | None = None,
) -> tuple[Section, ...]:
    """Return what is asked, the answers, what they are made of, on what they rest, what narrows it.

    Without `start` it begins now, at `now_s`.
    """
    start = start or Start(now_s)
    basis = _basis(found)
    sections = (
        Section(words=(work_words(found.work, catalog), *_evidence(found))),
        Section(rows=tuple(_answers(found, now_s, why_no_time, start))),
        Section(rows=tuple(_details(found))),
        Section("what would tell:", points=tuple(_ways(found))),
        Section("rests on:", points=(*basis, *_assumed(found.work, catalog, basis))),
        Section("to narrow it:", points=_narrow(found)),
    )
    return tuple(one for one in sections if one.words or one.rows or one.points)


def work_words(work: Work, catalog: Catalog) -> str:
    """Return the work in one line: `yolo11n, 1,000 images of 640 px, 100 epochs on 16 × …`."""
    samples = None if work.train_samples is None else f"{work.train_samples:,} images"
    size = None if work.imgsz is None else f"{work.imgsz} px"
    data = " of ".join(part for part in (samples, size) if part)
    name = work.preset or work.model or "a training"
    model = f" ({work.model})" if work.preset and work.model else ""
    parts = [f"{name}{model}", *([data] if data else []), f"{work.epochs:,} epochs"]
    where = _where(work, catalog)
    each = " each" if work.world_size > 1 else ""
    return f"{', '.join(parts)} on {where}, batch {work.batch_per_rank:,}{each}"


def _where(work: Work, catalog: Catalog) -> str:
    """Return `16 × RTX 2080`, `TPU v2-8 with 8 ranks`."""
    device = device_words(work.device, catalog)
    found = find_accelerator(catalog, work.device)
    cores = found.cores if found is not None and found.runtime is Runtime.XLA else None
    count = 1 if work.device.startswith("cpu") else work.world_size // (cores or 1)
    where = f"{count:,} × {device}" if count > 1 else device
    return where if work.world_size == count else f"{where} with {work.world_size:,} ranks"


def device_words(device: str, catalog: Catalog) -> str:
    """Return a device as people write it: `RTX 2080`, `Intel Xeon, 2 cores`."""
    if device.startswith("cpu: "):
        return device.removeprefix("cpu: ")
    found = find_accelerator(catalog, device)
    return device if found is None else found.name


def _evidence(found: Forecast) -> Iterable[str]:
    """Yield in one line whether anything was measured."""
    part = found.time or found.memory
    if part is not None:
        is_measured = part.tier.is_measured
        head = "by what was measured" if is_measured else "calculated, not measured"
        yield f"{head}: {part.evidence}"


def _answers(found: Forecast, now_s: float, why_no_time: str, start: Start) -> Iterable[Row]:
    if found.time is None:
        yield "time", f"– {why_no_time}".strip()
    else:
        yield "time", time_words(found.time) + _too_large(found)
        is_brief = start.is_now and found.time.total_s.high < BRIEF_S
        if start.at_s is not None and not is_brief:
            breaks = any(one.is_prolonged for one in found.costs)
            yield "ends", _end(found.time, now_s, start) + " and nothing breaks it" * breaks
    yield "memory", _memory(found.memory, found.work.preset)
    yield from _costs(found)


def _details(found: Forecast) -> Iterable[Row]:
    if found.time is not None:
        yield from (row for row in time_rows(found.time) if row[0] not in UNSAID)
    if found.memory is not None and found.memory.parts:
        yield parts_row(found.memory)


def _too_large(found: Forecast) -> str:
    """Return what is to be said of a time that its batch will never see; else nothing."""
    does_not_fit = found.memory is not None and found.memory.fits is False
    return " as if it fitted: this batch does not" if does_not_fit else ""


def _end(time: TimeForecast, now_s: float, start: Start) -> str:
    began_s = max(now_s, start.at_s or now_s)
    low_s, likely_s, high_s = (
        began_s + left_s for left_s in (time.total_s.low, time.total_s.likely, time.total_s.high)
    )
    low, likely, high = (end_clock(end_s, now_s) for end_s in (low_s, likely_s, high_s))
    if is_today(low_s, now_s) and not is_today(likely_s, now_s):
        low = f"today {low}"  # a bare clock after another day's would be taken for one of that
    span = "" if low == high else f", {low} to {high}"
    when = "now" if start.is_now else f"about {end_clock(began_s, now_s)}"
    return f"{likely}{span}, if it starts {when}"


def _memory(memory: MemoryForecast | None, preset: str | None) -> str:
    if memory is None:
        way = f"; cockpit memory --preset {preset} measures it" if preset else ""
        return f"– nothing is known of it{way}"
    return f"{fit_sign(memory)} {memory_words(memory)}"


def _costs(found: Forecast) -> Iterable[Row]:
    if found.time is None:
        return
    if found.costs:
        for number, cost in enumerate(found.costs):
            yield ("cost" if number == 0 else ""), ": ".join(cost_row(cost))
    for why in found.unpriced:
        yield ("" if found.costs else "cost"), f"– {why}"
    if found.costs or found.unpriced:
        return
    if not found.work.device.startswith("cpu"):
        here = found.work.host is not None
        yield (
            "cost",
            f"{NO_PRICE if here else NO_PRICE_THERE}: --price 1.10, --offer NAME, or {SET_A_PRICE}",
        )


def _assumed(work: Work, catalog: Catalog, basis: Sequence[str]) -> list[str]:
    """Return what nobody told and what the basis does not say, each with the flag that tells it."""
    values = {
        "model": work.model,
        "train_samples": None if work.train_samples is None else f"{work.train_samples:,} images",
        "epochs": f"{work.epochs:,} epochs",
        "imgsz": f"{work.imgsz} px",
        "batch_per_rank": f"batch {work.batch_per_rank:,}",
        "device": device_words(work.device, catalog),
        "world_size": f"{work.world_size:,} GPU" + "s" * (work.world_size != 1),
    }
    told = {name: work.sources.get(name, "") for name, value in values.items() if value is not None}
    return [
        f"{values[name]}: {why}"
        for name, why in told.items()
        if why.startswith(ASSUMED) and not any(why in line for line in basis)
    ]


def _ways(found: Forecast) -> Iterable[str]:
    """Yield what would tell the time of a preset of which nothing is known."""
    preset = found.work.preset
    if found.time is None and preset:
        yield f"cockpit estimate --preset {preset} --probe: trains a few dozen steps here"
        yield f"cockpit run {preset}: what it takes counts for the next estimate"


def _basis(found: Forecast) -> tuple[str, ...]:
    told = [line for part in (found.time, found.memory) if part for line in part.basis]
    return _once([*told, *(line for cost in found.costs for line in cost.basis)])


def _narrow(found: Forecast) -> tuple[str, ...]:
    return _once(line for part in (found.time, found.memory) if part for line in part.narrow)


def _once(points: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(points))
