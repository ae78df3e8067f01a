"""The parts of an estimate as rows of labels and values, for both faces. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cockpit import units
from cockpit.analysis.forecast.result import CostForecast, MemoryForecast, TimeForecast
from cockpit.analysis.forecast.work import Work
from cockpit.units import GIB
from cockpit.views.forecast_words import cost_words, duration_words, offer_words, time_words

ASSUMED: Final = "assumed"
"""How the source of a value begins that nobody told."""
Row = tuple[str, str]


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


def parts_row(memory: MemoryForecast) -> Row:
    """Return what the need is made of: `weights 0.11, activations 5.90, … GiB`."""
    parts = [f"{name} {size_bytes / GIB:.2f}" for name, size_bytes in memory.parts.items()]
    return "memory of a rank", f"{', '.join(parts)} GiB"


def cost_row(cost: CostForecast) -> Row:
    """Return the offer and its price, with what else is known of it."""
    told = ["free" if cost.run.high == 0 else f"{cost_words(cost)} a run"]
    if cost.month is not None and cost.month.high > 0:
        told.append(f"{cost.currency} {cost.month.likely:,.0f} a month")
    if cost.sessions is not None and cost.sessions > 1:
        told.append(f"needs {cost.sessions} sessions")
    if cost.note:
        told.append(cost.note)
    if cost.is_spot:
        told.append("spot")
    if cost.is_prolonged and cost.total_s is not None:
        told.append(f"in {duration_words(cost.total_s)} with its breaks")
    if cost.energy_kwh is not None:
        about = "" if cost.is_energy_measured else "about "
        told.append(f"{about}{units.metric(cost.energy_kwh.likely)} kWh")
    return offer_words(cost), " · ".join(told)
