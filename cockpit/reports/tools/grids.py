"""The tables of a result as grids: every row has every column, None where it told nothing."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from cockpit.tool_runs.events import Cell, Row
from cockpit.tool_runs.result import ToolResult

PAIRS: Final = "pairs"
"""The table of what each pair of ranks reached."""
_MAIN: Final[Mapping[str, tuple[str, str]]] = {
    "memory": ("memory", "memory.csv"),
    "scaling": ("scaling", "benchmark_results.csv"),
    "steptime": ("steptime", "steptime.csv"),
}
"""The table of a tool whose file has a name that people know."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with all its cells."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def column(self, name: str) -> list[Cell]:
        """Return the cells of a column; all None where there is no such column."""
        if name not in self.columns:
            return [None] * len(self.rows)
        place = self.columns.index(name)
        return [row[place] for row in self.rows]


def grid_of(name: str, rows: Iterable[Row]) -> Grid:
    """Return rows as a grid; columns in the order in which they were first seen."""
    values = [row.values for row in rows]
    columns = tuple(dict.fromkeys(column for one in values for column in one))
    return Grid(name, columns, tuple(tuple(map(one.get, columns)) for one in values))


def grids_of(result: ToolResult) -> list[Grid]:
    """Return every table that has rows."""
    return [grid_of(name, rows) for name, rows in result.tables.items() if rows]


def op_rows(result: ToolResult) -> tuple[Row, ...]:
    """Return what was measured of every collective, one table after the other."""
    return tuple(
        row if "op" in row.values else Row(row.time_s, name, {"op": name, **row.values})
        for name, rows in result.tables.items()
        for row in rows
        if "size_bytes" in row.values and name != PAIRS
    )


def csv_grids(result: ToolResult) -> dict[str, Grid]:
    """Return the name of each CSV file and what stands in it; none where there are no rows."""
    files: dict[str, Grid] = {}
    left = {name: rows for name, rows in result.tables.items() if rows}
    if result.tool == "collectives" and op_rows(result):
        files["collectives.csv"] = grid_of("collectives", op_rows(result))
        taken = {row.table for row in op_rows(result)}
        left = {name: rows for name, rows in left.items() if name not in taken}
    for name, rows in left.items():
        table, file = _MAIN.get(result.tool, ("", ""))
        own = f"{result.tool}_{re.sub(r'[^A-Za-z0-9_-]', '_', name)[:64]}.csv"
        files[file if name == table else own] = grid_of(name, rows)
    return files


def csv_text(grid: Grid) -> str:
    """Return a grid as CSV with its raw numbers; what is missing is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(grid.columns)
    writer.writerows([_raw(cell) for cell in row] for row in grid.rows)
    return text.getvalue()


def _raw(cell: Cell) -> object:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case _:
            return cell
