"""What each tool's result comes to: its chart, its chosen row, its one sentence. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from cockpit.reports.tools.facts import main_finding
from cockpit.reports.tools.memory_facts import memory_facts
from cockpit.tool_runs.events import Row
from cockpit.tool_runs.result import ToolResult
from cockpit.tui.ink import Line
from cockpit.tui.tools.charts import COLOURS, Chart, Curve, Limit, Mark
from cockpit.tui.tools.tables import number, outcome_words, size_words
from cockpit.tui.tools.words import one_line
from cockpit.units import GIB, metric

PAIRS: Final = "pairs"
MOST_CURVES: Final = 3
LAST_WORD: Final = ("check", "estimate")
"""Tools whose last word sums them up, whatever they found."""
NO_TABLES: Final = frozenset({PAIRS, "fit"})
"""Drawn, not listed."""


def tables_of(result: ToolResult) -> dict[str, tuple[Row, ...]]:
    """Return the tables that are shown as such, the first one first."""
    return {name: rows for name, rows in result.tables.items() if rows and name not in NO_TABLES}


def shown_table(result: ToolResult, number: int) -> tuple[str, tuple[Row, ...]] | None:
    """Return the table that is chosen by its number, which goes round; None where there is none."""
    tables = list(tables_of(result).items())
    return tables[number % len(tables)] if tables else None


def chosen_row(result: ToolResult, table: str) -> Row | None:
    """Return the row that the result comes to: the largest size, the chosen batch."""
    rows = result.tables.get(table, ())
    if table == "memory":
        batch = chosen_batch(result)
        return next((row for row in rows if row.values.get("batch") == batch), None)
    if rows and "busbw_gb_per_s" in rows[-1].values:
        return max(rows, key=lambda row: number(row.values.get("busbw_gb_per_s")) or 0.0)
    return None


def chosen_batch(result: ToolResult) -> int | None:
    """Return the batch that the tool advises; None where it named none, or one by image size."""
    return memory_facts(result).chosen


def summary_line(result: ToolResult, *, is_running: bool) -> Line:
    """Return the one sentence of a result; while it is measured, what is done now."""
    best = _best(result) if result.tool == "collectives" else None
    if is_running and result.progress is not None:
        doing: Line = ((one_line(f"{result.progress.what} …"), "muted"),)
        return (*best, ("   ", "text"), *doing) if best else doing
    if best is not None:
        return best
    found = main_finding(result)
    if found is not None and result.tool not in LAST_WORD:
        return ((one_line(found.what), "text"),)
    return ((one_line(result.why), "text"),) if result.why else ()


def _best(result: ToolResult) -> Line | None:
    for table, rows in tables_of(result).items():
        row = chosen_row(result, table)
        value = number(row.values.get("busbw_gb_per_s")) if row else None
        if row is not None and value is not None and rows:
            size = size_words(row.values.get("size_bytes"))
            return ((f"{table} {metric(value)} GB/s", "strong"), (f" busbw at {size}", "muted"))
    return None


def chart_of(result: ToolResult, table: str) -> Chart | None:
    """Return the chart beside a table; None where there is nothing to draw."""
    rows = result.tables.get(table, ())
    if table in ("memory", "by_image_size"):
        chart = _memory(result, rows)
    elif table == "scaling":
        chart = _scaling(rows)
    elif rows and "busbw_gb_per_s" in rows[0].values:
        chart = _collectives(result, table)
    else:
        return None
    return None if chart.is_empty else chart


def _points(
    rows: Iterable[Row], x: str, y: str, scale: float = 1.0
) -> tuple[tuple[float, float], ...]:
    found = ((number(row.values.get(x)), number(row.values.get(y))) for row in rows)
    return tuple(sorted((a, b / scale) for a, b in found if a is not None and b is not None))


def _collectives(result: ToolResult, table: str) -> Chart:
    names = [name for name in tables_of(result) if _has_busbw(result.tables[name])]
    names = [table, *(name for name in names if name != table)][:MOST_CURVES]
    curves = []
    ticks: dict[float, str] = {}
    for name, colour in zip(names, COLOURS, strict=False):
        rows = result.tables[name]
        outside = tuple(row for row in rows if not row.values.get("in_place"))
        points = _points(outside or rows, "size_bytes", "busbw_gb_per_s")
        points = tuple((math.log2(size), busbw) for size, busbw in points if size > 0)
        most = max((busbw for _, busbw in points), default=0.0)
        curves.append(Curve(name, points, colour, value=metric(most)))
        ticks |= {x: _short_size(2**x) for x, _ in points}
    return Chart("busbw GB/s", "by message size", tuple(curves), tuple(ticks.items()))


def _has_busbw(rows: tuple[Row, ...]) -> bool:
    return bool(rows) and "busbw_gb_per_s" in rows[0].values


def _short_size(size: float) -> str:
    return size_words(size).replace(" ", "").replace("iB", "")


def _memory(result: ToolResult, rows: tuple[Row, ...]) -> Chart:
    key = "batch" if any("batch" in row.values for row in rows) else "image_size"
    rows = _of_one_size(rows)
    fit = [row for row in rows if not outcome_words(row.values)]
    driver = _points(fit, key, "driver_used_bytes", GIB)
    own = _points(fit, key, "allocated_bytes", GIB)
    line = _points(_of_one_size(result.tables.get("fit", ())), key, "predicted_bytes", GIB)
    rss = _points(fit, key, "peak_rss_bytes", GIB)
    curves = [Curve("driver", driver, "s1", dots=True)] if driver else []
    curves += [Curve("peak RSS", rss, "s1", dots=True)] if rss else []
    curves += [Curve("torch allocated", own, "s3")] if own else []
    curves += [Curve("fitted", line, "ghost")] if line and key == "batch" else []
    limit = memory_facts(result).limit_bytes
    limits = (Limit(limit / GIB, f"limit {limit / GIB:.1f} GiB"),) if limit else ()
    batch = chosen_batch(result) if key == "batch" else None
    heights = dict(driver or own or rss)
    marks = []
    if batch is not None and float(batch) in heights:
        chosen = Mark(batch, heights[float(batch)], "◆", "strong", f"chosen {batch}", falls=True)
        marks.append(chosen)
    marks += _failed(rows, key)
    ticks = tuple((x, f"{x:g}") for x in sorted({*heights, *(mark.x for mark in marks)}))
    by = "by batch per rank" if key == "batch" else "by image size"
    strong = None if batch is None else float(batch)
    return Chart("Peak memory GiB", by, tuple(curves), ticks, limits, tuple(marks), strong)


def _failed(rows: Iterable[Row], key: str) -> list[Mark]:
    marks = []
    for row in rows:
        words, x = outcome_words(row.values), number(row.values.get(key))
        needed = number(row.values.get("needed_bytes"))
        if words and x is not None and needed is not None:
            told = f"{x:g} {words.partition(',')[0]}"
            marks.append(Mark(x, needed / GIB, "✗", "danger", told))
    return marks


def _of_one_size(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Return the rows of the image size that was measured last: others are other curves."""
    if not rows or "batch" not in rows[-1].values:
        return rows
    size = rows[-1].values.get("image_size")
    return tuple(row for row in rows if row.values.get("image_size") == size)


def _scaling(rows: tuple[Row, ...]) -> Chart:
    groups = _by_mode(rows)
    curves = []
    ideal: tuple[tuple[float, float], ...] = ()
    for (mode, own), colour in zip(list(groups.items())[:2], COLOURS, strict=False):
        points = _points(own, "world_size", "samples_per_s")
        curves.append(Curve(mode, points, colour, dots=True))
        if points and not ideal and points[0][0] > 0:
            first, speed = points[0]
            ideal = tuple((x, speed * x / first) for x, _ in points)
    if ideal:
        curves.append(Curve("ideal", ideal, "ghost"))
    ranks = sorted({x for curve in curves for x, _ in curve.points})
    ticks = tuple((x, f"{x:g}") for x in ranks)
    return Chart("images/s", "by ranks", tuple(curves), ticks)


def _by_mode(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Return the rows of each curve: weak and strong scaling, another method apart."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        words = [str(row.values.get("mode") or "measured")]
        method = str(row.values.get("method") or "ddp")
        words += [method] if method.lower() != "ddp" else []
        groups.setdefault(" ".join(words), []).append(row)
    return groups
