"""Columns of a tool's tables in words: the unit goes into the heading, the number into the cell."""

from __future__ import annotations

import math
from typing import Final

from cockpit.tool_runs.events import Cell
from cockpit.units import MISSING, binary

_UNITS: Final = (
    ("_gb_per_s", " GB/s"), ("_per_s", "/s"), ("_pct", " %"), ("_bytes", ""), ("_us", " µs"),
    ("_ms", " ms"), ("_s", " s"), ("_c", " °C"), ("_w", " W"), ("_mhz", " MHz"),
)  # fmt: skip
"""The end of a column's name and how it is written; the first that fits counts."""
BYTES: Final = "_bytes"


def heading(column: str) -> str:
    """Return `busbw GB/s` for `busbw_gb_per_s`, `allocated` for `allocated_bytes`."""
    if column == "peak_rss_bytes":
        return "peak RSS"
    for end, unit in _UNITS:
        if column.endswith(end) and column != end:
            return column.removesuffix(end).replace("_", " ") + unit
    return column.replace("_", " ")


def cell_text(column: str, value: Cell) -> str:
    """Return a cell for people: `1.9 GiB`, `12.31`, `yes`, `–` where there is none."""
    match value:
        case None:
            return MISSING
        case bool():
            return "yes" if value else "no"
        case str():
            return value
    if not math.isfinite(value):
        return MISSING
    return _size(value) if column.endswith(BYTES) else number(value)


def number(value: float) -> str:
    """Return four digits that matter, and all of a whole number: `12.31`, `0.00412`, `65,536`."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    if abs(value) >= 1000:
        return f"{value:,.0f}" if abs(value) < 1e15 else f"{value:.3e}"
    return f"{value:.4g}"


def _size(value: float) -> str:
    """Return a size; one of less than nothing, as a margin may be, with its sign."""
    return binary(value) if value >= 0 else f"−{binary(-value)}"
