"""The figures of `cockpit collectives`: nccl-tests' columns, the fit, the pairs, JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cockpit import units
from cockpit.cli.tool import findings_object
from cockpit.tool_runs.events import Cell, Event, Measurement, Row
from cockpit.tool_runs.result import ToolResult

PAIRS: Final = "pairs"
HEADER: Final = (
    f"{'size':>10} {'count':>12} {'place':>6} {'time µs':>10} {'p99 µs':>10} "
    f"{'algbw GB/s':>11} {'busbw GB/s':>11} {'wrong':>6}"
)
"""Place: out-of-place or in-place, as nccl-tests call them."""
CELL: Final = 8


class CollectivesFace:
    """How `collectives` is printed."""

    def lines(self, result: ToolResult, event: Event) -> Sequence[str]:
        """Return the line of a row, below the head of its table when it is the first."""
        if not isinstance(event, Row) or event.table == PAIRS:
            return ()
        is_first = len(result.tables[event.table]) == 1
        return [*(_head(result, event) if is_first else ()), _line(event.values)]

    def closing_lines(self, result: ToolResult) -> Sequence[str]:
        """Return latency and plateau of each operation, and the pairs."""
        rows = result.tables.get(PAIRS, ())
        matrices = []
        if rows:
            matrices = [
                *matrix("GB/s from rank (down) to rank (across)", rows, "gb_per_s"),
                *matrix("latency in µs", rows, "latency_us"),
            ]
        fits = _fits(result)
        return [*([""] if fits else []), *fits, *matrices, ""]

    def as_object(self, result: ToolResult) -> dict[str, object]:
        """Return the one object of `--json`."""
        tables = {name: rows for name, rows in result.tables.items() if name != PAIRS}
        return {
            "backend": backend_of(result),
            "world_size": world_size_of(result),
            "rows": [dict(row.values) for rows in tables.values() for row in rows],
            "pairs": [dict(row.values) for row in result.tables.get(PAIRS, ())],
            "findings": findings_object(result),
            "outcome": result.outcome,
        }


def backend_of(result: ToolResult) -> str | None:
    """Return nccl or gloo; None when it did not come so far."""
    rank = _rank(result)
    return str(rank.labels["backend"]) if rank else None


def world_size_of(result: ToolResult) -> int | None:
    """Return how many ranks there were."""
    rank = _rank(result)
    return int(rank.labels["world_size"]) if rank else None


def matrix(title: str, rows: Sequence[Row], key: str) -> list[str]:
    """Return source ranks down, target ranks across."""
    cells = {
        (_number(row.values.get("source_rank")), _number(row.values.get("target_rank"))): _number(
            row.values.get(key)
        )
        for row in rows
    }
    ranks = sorted({rank for pair in cells for rank in pair if rank is not None})
    lines = ["", title, " " * 4 + "".join(f"{rank:>{CELL}.0f}" for rank in ranks)]
    for source in ranks:
        figures = (figure(cells.get((source, target))) for target in ranks)
        lines.append(f"{source:>4.0f}" + "".join(f"{text:>{CELL}}" for text in figures))
    return lines


def figure(value: float | None) -> str:
    """Return a figure with the digits that say something: 482, 12.3, 0.0041."""
    if value is None:
        return units.MISSING
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.2f}" if value >= 0.1 or value == 0 else f"{value:.4f}"


def _rank(result: ToolResult) -> Measurement | None:
    names = (one for one in result.measurements if one.name == "rank.pid")
    return next(names, None)


def _head(result: ToolResult, row: Row) -> list[str]:
    ranks = f"{world_size_of(result)} ranks over {backend_of(result)}"
    return ["", f"{row.table}, {row.values.get('dtype')}, {ranks}", HEADER]


def _line(values: Mapping[str, Cell]) -> str:
    place = "in" if values.get("in_place") else "out"
    time_us, p99_us = (figure(_number(values.get(key))) for key in ("time_us", "time_p99_us"))
    algbw, busbw = (
        figure(_number(values.get(key))) for key in ("algbw_gb_per_s", "busbw_gb_per_s")
    )
    size = units.binary(_number(values.get("size_bytes")))
    count = _number(values.get("count")) or 0
    wrong = _number(values.get("wrong")) or 0
    return (
        f"{size:>10} {count:>12.0f} {place:>6} {time_us:>10} {p99_us:>10} "
        f"{algbw:>11} {busbw:>11} {wrong:>6.0f}"
    )


def _fits(result: ToolResult) -> list[str]:
    lines = []
    for op in result.tables:
        latency_us = result.value(f"{op}.latency")
        if latency_us is None:
            continue
        plateau = figure(result.value(f"{op}.plateau_busbw"))
        half = units.binary(result.value(f"{op}.half_size"))
        lines.append(
            f"{op:<15} latency {figure(latency_us)} µs, plateau {plateau} GB/s busbw, "
            f"half of it from {half} on"
        )
    return lines


def _number(value: Cell) -> float | None:
    return value if isinstance(value, int | float) else None
