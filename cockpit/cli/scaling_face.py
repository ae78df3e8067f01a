"""The figures of `cockpit scaling`: a line for each world size, a bar for what it reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cockpit import units
from cockpit.cli.tool import findings_object
from cockpit.tool_runs.events import Cell, Event, Row
from cockpit.tool_runs.result import ToolResult

TABLE: Final = "scaling"
HEADER: Final = (
    f"{'mode':<7}{'method':<7}{'ranks':>5} {'batch':>6} {'samples/s':>10} {'speed-up':>9}  "
    f"{'efficiency':<15} {'step ms':>8} {'data':>7} {'compute':>8} {'comm.':>7} {'spread':>7}"
)
BAR: Final = 10
"""Cells of a bar that is linear scaling."""


class ScalingFace:
    """How `scaling` is printed."""

    def lines(self, result: ToolResult, event: Event) -> Sequence[str]:
        """Return the line of a row, below the head when it is the first."""
        if not isinstance(event, Row) or event.table != TABLE:
            return ()
        is_first = len(result.tables[TABLE]) == 1
        return [*([HEADER] if is_first else []), line_of(event.values)]

    def closing_lines(self, result: ToolResult) -> Sequence[str]:
        """Return an empty line between table and findings."""
        return [""] if result.tables else []

    def as_object(self, result: ToolResult) -> dict[str, object]:
        """Return the one object of `--json`."""
        return {
            "rows": [dict(row.values) for row in result.tables.get(TABLE, ())],
            "threads_per_rank": result.value("scaling.threads_per_rank"),
            "fixed_compute_share": result.value("scaling.fixed_compute_share"),
            "findings": findings_object(result),
            "outcome": result.outcome,
        }


def line_of(values: Mapping[str, Cell]) -> str:
    """Return one row of the table."""
    mode, method = values.get("mode") or "", values.get("method") or ""
    ranks, batch = number(values, "world_size"), number(values, "batch_per_rank")
    times = number(values, "speedup")
    reached = number(values, "scaling_efficiency")
    speed = f"{times:.2f}x" if times is not None else units.MISSING
    return (
        f"{mode:<7}{method:<7}{ranks or 0:>5.0f} {batch or 0:>6.0f} "
        f"{figure(number(values, 'samples_per_s')):>10} {speed:>9}  "
        f"{bar(reached):<{BAR}} {percent(reached):>4} "
        f"{figure(number(values, 'step_time_ms')):>8} {figure(number(values, 'data_wait_ms')):>7} "
        f"{figure(number(values, 'compute_ms')):>8} "
        f"{figure(number(values, 'communication_ms')):>7} "
        f"{units.percent(number(values, 'spread_pct')):>7}"
    )


def bar(share: float | None) -> str:
    """Return a bar, full at 1.0; nothing where there is no figure."""
    if share is None:
        return ""
    full = min(BAR, max(0, round(share * BAR)))
    return "█" * full + "·" * (BAR - full)


def percent(share: float | None) -> str:
    """Return a share as `83%`."""
    return units.MISSING if share is None else f"{share:.0%}"


def figure(value: float | None) -> str:
    """Return a figure with the digits that say something."""
    if value is None:
        return units.MISSING
    return f"{value:.0f}" if value >= 1000 else f"{value:.1f}"


def number(values: Mapping[str, Cell], name: str) -> float | None:
    """Return a number of a row."""
    value = values.get(name)
    return float(value) if isinstance(value, int | float) else None
