"""The line that names the columns of a table, and what they are laid along."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cockpit.metrics.axis_names import EPOCH_NAMES, STEP_NAMES
from cockpit.metrics.cells import number, plain_name, split_row

DELIMITERS: Final = (",", "\t", ";")
TIME_NAMES: Final = ("time", "wall_time", "walltime", "timestamp", "_timestamp")
_WORDS: Final = ("epoch", "step", "iter")
"""A line without any of these names no column of epochs or steps."""
_ENDS: Final = re.compile(r"^(val|valid|validation|eval|test)([_/. -]|$)|_epoch$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TableHeader:
    """Which column is what, by number; None where there is none."""

    names: tuple[str, ...]
    delimiter: str
    epoch: int | None
    step: int | None
    time: int | None
    curves: tuple[tuple[int, str], ...]
    """The other columns that have a name, each name once."""
    ends: frozenset[int]
    """Those of them that are filled at the end of an epoch, as Lightning names them."""


def find_header(line: str) -> TableHeader | None:
    """Return the header in a line that names a column of epochs or steps; else None."""
    text = line.lower()
    if not any(word in text for word in _WORDS):
        return None
    for delimiter in DELIMITERS:
        header = _header(line, delimiter)
        if header.epoch is not None or header.step is not None:
            return header
    return None


def guess_header(line: str) -> TableHeader | None:
    """Return the header that a line could be: words in all cells, and no number in any."""
    delimiter = max(DELIMITERS, key=line.count)
    cells = split_row(line, delimiter)
    if not cells or any(not cell or number(cell, delimiter) is not None for cell in cells):
        return None
    return _header(line, delimiter)


def _header(line: str, delimiter: str) -> TableHeader:
    names = tuple(plain_name(cell) for cell in split_row(line, delimiter))
    words = [name.lower() for name in names]
    epoch = _first(words, EPOCH_NAMES)
    step = _first(words, STEP_NAMES)
    time = _first(words, TIME_NAMES)
    seen = {names[at] for at in (epoch, step, time) if at is not None} | {""}
    curves: list[tuple[int, str]] = []
    for at, name in enumerate(names):
        if name not in seen:
            seen.add(name)
            curves.append((at, name))
    ends = frozenset(at for at, name in curves if _ENDS.search(name))
    return TableHeader(names, delimiter, epoch, step, time, tuple(curves), ends)


def _first(words: Sequence[str], wanted: Sequence[str]) -> int | None:
    return next((words.index(one) for one in wanted if one in words), None)
