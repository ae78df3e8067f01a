"""Two results of one tool side by side: rows matched by what was asked, numbers as ratios. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from cockpit.tool_runs.events import Cell, Finding, Level, Row
from cockpit.tool_runs.result import ToolResult

KEYS: Final = (
    "op", "mode", "method", "phase", "image_size", "batch", "world_size", "source_rank",
    "target_rank", "size_bytes", "dtype", "in_place",
)  # fmt: skip
"""Columns that say what was measured; all others say what came out."""
BY_TABLE: Final[Mapping[str, tuple[str, ...]]] = {
    "by_image_size": ("image_size",),
    "steptime": ("phase",),
    "scaling": ("mode", "method", "world_size"),
    "pairs": ("source_rank", "target_rank"),
}
"""Where a usual key is a figure, as the size of a pair's message is."""
_MORE_IS_BETTER: Final = ("_per_s", "speedup", "scaling_efficiency", "batch_per_rank")
_LESS_IS_BETTER: Final = ("time_", "_us", "_ms", "_bytes", "karp_flatt", "spread_pct", "wrong")

Key = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """One number in both results; None where one has none."""

    before: float | None
    after: float | None

    @property
    def ratio(self) -> float | None:
        """The second by the first; None where that cannot be told."""
        if self.before is None or self.after is None or self.before == 0:
            return None
        return self.after / self.before


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One thing that both measured."""

    key: Key
    pairs: Mapping[str, Pair]
    """By column."""


@dataclass(frozen=True, slots=True)
class ComparedTable:
    """One table in both results."""

    name: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    """With numbers in either."""
    rows: tuple[ComparedRow, ...]
    only_before: tuple[Key, ...] = ()
    """What only the first measured."""
    only_after: tuple[Key, ...] = ()

    def usual_ratio(self, column: str) -> float | None:
        """Return the median ratio of a column; None where no row has one."""
        ratios = [row.pairs[column].ratio for row in self.rows if column in row.pairs]
        known = [ratio for ratio in ratios if ratio is not None]
        return median(known) if known else None


@dataclass(frozen=True, slots=True)
class ToolComparison:
    """What changed from one result of a tool to another."""

    tool: str
    tables: tuple[ComparedTable, ...]
    appeared: tuple[Finding, ...]
    """Findings of the second that the first has not with that level; those that are fine not."""
    went: tuple[Finding, ...]
    versions: Mapping[str, tuple[str | None, str | None]]
    """Those that differ."""
    is_partial: tuple[bool, bool]


def compare_results(before: ToolResult, after: ToolResult) -> ToolComparison:
    """Return what changed; `before` is what the other is held against."""
    names = dict.fromkeys([*before.tables, *after.tables])
    tables = [_table(name, before.tables.get(name, ()), after.tables.get(name, ()))
              for name in names]  # fmt: skip
    return ToolComparison(
        before.tool,
        tuple(table for table in tables if table.rows or table.only_before or table.only_after),
        appeared=_new(after.findings, before.findings),
        went=_new(before.findings, after.findings),
        versions=_versions(before, after),
        is_partial=(before.is_partial, after.is_partial),
    )


def more_is_better(column: str) -> bool | None:
    """Say whether a larger number is a better one; None where neither is."""
    if any(column.endswith(end) or column == end for end in _MORE_IS_BETTER):
        return True
    if any(part in column for part in _LESS_IS_BETTER):
        return False
    return None


def _table(name: str, before: Sequence[Row], after: Sequence[Row]) -> ComparedTable:
    told = dict.fromkeys(column for row in (*before, *after) for column in row.values)
    keys = tuple(column for column in BY_TABLE.get(name, KEYS) if column in told)
    columns = tuple(
        column
        for column in told
        if column not in keys
        and any(_number(row.values.get(column)) is not None for row in (*before, *after))
    )
    first, second = _by_key(before, keys), _by_key(after, keys)
    rows = [
        ComparedRow(
            key[:-1],
            {
                column: Pair(_number(row.get(column)), _number(second[key].get(column)))
                for column in columns
            },
        )
        for key, row in first.items()
        if key in second
    ]
    return ComparedTable(
        name,
        keys,
        columns,
        tuple(rows),
        only_before=tuple(key[:-1] for key in first if key not in second),
        only_after=tuple(key[:-1] for key in second if key not in first),
    )


def _by_key(rows: Iterable[Row], keys: Sequence[str]) -> dict[Key, Mapping[str, Cell]]:
    """Return rows by their key, whose last part counts those that are otherwise alike."""
    found: dict[Key, Mapping[str, Cell]] = {}
    for row in rows:
        key = tuple(row.values.get(column) for column in keys)
        count = 0
        while (*key, count) in found:
            count += 1
        found[(*key, count)] = row.values
    return found


def _number(cell: Cell) -> float | None:
    return None if cell is None or isinstance(cell, bool | str) else float(cell)


def _new(there: Iterable[Finding], before: Iterable[Finding]) -> tuple[Finding, ...]:
    known = {(one.code, one.level) for one in before}
    return tuple(
        one for one in there if one.level is not Level.OK and (one.code, one.level) not in known
    )


def _versions(before: ToolResult, after: ToolResult) -> dict[str, tuple[str | None, str | None]]:
    first = dict(before.started.versions) if before.started else {}
    second = dict(after.started.versions) if after.started else {}
    return {
        name: (first.get(name), second.get(name))
        for name in dict.fromkeys([*first, *second])
        if first.get(name) != second.get(name)
    }
