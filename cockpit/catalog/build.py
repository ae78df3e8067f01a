"""Rows from the tables of a TOML document that has been checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from cockpit.catalog.rows import (
    Accelerator,
    DocumentMemory,
    DocumentTime,
    ModelEntry,
    Offer,
    Runtime,
)
from cockpit.units import GIB


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row; what is missing is None, or what it stands for."""

    cells: Mapping[str, object]
    source: str
    """Where the row is from, if it does not tell."""
    date: str

    def text(self, name: str, default: str = "") -> str:
        """Return a text, or the default."""
        value = self.cells.get(name)
        return value if isinstance(value, str) else default

    def number(self, name: str) -> float | None:
        """Return a number, or None."""
        value = self.cells.get(name)
        return float(value) if isinstance(value, int | float) else None

    def count(self, name: str) -> int | None:
        """Return a whole number, or None."""
        value = self.cells.get(name)
        return value if isinstance(value, int) else None

    def of_gib(self, name: str) -> int | None:
        """Return the bytes of a number of GiB, or None."""
        value = self.number(name)
        return None if value is None else round(value * GIB)

    @property
    def key(self) -> str:
        """What the row is called."""
        return self.text("key")

    @property
    def origin(self) -> tuple[str, str]:
        """Where it is from, and of which date."""
        day = self.cells.get("date")
        if isinstance(day, datetime):
            day = day.date()
        told = day.isoformat() if isinstance(day, date) else self.text("date", self.date)
        return self.text("source", self.source), told


def rows_of(document: Mapping[str, object], table: str, source: str, day: str) -> Sequence[Row]:
    """Return the rows of one table."""
    rows = document.get(table)
    rows = rows if isinstance(rows, list) else []
    return [Row(cells, source, day) for cells in rows if isinstance(cells, Mapping)]


def accelerator(row: Row) -> Accelerator:
    """Return an accelerator; without a runtime it is a GPU."""
    source, day = row.origin
    return Accelerator(
        key=row.key,
        name=row.text("name", row.key),
        runtime=Runtime(row.text("runtime", Runtime.CUDA)),
        source=source,
        date=day,
        memory_bytes=row.of_gib("memory_gib"),
        gb_per_s=row.number("gb_per_s"),
        tflops_fp32=row.number("tflops_fp32"),
        tflops_half=row.number("tflops_half"),
        power_w=row.number("power_w"),
        cores=row.count("cores"),
    )


def offer(row: Row) -> Offer:
    """Return an offer."""
    source, day = row.origin
    return Offer(
        key=row.key,
        name=row.text("name", row.key),
        accelerator=row.text("accelerator"),
        source=source,
        date=day,
        count=row.count("count") or 1,
        currency=row.text("currency", "USD"),
        hour=row.number("hour"),
        hour_high=row.number("hour_high"),
        spot_hour=row.number("spot_hour"),
        interruptions_per_hour=row.number("interruptions_per_hour"),
        month=row.number("month"),
        purchase=row.number("purchase"),
        lifetime_months=row.number("lifetime_months"),
        electricity_hour=row.number("electricity_hour"),
        kwh=row.number("kwh"),
        session_hours=row.number("session_hours"),
        month_hours=row.number("month_hours"),
        week_hours=row.number("week_hours"),
        note=row.text("note"),
    )


def model(row: Row) -> ModelEntry:
    """Return a model."""
    source, day = row.origin
    return ModelEntry(
        key=row.key,
        source=source,
        date=day,
        params=row.number("params") or 0.0,
        gflops=row.number("gflops") or 0.0,
        imgsz=row.count("imgsz") or 640,
        activation_bytes=row.number("activation_bytes"),
    )


def document_time(row: Row) -> DocumentTime:
    """Return a time that a guide prints."""
    return DocumentTime(
        document=row.text("document"),
        model=row.text("model"),
        accelerator=row.text("accelerator"),
        count=row.count("count") or 1,
        batch_per_rank=row.count("batch_per_rank") or 1,
        epochs=row.count("epochs") or 1,
        epoch_s=row.number("epoch_s") or 0.0,
        total_s=row.number("total_s") or 0.0,
        train_samples=row.count("train_samples"),
        imgsz=row.count("imgsz"),
        total_low_s=row.number("total_low_s"),
        total_high_s=row.number("total_high_s"),
        logged_epoch_s=row.number("logged_epoch_s"),
    )


def document_memory(row: Row) -> DocumentMemory:
    """Return a memory that a guide prints."""
    return DocumentMemory(
        document=row.text("document"),
        model=row.text("model"),
        accelerator=row.text("accelerator"),
        batch_per_rank=row.count("batch_per_rank") or 1,
        imgsz=row.count("imgsz") or 640,
        used_bytes=row.of_gib("used_gib"),
    )
