"""Every key that a row of the catalogue may have, and what is wrong with a document of rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeGuard, assert_never

from cockpit.catalog.rows import Runtime
from cockpit.errors import nearest


class Kind(StrEnum):
    """What may stand in a cell."""

    TEXT = "text"
    RUNTIME = f"one of {', '.join(Runtime)}"
    DATE = "a date as in 2026-11 or 2026-11-22"
    AMOUNT = "a number, 0 or more"
    SIZE = "a number above 0"
    COUNT = "a whole number, 1 or more"


@dataclass(frozen=True, slots=True)
class Cell:
    """One key of a row."""

    kind: Kind
    is_required: bool = False


_TEXT: Final = Cell(Kind.TEXT)
_NAME: Final = Cell(Kind.TEXT, is_required=True)
_ORIGIN: Final = {"source": _TEXT, "date": Cell(Kind.DATE)}
ROWS: Final[Mapping[str, Mapping[str, Cell]]] = MappingProxyType(
    {
        "accelerator": {
            "key": _NAME,
            "name": _TEXT,
            "runtime": Cell(Kind.RUNTIME),
            "memory_gib": Cell(Kind.SIZE),
            "gb_per_s": Cell(Kind.SIZE),
            "tflops_fp32": Cell(Kind.SIZE),
            "tflops_half": Cell(Kind.SIZE),
            "power_w": Cell(Kind.SIZE),
            "cores": Cell(Kind.COUNT),
            **_ORIGIN,
        },
        "offer": {
            "key": _NAME,
            "name": _TEXT,
            "accelerator": _NAME,
            "count": Cell(Kind.COUNT),
            "currency": _TEXT,
            "hour": Cell(Kind.AMOUNT),
            "hour_high": Cell(Kind.AMOUNT),
            "spot_hour": Cell(Kind.AMOUNT),
            "interruptions_per_hour": Cell(Kind.AMOUNT),
            "month": Cell(Kind.AMOUNT),
            "purchase": Cell(Kind.AMOUNT),
            "lifetime_months": Cell(Kind.SIZE),
            "electricity_hour": Cell(Kind.AMOUNT),
            "kwh": Cell(Kind.AMOUNT),
            "session_hours": Cell(Kind.SIZE),
            "month_hours": Cell(Kind.SIZE),
            "week_hours": Cell(Kind.SIZE),
            "note": _TEXT,
            **_ORIGIN,
        },
        "model": {
            "key": _NAME,
            "params": Cell(Kind.SIZE, is_required=True),
            "gflops": Cell(Kind.SIZE, is_required=True),
            "imgsz": Cell(Kind.COUNT),
            "activation_bytes": Cell(Kind.SIZE),
            **_ORIGIN,
        },
    }
)
"""Table to its keys: those of the shipped rows and of the user's own."""
PRICES: Final = ("hour", "spot_hour", "month", "purchase", "electricity_hour")
"""One of them at least makes an offer."""
_DATE: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_LONGEST: Final = 200
"""Letters of a text: it must fit into a line of a list."""
_MOST: Final = 1e15


def problems_of(document: Mapping[str, object], accelerators: Sequence[str]) -> Iterator[str]:
    """Say what is wrong with a document, one `row: key: problem` for each.

    `accelerators`: keys that an offer may name besides those of the document itself.
    """
    own = document.get("accelerator")
    rows_told = own if isinstance(own, list) else []
    added = [str(row.get("key")) for row in rows_told if isinstance(row, Mapping)]
    known = [*accelerators, *added]
    for table, rows in document.items():
        if table not in ROWS:
            yield f"{_named(table)}: no such table{nearest(table, ROWS)}"
        elif not isinstance(rows, list):
            yield f"{table}: must be a list of rows: [[{table}]]"
        else:
            yield from _table_problems(table, rows, known)


def _table_problems(table: str, rows: Sequence[object], known: Sequence[str]) -> Iterator[str]:
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        if not isinstance(row, Mapping):
            yield f"{table} {number}: must be a table of keys"
            continue
        key = row.get("key")
        place = f"{table} {_named(key)}" if isinstance(key, str) and key else f"{table} {number}"
        for problem in _row_problems(table, row, known):
            yield f"{place}: {problem}"
        if isinstance(key, str) and key in seen:
            yield f"{place}: is there twice"
        seen.add(str(key))


def _row_problems(table: str, row: Mapping[str, object], known: Sequence[str]) -> Iterator[str]:
    cells = ROWS[table]
    for name, value in row.items():
        if name not in cells:
            yield f"{_named(name)}: no such key{nearest(name, cells)}"
        elif not _fits(cells[name].kind, value):
            yield f"{name}: must be {cells[name].kind}, is {_shown(value)}"
    for name, cell in cells.items():
        if cell.is_required and name not in row:
            yield f"{name}: is missing"
    if table == "offer":
        yield from _offer_problems(row, known)


def _offer_problems(row: Mapping[str, object], known: Sequence[str]) -> Iterator[str]:
    accelerator = row.get("accelerator")
    if isinstance(accelerator, str) and accelerator not in known:
        yield f"accelerator: there is no row {_named(accelerator)}{nearest(accelerator, known)}"
    if not any(name in row for name in PRICES):
        yield f"has no price: {', '.join(PRICES)}"
    low, high = row.get("hour"), row.get("hour_high")
    if high is not None and low is None:
        yield "hour_high: is the upper end of hour, which is missing"
    if isinstance(low, int | float) and isinstance(high, int | float) and high < low:
        yield f"hour_high: {high} is below hour, {low}"


def _fits(kind: Kind, value: object) -> bool:
    match kind:
        case Kind.TEXT:
            return isinstance(value, str) and value.isprintable() and 0 < len(value) <= _LONGEST
        case Kind.RUNTIME:
            return value in tuple(Runtime)
        case Kind.DATE:
            return isinstance(value, date) or (isinstance(value, str) and is_date(value))
        case Kind.AMOUNT:
            return _is_number(value) and value >= 0
        case Kind.SIZE:
            return _is_number(value) and value > 0
        case Kind.COUNT:
            return isinstance(value, int) and not isinstance(value, bool) and value >= 1
        case _:
            assert_never(kind)


def is_date(text: str) -> bool:
    """Tell whether it is a month or a day."""
    if _DATE.fullmatch(text):
        return True
    try:
        return len(date.fromisoformat(text).isoformat()) == len(text)
    except ValueError:
        return False


def _is_number(value: object) -> TypeGuard[int | float]:
    """Tell whether it is a number that can be meant: no NaN, no infinity, nothing absurd."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _MOST


def _named(text: str) -> str:
    """Return it as it is written, unless it would not stand in a line."""
    return text if text.isprintable() and 0 < len(text) <= 60 else _shown(text)


def _shown(value: object) -> str:
    """Return it as one short line without control codes."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
