"""An estimate as lines for a terminal: the answers, their parts, what they rest on. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from cockpit.analysis.forecast.result import CostForecast, Forecast, MemoryForecast, TimeForecast
from cockpit.analysis.forecast.work import Work
from cockpit.catalog.names import find_accelerator
from cockpit.catalog.rows import Catalog, Runtime
from cockpit.cli.stacked_table import wrapped
from cockpit.cli.text_width import plain, width
from cockpit.views.eta_words import end_clock
from cockpit.views.forecast_text import cost_row, time_rows
from cockpit.views.forecast_words import (
    NO_PRICE,
    NO_PRICE_THERE,
    SET_A_PRICE,
    fit_sign,
    memory_words,
    time_words,
)

LABEL_WIDTH: Final = 20
WIDEST: Final = 100
NARROWEST: Final = 60
ASSUMED: Final = "assumed"
UNSAID: Final = ("total",)
"""Rows of the time that stand among the answers already."""


def lines(
    found: Forecast, catalog: Catalog, columns: int, now_s: float, *, why_no_time: str = ""
) -> list[str]:
    """Return the whole estimate in so many columns; `now_s` is when it would be started."""
    basis = _basis(found)
    details = [row for row in time_rows(found.time) if row[0] not in UNSAID] if found.time else []
    return [
        *_wrapped(work_words(found.work, catalog), columns, ""),
        *_evidence(found, columns),
        "",
        *_rows(_answers(found, now_s, why_no_time), columns),
        *(["", *_rows(details, columns)] if details else []),
        *_titled("rests on:", [*basis, *_assumed(found.work, catalog, basis)], columns),
        *_titled("to narrow it:", _narrow(found), columns),
    ]


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
    return plain(f"{', '.join(parts)} on {where}, batch {work.batch_per_rank:,}{each}")


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


def _evidence(found: Forecast, columns: int) -> list[str]:
    """Return in one line whether anything was measured."""
    part = found.time or found.memory
    if part is None:
        return []
    is_measured = part.tier.is_measured
    head = "by what was measured" if is_measured else "calculated, not measured"
    return _wrapped(f"{head}: {plain(part.evidence)}", columns, "")


def _answers(found: Forecast, now_s: float, why_no_time: str) -> Iterable[tuple[str, str]]:
    if found.time is None:
        yield "time", f"– {why_no_time}".strip()
    else:
        yield "time", time_words(found.time) + _too_large(found)
        breaks = " and nothing breaks it" if any(one.is_prolonged for one in found.costs) else ""
        yield "ends", _end(found.time, now_s) + breaks
    yield "memory", _memory(found.memory, found.work.preset)
    yield from _costs(found)


def _too_large(found: Forecast) -> str:
    """Return what is to be said of a time that its batch will never see; else nothing."""
    does_not_fit = found.memory is not None and found.memory.fits is False
    return " as if it fitted: this batch does not" if does_not_fit else ""


def _end(time: TimeForecast, now_s: float) -> str:
    low, likely, high = (
        end_clock(now_s + left_s, now_s)
        for left_s in (time.total_s.low, time.total_s.likely, time.total_s.high)
    )
    span = "" if low == high else f", {low} to {high}"
    return f"{likely}{span}, if it starts now"


def _memory(memory: MemoryForecast | None, preset: str | None) -> str:
    if memory is None:
        way = f"; cockpit memory --preset {preset} measures it" if preset else ""
        return f"– nothing is known of it{way}"
    return f"{fit_sign(memory)} {memory_words(memory)}"


def _costs(found: Forecast) -> Iterable[tuple[str, str]]:
    if found.time is None:
        return
    if found.costs:
        for number, cost in enumerate(found.costs):
            yield ("cost" if number == 0 else ""), _cost(cost)
    for why in found.unpriced:
        yield ("" if found.costs else "cost"), f"– {plain(why)}"
    if found.costs or found.unpriced:
        return
    if not found.work.device.startswith("cpu"):
        here = found.work.host is not None
        yield (
            "cost",
            f"{NO_PRICE if here else NO_PRICE_THERE}: --price 1.10, --offer NAME, or {SET_A_PRICE}",
        )


def _cost(cost: CostForecast) -> str:
    name, words = cost_row(cost)
    return f"{name}: {words}"


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


def _basis(found: Forecast) -> list[str]:
    parts = [part for part in (found.time, found.memory) if part is not None]
    told = [line for part in parts for line in part.basis]
    return list(dict.fromkeys([*told, *(line for cost in found.costs for line in cost.basis)]))


def _narrow(found: Forecast) -> list[str]:
    parts = [part for part in (found.time, found.memory) if part is not None]
    return list(dict.fromkeys(line for part in parts for line in part.narrow))


def _titled(title: str, points: Sequence[str], columns: int) -> list[str]:
    return ["", title, *(line for one in points for line in _wrapped(one, columns, "  - "))] * bool(
        points
    )


def _rows(rows: Iterable[tuple[str, str]], columns: int) -> list[str]:
    return [
        line
        for label, value in rows
        for line in _wrapped(value, columns, f"  {label:<{LABEL_WIDTH}}")
    ]


def _wrapped(text: str, columns: int, first: str) -> list[str]:
    return wrapped(text, columns, " " * width(first), first)
