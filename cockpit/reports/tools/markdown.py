"""A tool's result as a report for people: how it ended, what to do, then what was measured."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from typing import Final

from cockpit.reports.markdown import code, fenced, table, words
from cockpit.reports.tools.columns import cell_text, heading, number
from cockpit.reports.tools.facts import by_urgency, command, ended_s, moment, took, verdict
from cockpit.reports.tools.grids import PAIRS, Grid, csv_grids, grids_of
from cockpit.reports.tools.pair_table import is_square, pair_table, slowest_pairs
from cockpit.tool_runs.events import Cell, Finding, Measurement
from cockpit.tool_runs.result import ToolAsked, ToolResult
from cockpit.units import MISSING

MOST_ROWS: Final = 200
"""Of a longer table the CSV holds all."""
MOST_MEASUREMENTS: Final = 400
PASSING: Final = frozenset({"rank.pid"})
"""What serves while a tool runs, and says nothing once it is over."""


def markdown_of(
    result: ToolResult,
    asked: ToolAsked | None,
    *,
    written: str,
    files: Sequence[str],
    picture: str | None,
    problems: Sequence[str],
) -> str:
    """Return the report; `written` says when and by what, `picture` is a file beside it."""
    began = result.started.time_s if result.started else asked.time_s if asked else None
    when = moment(began if began is not None else ended_s(result))
    parts = [
        f"# {words(result.tool)}" + (f", {when}" if when else ""),
        f"**{words(verdict(result))}.**",
        "\n".join(words(f"{one[0].upper()}{one[1:]}.") for one in problems),
        *_findings(result),
        f"![{words(result.tool)}: what was measured]({picture})" if picture else "",
        *_tables(result),
        *_measurements([one for one in result.measurements if one.name not in PASSING]),
        *_about(result, asked),
        "## Files\n\n" + "\n".join(f"- {code(name)}" for name in files),
        f"*{words(written)}*",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _about(result: ToolResult, asked: ToolAsked | None) -> list[str]:
    started = result.started
    facts = [
        ("machine", words(platform.node())),
        ("began", moment(started.time_s) if started else ""),
        ("took", took(result)),
        ("interpreter", code(asked.python) if asked and asked.python else ""),
        ("preset", code(asked.preset) if asked and asked.preset else ""),
    ]
    facts += [(name, words(text or MISSING)) for name, text in _versions(result)]
    asked_for = [[code(f"--{name}"), code(value)] for name, value in asked.values.items()
                 if value] if asked else []  # fmt: skip
    rows = [[words(name), text] for name, text in facts if text]
    parts = ["## What was asked"]
    if asked_for:
        parts.append("\n".join(table(["option", "value"], asked_for, has_numbers=False)))
    elif asked:
        parts.append("Nothing besides the defaults.")
    if asked:
        parts += ["Again:", fenced([command(asked)], "sh")]
    return [*parts, "## Where", "\n".join(table(["", ""], rows, has_numbers=False))]


def _versions(result: ToolResult) -> list[tuple[str, str | None]]:
    return list(result.started.versions.items()) if result.started else []


def _findings(result: ToolResult) -> list[str]:
    if not result.findings:
        return ["## Findings", "None."]
    return ["## Findings", "\n".join(map(_finding, by_urgency(result)))]


def _finding(one: Finding) -> str:
    first, *rest = one.what.splitlines() or [""]
    lines = [f"- **{one.level}** {code(one.code)}: {words(first)}"]
    if any(line.strip() for line in rest):
        block = fenced([line for line in rest if line.strip()], "text")
        lines += ["", *(f"  {line}" for line in block.splitlines()), ""]
    if one.remedy:
        lines.append(f"  - try: {words(one.remedy)}")
    return "\n".join(lines)


def _tables(result: ToolResult) -> list[str]:
    grids = grids_of(result)
    if not grids:
        return []
    names = {grid.name: file for file, grid in csv_grids(result).items()}
    parts = ["## Measured"]
    for grid in grids:
        file = names.get(grid.name, names.get("collectives", ""))
        parts += [f"### {words(grid.name.replace('_', ' '))}", *_grid(grid, file)]
    return parts


def _grid(grid: Grid, file: str) -> list[str]:
    if grid.name == PAIRS and is_square(grid):
        return pair_table(grid)
    if grid.name == PAIRS and len(grid.rows) > MOST_ROWS:
        return slowest_pairs(grid, file)
    heads = [words(heading(column)) for column in grid.columns]
    rows = [
        [words(_cell(column, cell)) for column, cell in zip(grid.columns, row, strict=True)]
        for row in grid.rows[:MOST_ROWS]
    ]
    more = len(grid.rows) - len(rows)
    note = f"{more} more rows stand in {code(file)}." if more > 0 else ""
    return ["\n".join(table(heads, rows)), *([note] if note else [])]


def _cell(column: str, cell: Cell) -> str:
    """Return a cell; a serial fraction that can be none, slower than one rank, is missing."""
    if column == "karp_flatt" and isinstance(cell, int | float) and not 0 <= cell <= 1:
        return MISSING
    return cell_text(column, cell)


def _measurements(found: Sequence[Measurement]) -> list[str]:
    if not found:
        return []
    rows = []
    for one in found[:MOST_MEASUREMENTS]:
        value = MISSING if one.value is None else number(one.value)
        labels = ", ".join(f"{name} {label}" for name, label in one.labels.items())
        rows.append([code(one.name), value, words(one.unit), words(labels)])
    more = len(found) - len(rows)
    return [
        "## Measurements",
        "\n".join(table(["name", "value", "unit", "of"], rows)),
        f"{more} more stand in `result.json`." if more else "",
    ]
