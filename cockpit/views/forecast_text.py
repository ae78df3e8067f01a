"""A whole estimate as sections of labels, values and sentences, for both faces. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cockpit import units
from cockpit.analysis.forecast.cost.terms import OWN
from cockpit.analysis.forecast.result import CostForecast, Forecast, MemoryForecast, TimeForecast
from cockpit.analysis.forecast.work import Work
from cockpit.units import GIB
from cockpit.views.forecast_words import (
    NOTHING_KNOWN,
    cost_words,
    duration_words,
    fit_sign,
    fit_words,
    need_words,
    time_words,
)

LABEL_WIDTH: Final = 20
ASSUMED: Final = "assumed"
"""How the source of a value begins that nobody told."""
Row = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Section:
    """One part of an estimate."""

    title: str
    rows: tuple[Row, ...] = ()
    """Label and value."""
    points: tuple[str, ...] = ()
    """Sentences."""


def forecast_sections(forecast: Forecast, why_no_time: str = "") -> tuple[Section, ...]:
    """Return what is asked, time, memory, costs, what that rests on, what narrows it."""
    time, memory = forecast.time, forecast.memory
    told = [part for part in (time, memory) if part is not None]
    basis = [*(line for part in told for line in part.basis), *_cost_basis(forecast.costs)]
    narrow = [line for part in told for line in part.narrow]
    missing = tuple(_ways(forecast, why_no_time))
    return (
        Section("Asked", tuple(work_rows(forecast.work))),
        Section("Time", tuple(time_rows(time)) if time else (("total", NOTHING_KNOWN),)),
        Section("Memory", tuple(memory_rows(memory)) if memory else (("need", NOTHING_KNOWN),)),
        *((Section("What would tell", points=missing),) if missing else ()),
        *((Section("Cost", tuple(map(cost_row, forecast.costs))),) if forecast.costs else ()),
        *((Section("Rests on", points=_once(basis)),) if basis else ()),
        *((Section("What narrows it", points=_once(narrow)),) if narrow else ()),
    )


def work_rows(work: Work) -> Iterable[Row]:
    """Yield what is asked about, each value with its source where it is not given."""
    samples = None if work.train_samples is None else f"{work.train_samples:,} images"
    rows = {
        "preset": ("preset", work.preset),
        "model": ("model", work.model),
        "train_samples": ("data set", samples),
        "epochs": ("epochs", f"{work.epochs:,}"),
        "imgsz": ("image size", None if work.imgsz is None else str(work.imgsz)),
        "device": ("device", work.device),
        "world_size": ("ranks", f"{work.world_size:,}"),
        "batch_per_rank": (
            "batch per rank",
            f"{work.batch_per_rank:,}, global {work.global_batch:,}",
        ),
    }
    for name, (label, value) in rows.items():
        if value is not None:
            source = work.sources.get(name, "")
            yield label, f"{value}, {source}" if source.startswith(ASSUMED) else value


def time_rows(time: TimeForecast) -> Iterable[Row]:
    """Yield the whole training, then what it is made of."""
    yield "total", time_words(time)
    yield "an epoch", duration_words(time.epoch_s)
    if time.start_s.high:
        yield "start-up", duration_words(time.start_s)
    if time.steps_per_epoch is not None:
        yield "steps per epoch", f"{time.steps_per_epoch:,}"
    if time.step_s is not None and time.step_s.likely >= 1:
        yield "a step", duration_words(time.step_s)
    elif time.step_s is not None:
        low, likely, high = (
            units.metric(1000 * value)
            for value in (time.step_s.low, time.step_s.likely, time.step_s.high)
        )
        yield "a step", f"{likely} ms" if low == high else f"{likely} ms, {low} to {high}"
    if time.efficiency is not None:
        known = "measured" if time.is_efficiency_measured else "assumed"
        low, high = (f"{value:.0%}" for value in (time.efficiency.low, time.efficiency.high))
        span = "" if low == high else f", {low} to {high}"
        yield "scaling efficiency", f"{time.efficiency.likely:.0%}{span} ({known})"
    if time.epoch_share_fixed is not None:
        yield "fixed per epoch", f"{time.epoch_share_fixed:.0%}: more ranks do not shorten it"


def memory_rows(memory: MemoryForecast) -> Iterable[Row]:
    """Yield need and verdict, then the parts."""
    yield "need", f"{fit_sign(memory)} {need_words(memory)}"
    yield "verdict", fit_words(memory)
    for name, size_bytes in memory.parts.items():
        yield f"  {name}", f"{size_bytes / GIB:.2f} GiB"


def cost_row(cost: CostForecast) -> Row:
    """Return the offer and its price, with what else is known of it."""
    told = ["free" if cost.run.high == 0 else f"{cost_words(cost)} a run"]
    if cost.month is not None and cost.month.high > 0:
        told.append(f"{cost.currency} {cost.month.likely:,.0f} a month")
    if cost.sessions is not None and cost.sessions > 1:
        told.append(f"needs {cost.sessions} sessions")
    if cost.is_spot:
        told.append("spot")
    if cost.is_prolonged and cost.total_s is not None:
        told.append(f"in {duration_words(cost.total_s)} with its breaks")
    if cost.energy_kwh is not None:
        about = "" if cost.is_energy_measured else "about "
        told.append(f"{about}{units.metric(cost.energy_kwh.likely)} kWh")
    return ("your price" if cost.offer == OWN else cost.offer), " · ".join(told)


def _ways(forecast: Forecast, why_no_time: str) -> Iterable[str]:
    """Yield why there is no answer, and what would give one."""
    preset = forecast.work.preset
    if forecast.time is None:
        yield from (why_no_time,) if why_no_time else ()
        if preset:
            yield f"cockpit estimate --preset {preset} --probe: trains a few dozen steps here"
            yield f"cockpit run {preset}: what it takes counts for the next estimate"
    yield from forecast.unpriced
    if forecast.memory is None and preset:
        yield f"cockpit memory --preset {preset}: measures what each batch needs"


def section_lines(sections: Sequence[Section], width: int | None = None) -> list[str]:
    """Return the sections as plain text; sentences are wrapped at `width`."""
    lines: list[str] = []
    for section in sections:
        lines += ["", section.title] if lines else [section.title]
        lines += [f"  {label:<{LABEL_WIDTH}}{value}" for label, value in section.rows]
        for point in section.points:
            lines += _wrapped(point, width)
    return lines


def _wrapped(point: str, width: int | None) -> list[str]:
    if width is None:
        return [f"  - {point}"]
    return textwrap.wrap(
        point, width, initial_indent="  - ", subsequent_indent="    ", break_long_words=False
    )


def _cost_basis(costs: Iterable[CostForecast]) -> Iterable[str]:
    return (line for cost in costs for line in cost.basis)


def _once(points: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(points))
