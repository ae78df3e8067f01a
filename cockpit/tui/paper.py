"""What stands on the terminal, so that only what became different is sent to it. Pure.

Textual sends a changed span from the left edge of its widget on, with a full style for each piece
and the style taken back after it. Over SSH that is most of the traffic.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from rich.cells import cell_len

from cockpit.tui.pen import PLAIN, Look, as_blank, change, parse_look

Cell: TypeAlias = tuple[str, Look]
Place: TypeAlias = tuple[int, int]
"""Row, column, from 0 on."""
Size: TypeAlias = tuple[int, int]
"""Columns, rows."""

_TOKEN: Final = re.compile(
    r"\x1b\[(?:(\d*)(?:;(\d*))?H|([\d;]*)m)|([^\x00-\x1f\x7f-\x9f]+)|(\n)|(.)", re.DOTALL
)
_NO_PAINT: Final = re.compile(
    r"(?:\x1b\[\?(?!1049|47|1047)[\d;]+[hl]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x07)+"
)
"""Modes, titles, notices and the bell: they change nothing that stands there."""
SHORTEST_SKIP: Final = 4
"""So many cells that stay the same are cheaper to skip than to send again."""


class _Unknown(Exception):
    """Something was written of which nobody here knows what it does."""


@dataclass(slots=True)
class _Strokes:
    """What one write puts where."""

    cells: dict[int, dict[int, Cell]] = field(default_factory=dict)
    """By row and column."""
    whole: dict[int, list[tuple[int, str, Look]]] = field(default_factory=dict)
    """Rows with signs that are not one cell wide: sent as they come."""
    cursor: Place | None = None
    """Where the cursor is left; None: only the terminal knows."""

    def put(self, place: Place, text: str, look: Look) -> None:
        """Note a text."""
        row, column = place
        if row not in self.whole and has_odd_sign(text):
            known = self.cells.pop(row, {})
            self.whole[row] = [(at, sign, there) for at, (sign, there) in known.items()]
        if row in self.whole:
            self.whole[row].append((column, text, look))
            return
        cells, blank = self.cells.setdefault(row, {}), as_blank(look)
        for number, sign in enumerate(text, column):
            cells[number] = (sign, blank if sign == " " else look)


def has_odd_sign(text: str) -> bool:
    """Say whether a sign of a text takes no cell, or two."""
    return not text.isascii() and (
        cell_len(text) != len(text) or any(cell_len(sign) != 1 for sign in text)
    )


def _read(data: str, start: Place | None, size: Size) -> _Strokes:
    """Return what is written where; raises `_Unknown`."""
    strokes, at, codes, look = _Strokes(), start, "", PLAIN
    for token in _TOKEN.finditer(data):
        match token.lastindex:
            case 1 | 2:
                at = (int(token[1] or 1) - 1, int(token[2] or 1) - 1)
            case 3:
                codes = "" if token[3].strip("0") == "" else f"{codes};{token[3]}".lstrip(";")
                look = parse_look(codes)
            case 4:
                end = cell_len(token[4]) + (at[1] if at else 0)
                if at is None or at[0] >= size[1] or end > size[0]:
                    raise _Unknown
                strokes.put(at, token[4], look)
                at = (at[0], end)
            case 5:
                at = None  # whether it also goes to the left is the terminal's business
            case _:
                raise _Unknown
    strokes.cursor = at
    return strokes


class Paper:
    """Remembers every cell, and shortens what is written to the cells that change."""

    def __init__(self) -> None:
        self._size: Size = (0, 0)
        self._rows: list[list[Cell | None]] = []
        self._cursor: Place | None = None

    def forget(self, size: Size | None = None) -> None:
        """Know nothing more of what stands there: the next paints are sent whole."""
        self._size = size or self._size
        columns, rows = self._size
        self._rows = [[None] * columns for _ in range(rows)]
        self._cursor = None

    def shorten(self, data: str, size: Size) -> str:
        """Return what makes the terminal show what `data` would make it show."""
        if size != self._size:
            self.forget(size)
        if _NO_PAINT.fullmatch(data):
            return data
        try:
            strokes = _read(data, self._cursor, size)
        except _Unknown:
            self.forget()
            return data
        return self._send(strokes)

    def _send(self, strokes: _Strokes) -> str:
        out = _Sender()
        for row in sorted({*strokes.cells, *strokes.whole}):
            if row in strokes.whole:
                self._rows[row] = [None] * self._size[0]
                for column, text, look in strokes.whole[row]:
                    out.put((row, column), text, look)
            else:
                self._send_changes(row, strokes.cells[row], out)
        text = out.text(strokes.cursor)
        if not text and strokes.cursor != self._cursor and strokes.cursor is not None:
            text = move_to(strokes.cursor)
        self._cursor = strokes.cursor
        return text

    def _send_changes(self, row: int, cells: Mapping[int, Cell], out: _Sender) -> None:
        """Send the runs of cells that differ; a short gap is sent along."""
        known = self._rows[row]
        changed = [column for column in sorted(cells) if known[column] != cells[column]]
        for number, column in enumerate(changed):
            before = changed[number - 1] if number else column
            gap = range(before + 1, column)
            if 0 < len(gap) < SHORTEST_SKIP and all(
                at in cells and cells[at][1] == cells[before][1] for at in gap
            ):
                for at in gap:
                    out.put((row, at), *cells[at])
            out.put((row, column), *cells[column])
            known[column] = cells[column]


class _Sender:
    """Writes signs with as few codes as it takes."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._look: Look | None = None
        self._at: Place | None = None

    def put(self, place: Place, text: str, look: Look) -> None:
        """Write a text at a place."""
        if place != self._at:
            self._parts.append(self._way_to(place))
        if not self._shows_already(text, look):
            self._parts.append(change(self._look, look))
            self._look = look
        self._parts.append(text)
        self._at = (place[0], place[1] + cell_len(text))

    def _way_to(self, place: Place) -> str:
        at = self._at
        if at is not None and at[0] == place[0] and at[1] < place[1]:
            return f"\x1b[{place[1] - at[1]}C"
        return move_to(place)

    def _shows_already(self, text: str, look: Look) -> bool:
        """A blank needs the ground alone to be right."""
        now = self._look
        is_blank = text == " " and not (look.attributes or look.colour)
        return bool(is_blank and now and as_blank(now) == look)

    def text(self, cursor: Place | None) -> str:
        """Return all that is to be sent; the terminal is left plain, its cursor at its place."""
        if not self._parts:
            return ""
        end = move_to(cursor) if cursor is not None and cursor != self._at else ""
        return "".join((*self._parts, "\x1b[0m", end))


def move_to(place: Place) -> str:
    """Return the code that puts the cursor at a row and a column, both from 0 on."""
    return f"\x1b[{place[0] + 1};{place[1] + 1}H"
