"""The figures of `cockpit steptime`: a line and a bar for each phase, then the loader's workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cockpit import units
from cockpit.cli.scaling_face import bar, figure, number
from cockpit.cli.tool import findings_object
from cockpit.tool_runs.events import Cell, Event, Row
from cockpit.tool_runs.result import ToolResult

TABLE: Final = "steptime"
LOADERS: Final = "steptime_loaders"
HEADER: Final = f"{'phase':<18}{'ms':>9} {'share':>7}"
LOADERS_HEADER: Final = f"{'workers':>7} {'samples/s':>10} {'step ms':>9} {'data wait ms':>13}"


class SteptimeFace:
    """How `steptime` is printed."""

    def lines(self, result: ToolResult, event: Event) -> Sequence[str]:
        """Return the line of a row, below the head of its table when it is the first."""
        if not isinstance(event, Row):
            return ()
        is_first = len(result.tables[event.table]) == 1
        if event.table == LOADERS:
            return [*(["", LOADERS_HEADER] if is_first else []), loader_line(event.values)]
        return [*([HEADER] if is_first else []), phase_line(event.values)]

    def closing_lines(self, result: ToolResult) -> Sequence[str]:
        """Return the throughput that the phases belong to."""
        rate, spread = result.value("steptime.samples_per_s"), result.value("steptime.spread")
        if rate is None:
            return []
        return ["", f"{figure(rate)} samples/s, repeats differ by {units.percent(spread)}"]

    def as_object(self, result: ToolResult) -> dict[str, object]:
        """Return the one object of `--json`."""
        return {
            "source": "measured",
            "samples_per_s": result.value("steptime.samples_per_s"),
            "step_time_ms": result.value("steptime.step_time"),
            "rows": [dict(row.values) for row in result.tables.get(TABLE, ())],
            "loaders": [dict(row.values) for row in result.tables.get(LOADERS, ())],
            "findings": findings_object(result),
            "outcome": result.outcome,
        }


def phase_line(values: Mapping[str, Cell]) -> str:
    """Return one phase, with a bar of its share of the step."""
    share_pct = number(values, "share_pct")
    drawn = bar(None if share_pct is None else share_pct / 100)
    time_ms = number(values, "time_ms")
    shown = units.MISSING if time_ms is None else f"{time_ms:.2f}"
    phase = str(values.get("phase") or "")
    return f"{phase:<18}{shown:>9} {units.percent(share_pct):>7}  {drawn}".rstrip()


def loader_line(values: Mapping[str, Cell]) -> str:
    """Return the throughput with one count of workers."""
    return (
        f"{number(values, 'workers') or 0:>7.0f} {figure(number(values, 'samples_per_s')):>10} "
        f"{figure(number(values, 'step_time_ms')):>9} {figure(number(values, 'data_wait_ms')):>13}"
    )
