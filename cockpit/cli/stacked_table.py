"""A table that gives up columns where there is no room, and stacks them under their rows. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cockpit.cli.text_width import cut, pad_left, pad_right, plain, width
from cockpit.units import MISSING

GAP: Final = "  "
INDENT: Final = "    "
PARTING: Final = " · "


@dataclass(frozen=True, slots=True)
class Column:
    """One column; those of the highest `rank` give way first."""

    head: str
    cells: Sequence[str]
    rank: int = 0
    is_text: bool = False
    """At the left end of its cells, and told without its head where it is stacked."""


def table_lines(columns: Sequence[Column], room: int, below: Sequence[Sequence[str]]) -> list[str]:
    """Return a head and the rows; `below` are more words to each of them.

    A column that is missing in every row is left out.
    """
    told = [one for one in columns if any(cell not in ("", MISSING) for cell in one.cells)]
    kept, stacked = _fitting(told, room)
    widths = [max(map(width, (one.head, *one.cells))) for one in kept]
    lines = [_line(kept, widths, [one.head for one in kept], room)]
    for number, notes in enumerate(below):
        lines.append(_line(kept, widths, [plain(one.cells[number]) for one in kept], room))
        said = [_stacked(one, number) for one in stacked if one.cells[number] not in ("", MISSING)]
        lines += wrapped(PARTING.join([*said, *map(plain, notes)]), room, INDENT)
    return lines


def wrapped(text: str, room: int, indent: str = "", first: str | None = None) -> list[str]:
    """Return the text in lines of so many cells; nothing for none. CJK letters count two."""
    lines: list[str] = []
    head = indent if first is None else first
    line = ""
    for word in _words(plain(text), max(room - width(indent), 8)):
        longer = f"{line} {word}" if line else word
        if line and width(head) + width(longer) > room:
            lines.append(f"{head}{line}")
            head, line = indent, word
        else:
            line = longer
    return [*lines, f"{head}{line}"] if line else lines


def _words(text: str, room: int) -> list[str]:
    """Return the words; one that is wider than a line in pieces."""
    pieces: list[str] = []
    for word in text.split():
        pieces += [word] if width(word) <= room else textwrap.wrap(word, max(room // 2, 1))
    return pieces


def _fitting(columns: Sequence[Column], room: int) -> tuple[list[Column], list[Column]]:
    """Return the columns that fit beside each other, and the others."""
    kept = list(columns)
    stacked: list[Column] = []
    while len(kept) > 1 and _breadth(kept) > room:
        worst = max(kept, key=lambda one: one.rank)
        kept.remove(worst)
        stacked.append(worst)
    return kept, [one for one in columns if one in stacked]


def _breadth(columns: Sequence[Column]) -> int:
    return sum(len(GAP) + max(map(width, (one.head, *one.cells))) for one in columns)


def _line(columns: Sequence[Column], widths: Sequence[int], cells: Sequence[str], room: int) -> str:
    padded = [
        (pad_right if column.is_text else pad_left)(cell, cells_wide)
        for column, cell, cells_wide in zip(columns, cells, widths, strict=True)
    ]
    return cut((GAP + GAP.join(padded)).rstrip(), room)


def _stacked(column: Column, number: int) -> str:
    cell = plain(column.cells[number])
    return cell if column.is_text else f"{column.head} {cell}"
