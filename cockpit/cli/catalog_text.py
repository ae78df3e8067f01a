"""The catalogue as text: offers with price, date and source, then accelerators and models."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from cockpit import units
from cockpit.catalog.names import age_note
from cockpit.catalog.rows import Accelerator, Catalog, ModelEntry, Offer
from cockpit.cli.text_width import cut, plain, width
from cockpit.units import MISSING

OLD: Final = "!"
"""Stands before the date of a row that is over a year old."""
_OLD_MEANS: Final = f"{OLD} over a year old, or of an unknown date: look it up again"
_GAP: Final = "  "
_OFFERS: Final = ("offer", "accelerator", "price", "session", "  date", "from")
_DEVICES: Final = ("accelerator", "memory", "GB/s", "TFLOPS half", "power", "  date", "from")
_MODELS: Final = ("model", "parameters", "GFLOPs", "at", "  date", "from")
_RIGHT: Final = frozenset({"memory", "GB/s", "TFLOPS half", "power", "parameters", "GFLOPs", "at"})


def lines(catalog: Catalog, cells: int, today: date) -> list[str]:
    """Return everything that estimates can be asked for, in lines of at most so many cells.

    Sources are numbered, and told below the tables.
    """
    sources: dict[str, int] = {}
    offers = [_offer_row(row, today, sources) for row in catalog.offers.values()]
    devices = [_device_row(row, today, sources) for row in catalog.accelerators.values()]
    models = [_model_row(row, today, sources) for row in catalog.models.values()]
    tables = (
        ("Offers", _OFFERS, offers),
        ("Accelerators", _DEVICES, devices),
        ("Models", _MODELS, models),
    )
    told = [line for title, head, rows in tables for line in _section(title, head, rows, cells)]
    told += ["Sources"]
    for source, number in sources.items():
        told += _wrapped(f"{number:>4}  {source}", cells)
    dates = {
        *(row.date for row in catalog.offers.values()),
        *(row.date for row in catalog.accelerators.values()),
        *(row.date for row in catalog.models.values()),
    }
    if any(age_note(told_on, today) for told_on in dates):
        told += ["", *_wrapped(_OLD_MEANS, cells)]
    return told


def as_object(catalog: Catalog) -> dict[str, object]:
    """Return all rows for JSON."""
    from dataclasses import asdict

    return {
        "offers": [asdict(row) for row in catalog.offers.values()],
        "accelerators": [asdict(row) for row in catalog.accelerators.values()],
        "models": [asdict(row) for row in catalog.models.values()],
    }


def price_of(offer: Offer) -> str:
    """Return `3.06 USD/h`, `10 USD/month, 8.5 h`, `1600 USD + 0.3 USD/h`, `free, 30 h a week`.

    The hours are a quota: those of a subscription are its month's.
    """
    return ", ".join(_price_parts(offer)) or MISSING


def _price_parts(offer: Offer) -> Iterator[str]:
    unit = offer.currency
    if offer.hour is not None:
        high = "" if offer.hour_high is None else f" to {offer.hour_high:g}"
        yield f"{offer.hour:g}{high} {unit}/h" if offer.hour or high else "free"
    if offer.spot_hour is not None:
        yield f"spot {offer.spot_hour:g}" + ("" if offer.hour else f" {unit}/h")
    if offer.month is not None:
        yield f"{offer.month:g} {unit}/month"
    bought = [] if offer.purchase is None else [f"{offer.purchase:g} {unit}"]
    if offer.electricity_hour is not None:
        bought.append(f"{offer.electricity_hour:g} {unit}/h")
    if offer.kwh is not None:
        bought.append(f"{offer.kwh:g} {unit}/kWh")
    if bought:
        yield " + ".join(bought)
    quota = offer.quota
    if quota is not None:
        is_of_the_price = offer.month is not None and quota.period == "month"
        yield f"{quota.hours:g} h" + ("" if is_of_the_price else f" a {quota.period}")


def _offer_row(offer: Offer, today: date, sources: dict[str, int]) -> tuple[str, ...]:
    count = f"{offer.count}× " if offer.count > 1 else ""
    return (
        offer.key,
        f"{count}{offer.accelerator}",
        price_of(offer),
        "" if offer.session_hours is None else f"{offer.session_hours:g} h",
        _dated(offer.date, today),
        _numbered("; ".join(filter(None, (offer.source, offer.note))), sources),
    )


def _device_row(row: Accelerator, today: date, sources: dict[str, int]) -> tuple[str, ...]:
    memory = None if row.memory_bytes is None else row.memory_bytes / units.GIB
    return (
        row.key,
        _figure(memory, " GiB"),
        _figure(row.gb_per_s),
        _figure(row.tflops_half),
        _figure(row.power_w, " W"),
        _dated(row.date, today),
        _numbered(row.source, sources),
    )


def _model_row(row: ModelEntry, today: date, sources: dict[str, int]) -> tuple[str, ...]:
    return (
        row.key,
        f"{row.params / 1e6:g} M",
        f"{row.gflops:g}",
        f"{row.imgsz} px",
        _dated(row.date, today),
        _numbered(row.source, sources),
    )


def _figure(value: float | None, unit: str = "") -> str:
    return MISSING if value is None else f"{value:g}{unit}"


def _dated(told: str, today: date) -> str:
    mark = OLD if age_note(told, today) else " "
    return f"{mark} {told or MISSING}"


def _numbered(source: str, sources: dict[str, int]) -> str:
    return str(sources.setdefault(plain(source), len(sources) + 1))


def _section(
    title: str, head: Sequence[str], rows: Sequence[Sequence[str]], cells: int
) -> list[str]:
    """Return a title, the rows below their heads, and a gap; nothing without rows."""
    if not rows:
        return []
    shown = [tuple(head), *(tuple(plain(cell) for cell in row) for row in rows)]
    widths = [max(map(width, column)) for column in zip(*shown, strict=True)]
    return [title, *(_line(row, head, widths, cells) for row in shown), ""]


def _line(row: Sequence[str], head: Sequence[str], widths: Sequence[int], cells: int) -> str:
    padded = []
    for cell, name, room in zip(row, head, widths, strict=True):
        blank = " " * (room - width(cell))
        padded.append(blank + cell if name in _RIGHT else cell + blank)
    return cut(_GAP.join(padded).rstrip(), cells)


def _wrapped(text: str, cells: int) -> list[str]:
    return textwrap.wrap(text, max(cells, 10), subsequent_indent=" " * 6, break_on_hyphens=False)
