"""The figures of `cockpit memory`: a line for each batch, a bar for its speed, the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cockpit import units
from cockpit.cli.tool import findings_object
from cockpit.reports.tools.memory_facts import memory_facts, model_words
from cockpit.tool_runs.events import Cell, Event, Row
from cockpit.tool_runs.result import ToolResult

TABLE: Final = "memory"
VERIFICATION: Final = "verification"
BY_SIZE: Final = "by_image_size"
GPU_HEADER: Final = (
    f"{'batch':>6}  {'driver':>10} {'reserved':>10} {'allocated':>10} {'samples/s':>10}  "
    f"{'of best':<15} {'step ms':>9}"
)
HOST_HEADER: Final = (
    f"{'batch':>6}  {'peak RSS':>10} {'samples/s':>10}  {'of best':<15} {'step ms':>9}"
)
BAR: Final = 10


class MemoryFace:
    """How `memory` is printed.

    The rows come at the end, because the share of the best speed is known only then; until then
    each says that it was measured.
    """

    def lines(self, result: ToolResult, event: Event) -> Sequence[str]:
        """Return a short line for a row, as soon as it is measured."""
        if not isinstance(event, Row) or event.table not in (TABLE, VERIFICATION):
            return ()
        values = event.values
        word = "verified" if event.table == VERIFICATION else "measured"
        pixels = values.get("image_size")
        size = "" if pixels is None else f"{pixels} px, "
        size += f"batch {values.get('batch')}"
        if values.get("outcome") != "ok":
            return (f"{word} {size}: {values.get('outcome')}",)
        speed = number(values, "samples_per_s")
        pace = "" if speed is None else f", {figure(speed)} samples/s"
        return (f"{word} {size}: {units.binary(used_bytes(values))}{pace}",)

    def closing_lines(self, result: ToolResult) -> Sequence[str]:
        """Return the table of each image size, and the one over all of them."""
        rows = [row.values for row in result.tables.get(TABLE, ())]
        lines: list[str] = []
        for size in dict.fromkeys(row.get("image_size") for row in rows):
            lines += _table([row for row in rows if row.get("image_size") == size], result)
        return [*lines, *_by_size(result), ""]

    def as_object(self, result: ToolResult) -> dict[str, object]:
        """Return the one object of `--json`."""
        return {
            "limit_bytes": result.value("memory.limit"),
            "largest_batch": memory_facts(result).chosen,
            "rows": [dict(row.values) for row in result.tables.get(TABLE, ())],
            "verification": [dict(row.values) for row in result.tables.get(VERIFICATION, ())],
            "by_image_size": [dict(row.values) for row in result.tables.get(BY_SIZE, ())],
            "findings": findings_object(result),
            "outcome": result.outcome,
        }


def used_bytes(values: Mapping[str, Cell]) -> float | None:
    """Return what counts against the limit."""
    driver = number(values, "driver_used_bytes")
    names = (driver, number(values, "allocated_bytes"), number(values, "peak_rss_bytes"))
    return next((one for one in names if one is not None), None)


def number(values: Mapping[str, Cell], name: str) -> float | None:
    """Return a number of a row."""
    value = values.get(name)
    return float(value) if isinstance(value, int | float) else None


def figure(value: float | None) -> str:
    """Return a figure with the digits that say something."""
    if value is None:
        return units.MISSING
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def bar(share: float | None) -> str:
    """Return a bar, full at 1.0, and the share; nothing where there is no figure."""
    if share is None:
        return ""
    full = min(BAR, max(0, round(share * BAR)))
    return "━" * full + "─" * (BAR - full) + f" {share:>4.0%}"


def _table(rows: Sequence[Mapping[str, Cell]], result: ToolResult) -> list[str]:
    is_host = all(row.get("driver_used_bytes") is None for row in rows)
    limit = units.binary(result.value("memory.limit"))
    first = rows[0]
    where = f"host memory, no GPU: limit {limit}" if is_host else f"limit {limit}"
    whose = [model_words(result)] if first.get("model") else []
    title = "; ".join([*whose, _what(first), where])
    best = max((number(row, "samples_per_s") or 0.0 for row in rows), default=0.0)
    ordered = sorted(rows, key=lambda row: number(row, "batch") or 0.0)
    header = HOST_HEADER if is_host else GPU_HEADER
    return ["", title, header, *(_line(row, best, is_host=is_host) for row in ordered)]


def _what(row: Mapping[str, Cell]) -> str:
    """Return how it was trained."""
    if row.get("optimizer") is None:
        return "by the preset's own command"
    amp = "amp" if row.get("amp") else "float32"
    return f"{row.get('image_size')} px, {amp}, {row.get('optimizer')}"


def _line(row: Mapping[str, Cell], best: float, *, is_host: bool) -> str:
    head = f"{row.get('batch'):>6}  "
    if row.get("outcome") != "ok":
        needed = number(row, "needed_bytes")
        more = f", {units.binary(needed)} needed at least" if needed else ""
        return f"{head}✗ {row.get('outcome')}{more}"
    names = (
        ["peak_rss_bytes"]
        if is_host
        else [
            "driver_used_bytes",
            "reserved_bytes",
            "allocated_bytes",
        ]
    )
    sizes = " ".join(f"{units.binary(number(row, name)):>10}" for name in names)
    speed = number(row, "samples_per_s")
    share = speed / best if speed is not None and best else None
    step = figure(number(row, "step_time_ms"))
    return f"{head}{sizes} {figure(speed):>10}  {bar(share):<15} {step:>9}"


def _by_size(result: ToolResult) -> list[str]:
    rows = [row.values for row in result.tables.get(BY_SIZE, ())]
    if not rows:
        return []
    lines = ["", f"{'image':>9} {'batch':>7} {'global':>8} {'memory':>10}"]
    for row in rows:
        batch, total = number(row, "batch_per_rank"), number(row, "global_batch")
        size = f"{row.get('image_size')}×{row.get('image_size')}"
        lines.append(
            f"{size:>9} {_whole(batch):>7} {_whole(total):>8} "
            f"{units.binary(number(row, 'used_bytes')):>10}"
        )
    return lines


def _whole(value: float | None) -> str:
    return units.MISSING if value is None else f"{value:.0f}"
