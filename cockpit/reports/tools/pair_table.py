"""What each pair of ranks reached, as a table of sources by targets."""

from __future__ import annotations

from typing import Final

from cockpit.reports.markdown import code, table
from cockpit.reports.tools.columns import cell_text
from cockpit.reports.tools.grids import Grid
from cockpit.tool_runs.events import Cell

MOST_RANKS: Final = 16
"""A square of more does not fit on a page."""
MOST_SLOW: Final = 10
_SOURCE, _TARGET = "source_rank", "target_rank"


def is_square(grid: Grid) -> bool:
    """Say whether the pairs can be read as a square table."""
    return {_SOURCE, _TARGET} <= set(grid.columns) and len(_ranks(grid)) <= MOST_RANKS


def pair_table(grid: Grid) -> list[str]:
    """Return one square for each thing that was measured; sources go down, targets across."""
    parts = []
    ranks = _ranks(grid)
    pairs = list(zip(grid.column(_SOURCE), grid.column(_TARGET), strict=True))
    for column, title in (("gb_per_s", "GB/s"), ("latency_us", "latency in µs")):
        if column not in grid.columns:
            continue
        found = dict(zip(pairs, grid.column(column), strict=True))
        rows = [
            [f"from {source}", *(_cell(column, source, target, found) for target in ranks)]
            for source in ranks
        ]
        parts += [f"{title}, from the rank on the left to the rank above:",
                  "\n".join(table(["", *map(str, ranks)], rows))]  # fmt: skip
    return parts


def slowest_pairs(grid: Grid, file: str) -> list[str]:
    """Return the slowest pairs of a world that is too large for a square."""
    speeds = zip(grid.column("gb_per_s"), grid.rows, strict=True)
    known = [(speed, row) for speed, row in speeds if isinstance(speed, int | float)]
    slow = sorted(known, key=lambda one: one[0])[:MOST_SLOW]
    rows = [
        [cell_text(column, cell) for column, cell in zip(grid.columns, row, strict=True)]
        for _, row in slow
    ]
    heads = [column.replace("_", " ") for column in grid.columns]
    return [f"The slowest of {len(grid.rows)} pairs; all stand in {code(file)}.",
            "\n".join(table(heads, rows))]  # fmt: skip


def _ranks(grid: Grid) -> list[int]:
    cells = {*grid.column(_SOURCE), *grid.column(_TARGET)}
    return sorted(cell for cell in cells if isinstance(cell, int))


def _cell(column: str, source: int, target: int, found: dict[tuple[Cell, Cell], Cell]) -> str:
    return "" if source == target else cell_text(column, found.get((source, target)))
