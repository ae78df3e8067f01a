"""Curves as a small table for people: last, best, how many, and their shape. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from cockpit.cli.text_width import pad_left, pad_right, plain, width
from cockpit.metrics.series import MetricTable, Point
from cockpit.units import MISSING, metric

SPARK: Final = "▁▂▃▄▅▆"
SPARK_CELLS: Final = 24


def lines(table: MetricTable, names: Sequence[str]) -> list[str]:
    """Return a head and a row for each series."""
    rows = [(table.axis, "last", "best", "n", ""), *(_row(table, name) for name in names)]
    widths = [max(width(row[column]) for row in rows) for column in range(4)]
    return [
        "  ".join(
            (
                pad_right(row[0], widths[0]),
                pad_left(row[1], widths[1]),
                pad_right(row[2], widths[2]),
                pad_left(row[3], widths[3]),
                row[4],
            )
        ).rstrip()
        for row in rows
    ]


def _row(table: MetricTable, name: str) -> tuple[str, str, str, str, str]:
    series = table.series[name]
    return (
        plain(name),
        _at(series.last),
        _at(series.record),
        str(len(series.values)),
        sparkline(series.values, SPARK_CELLS),
    )


def _at(point: Point | None) -> str:
    return MISSING if point is None else f"{metric(point.value)} @{point.x:g}"


def sparkline(values: Sequence[float], cells: int) -> str:
    """Return the mean of each part as a block; a part without a finite value is a `!`."""
    count = len(values)
    if count == 0:
        return ""
    cells = min(cells, count)
    edges = [count * number // cells for number in range(cells + 1)]
    parts = [_mean(values[start:end]) for start, end in pairwise(edges)]
    known = [part for part in parts if part is not None]
    if not known:
        return "!" * cells
    low, high = min(known), max(known)
    scale = (len(SPARK) - 1) / (high - low) if high > low else 0.0
    return "".join("!" if part is None else SPARK[round((part - low) * scale)] for part in parts)


def _mean(values: Sequence[float]) -> float | None:
    finite = [value for value in values if math.isfinite(value)]
    return math.fsum(finite) / len(finite) if finite else None
