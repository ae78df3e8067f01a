"""How the GPUs are laid out: rows, columns of rows, small cells or a summary. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cockpit.devices.sample import GpuSample
from cockpit.units import GIB

OLD_AFTER_S: Final = 3.0
"""A reading this old is shown as old."""
GAP: Final = 2
TALL_ROWS: Final = 55
"""A screen of so many rows has room for 16 GPUs below each other."""
CLOCK_FROM: Final = 120
"""Cells of a row that has room for the clock."""
MOST_CELLS: Final = 32
MOST_LOW_CELLS: Final = 20
LOW_ROWS: Final = 30
"""Below this more GPUs than that would leave no room for the runs."""
HEAT_GROUP: Final = 8


class Form(StrEnum):
    """The ways to show a set of GPUs."""

    ROWS = "rows"
    CELLS = "cells"
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a block: its first cell, its width and its head."""

    field: str
    start: int
    width: int
    head: str = ""


@dataclass(frozen=True, slots=True)
class GpuLayout:
    """Where each GPU and each field of it stands; widths in cells."""

    form: Form
    blocks: int
    """Columns of GPUs beside each other."""
    block_width: int
    rows: int
    """GPUs in one block."""
    columns: tuple[Column, ...]
    has_heads: bool

    def column(self, field: str) -> Column | None:
        """Return the column of this field, or None where there is no room for it."""
        return next((column for column in self.columns if column.field == field), None)

    @property
    def history_steps(self) -> int:
        """How many steps of the history are shown."""
        column = self.column("history")
        return column.width - 1 if column else 0


def memory_digits(samples: Iterable[GpuSample]) -> int:
    """Return the cells of one memory figure in GiB: `6.4`, `71.0`, `163`."""
    largest = max((sample.memory_total_bytes or 0 for sample in samples), default=0) / GIB
    return 4 if 9.95 <= largest < 99.95 else 3


@dataclass(frozen=True, slots=True)
class _Digits:
    """The cells of the figures, by the largest that these GPUs can show."""

    label: int
    memory: int
    power: int


def _digits_of(samples: Iterable[GpuSample]) -> _Digits:
    gpus = tuple(samples)
    label = max((len(gpu.label) for gpu in gpus), default=2)
    power = max((gpu.power_limit_w or 0 for gpu in gpus), default=0)
    return _Digits(max(2, label), memory_digits(gpus), max(3, len(f"{power:.0f}")))


def choose(
    samples: tuple[GpuSample, ...], width: int, screen_rows: int, *, heads: bool
) -> GpuLayout:
    """Return the layout for so many cells, by how many GPUs there are."""
    count = len(samples)
    digits = _digits_of(samples)
    tall = screen_rows >= TALL_ROWS
    if count > MOST_CELLS or (count > MOST_LOW_CELLS and screen_rows < LOW_ROWS):
        rows = heat_rows(count, width) + 1
        return GpuLayout(Form.SUMMARY, 1, width, rows, (), has_heads=False)
    if count <= 4 or (count <= 8 and width >= 98) or (count <= 16 and tall and width >= 98):
        return _rows(1, count, width, digits, heads=heads)
    if count <= 16 and width >= 136:
        return _rows(2, count, width, digits, heads=heads)
    return _cells(count, width, digits)


def heat_groups(count: int, width: int) -> int:
    """Return how many groups of eight heat cells, each with its first index, fit beside another."""
    return max(1, (width + GAP) // (len(str(count - 1)) + 1 + HEAT_GROUP + GAP))


def heat_rows(count: int, width: int) -> int:
    """Return how many rows the heat of so many GPUs takes."""
    return -(-count // (HEAT_GROUP * heat_groups(count, width)))


def _rows(blocks: int, count: int, width: int, digits: _Digits, *, heads: bool) -> GpuLayout:
    block_width = (width - (blocks - 1)) // blocks
    columns = _row_columns(block_width, digits)
    rows = -(-count // blocks)
    return GpuLayout(Form.ROWS, blocks, block_width, rows, columns, has_heads=heads)


def _row_columns(width: int, digits: _Digits) -> tuple[Column, ...]:
    """Spread a row: fixed figures first, then the history and the bar share what is left."""
    memory, owner = 2 * digits.memory + 1, 14
    power = 2 * digits.power + 3 if width >= 98 else digits.power + 2
    age = 12 if width >= 110 else 0
    clock = 5 if width >= CLOCK_FROM else 0
    owner = min(32, owner + max(0, width - 110) // 3) if width >= 98 else owner
    fixed = digits.label + 1 + 5 + GAP + 1 + memory + 1 + 5 + 1 + power + GAP + owner
    fixed += sum(extra + GAP for extra in (age, clock) if extra)
    free = width - fixed
    history = max(0, min(60, round(free * 0.56)))
    bar = max(0, min(24, free - history))
    history = min(60, free - bar)
    fields = [
        ("index", digits.label, 0, ""),
        ("history", history, 1, _history_head(history)),
        ("util", 5, 0, ""),
        ("bar", bar, GAP, "memory GiB"),
        ("memory", memory, 1, ""),
        ("temp", 5, 1, " temp"),
        ("power", power, 1, "power".rjust(power)),
        ("clock", clock, GAP, "MHz".rjust(clock)),
        ("owner", owner, GAP, "run · rank"),
        ("age", age, GAP, "read".rjust(age)),
    ]
    return _place(fields)


def _history_head(steps: int) -> str:
    seconds = steps * 5
    return f"util · {seconds} s" if seconds < 120 else f"util · last {seconds // 60} min"


def _place(fields: list[tuple[str, int, int, str]]) -> tuple[Column, ...]:
    """Lay the fields side by side; the gap before a field belongs to it."""
    columns: list[Column] = []
    at = 0
    for field, width, gap, head in fields:
        if width > 0:
            columns.append(Column(field, at, gap + width, " " * gap + head))
            at += gap + width
    return tuple(columns)


def _cells(count: int, width: int, digits: _Digits) -> GpuLayout:
    bare = digits.label + 1 + 4 + 1 + digits.memory + 1 + 3
    steps = 3 if width < 90 else 6
    blocks = max(1, min(count, (width + GAP) // (bare + steps + GAP)))
    blocks = -(-count // -(-count // blocks))
    block_width = (width - GAP * (blocks - 1)) // blocks
    history = max(0, min(12, block_width - bare))
    columns = _place(
        [
            ("index", digits.label, 0, ""),
            ("history", history, 1, ""),
            ("util", 4, 0, ""),
            ("memory", digits.memory, 1, ""),
            ("temp", 3, 1, ""),
        ]
    )
    rows = -(-count // blocks)
    return GpuLayout(Form.CELLS, blocks, block_width, rows, columns, has_heads=False)
