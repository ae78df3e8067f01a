"""What guides say of a model's memory beside our calculation, as lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cockpit import units
from cockpit.analysis.forecast.band import Band
from cockpit.analysis.forecast.memory.documents import DocumentRow

HEAD: Final = ("document", "device", "px", "batch", "it says", "calculated", "fits", "")
HELD: Final = {True: "in our range", False: "not in our range", None: ""}
FITS: Final = {True: "yes", False: "no", None: "maybe"}


def lines(rows: Sequence[DocumentRow], width: int) -> list[str]:
    """Return a table with one line for each row, GiB on the whole device; empty for none."""
    if not rows:
        return []
    cells = [HEAD, *(_cells(one) for one in rows)]
    if width < sum(_widths(cells)) + 2 * (len(HEAD) - 1):
        # The verdict can be told from the two columns before it.
        cells = [row[:-1] for row in cells]
    widths = _widths(cells)
    return [
        "  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip()[:width]
        for row in cells
    ]


def _cells(row: DocumentRow) -> tuple[str, ...]:
    told = row.told
    says = "out of memory" if told.used_bytes is None else f"{units.gib(told.used_bytes)} GiB"
    return (
        told.document,
        row.device,
        str(told.imgsz),
        str(told.batch_per_rank),
        says,
        _span(row.need_bytes),
        FITS[row.fits] if row.need_bytes is not None else units.MISSING,
        HELD[row.is_held],
    )


def _span(band: Band | None) -> str:
    if band is None:
        return units.MISSING
    return f"{units.gib(band.low)} to {units.gib(band.high)} GiB"


def _widths(cells: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*cells, strict=True)]
