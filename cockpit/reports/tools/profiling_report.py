"""The detailed figures of a memory sweep as plain text, under the name that people know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cockpit.metrics.log_lines import strip_codes
from cockpit.reports.tools.columns import cell_text, heading
from cockpit.reports.tools.facts import by_urgency, command, moment, took, verdict
from cockpit.reports.tools.grids import Grid, grids_of
from cockpit.reports.tools.memory_facts import MemoryFacts, memory_facts
from cockpit.tool_runs.result import ToolAsked, ToolResult
from cockpit.units import MISSING, binary

PROFILING_REPORT: Final = "profiling_report.txt"
RULE: Final = "=" * 78


def profiling_report(result: ToolResult, asked: ToolAsked | None) -> str:
    """Return the report; tables are aligned with spaces."""
    facts = memory_facts(result)
    lines = [RULE, f"Memory and speed by batch ({facts.whose})", RULE, f"{verdict(result)}.", ""]
    lines += _about(result, asked, facts)
    for grid in grids_of(result):
        lines += ["", f"{grid.name.replace('_', ' ').capitalize()}", *_aligned(grid)]
    lines += ["", "Findings"]
    for one in by_urgency(result):
        lines.append(f"  {one.level.upper():<8} {one.what}")
        lines += [f"  {'try':<8} {one.remedy}"] if one.remedy else []
    if not result.findings:
        lines.append("  none")
    return "\n".join(strip_codes(part) for line in lines for part in line.split("\n")) + "\n"


def _about(result: ToolResult, asked: ToolAsked | None, facts: MemoryFacts) -> list[str]:
    started = result.started
    told = [
        ("model", facts.model),
        ("measured", moment(started.time_s) if started else ""),
        ("took", took(result)),
        *((name, text or MISSING) for name, text in (started.versions.items() if started else ())),
        ("limit", binary(facts.limit_bytes)),
        ("one more sample", binary(facts.slope_bytes)),
        ("batch to take", MISSING if facts.chosen is None else str(facts.chosen)),
        ("command", command(asked) if asked else ""),
    ]
    width = max(len(name) for name, _ in told)
    return [f"{name.ljust(width)}  {text}" for name, text in told if text]


def _aligned(grid: Grid) -> Sequence[str]:
    rows = [[heading(column) for column in grid.columns]]
    rows += [
        [cell_text(column, cell) for column, cell in zip(grid.columns, row, strict=True)]
        for row in grid.rows
    ]
    widths = [max(len(row[at]) for row in rows) for at in range(len(grid.columns))]
    lines = [
        "  " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return [lines[0], "  " + "-" * (len(lines[0]) - 2), *lines[1:]]
