"""A comparison as lines for a terminal. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Final

from cockpit.analysis.comparison.comparing import Comparison
from cockpit.analysis.comparison.tables import Row, Table, all_tables, letter, settings_table
from cockpit.cli.text_width import cut, pad_left, pad_right, plain, width

NARROWEST_NAME: Final = 18
WIDEST_NAME: Final = 44
LEAST_CELL: Final = 7
GAP: Final = 2
MOST_ROWS: Final = 24
"""A table does not show more; the JSON holds all."""
MOST_ONLY: Final = 6


def lines_of(found: Comparison, columns: int) -> list[str]:
    """Return the verdict, the runs and the tables in so many columns."""
    settings = settings_table(found)
    return [
        *_wrapped(found.verdict.text, columns),
        "",
        *_runs(found, columns),
        *tables_lines(
            [table for table in all_tables(found) if table.title != settings.title], columns
        ),
        *_settings(settings, columns),
        *_rest(found, columns),
    ]


def tables_lines(tables: Sequence[Table], columns: int) -> list[str]:
    """Return tables under each other in the same columns.

    Without room the differences to the first run give way, then cells are cut.
    """
    rows = [row for table in tables for row in table.rows[:MOST_ROWS]]
    runs = len(rows[0].cells)
    deltas = max(len(row.deltas) for row in rows)
    if not _fits(columns, rows, runs, deltas):
        deltas = 0
    starred = any(row.winner is not None for row in rows)
    heads = [letter(number) + "  " * starred for number in range(runs)]
    heads += [f"{letter(number + 1)} vs A" for number in range(deltas)]
    widths = _widths([heads, *(_cells(row, deltas, starred=starred) for row in rows)], columns)
    names = [_title(table) for table in tables] + [plain(row.name) for row in rows]
    room = max(1, columns - sum(widths) - GAP * len(widths))
    name_width = min(room, WIDEST_NAME, max(NARROWEST_NAME, *map(width, names)))
    lines: list[str] = []
    for table in tables:
        lines += ["", _line(_title(table, name_width), heads, name_width, widths)]
        for row in table.rows[:MOST_ROWS]:
            cells = _cells(row, deltas, starred=starred)
            lines.append(_line(plain(row.name), cells, name_width, widths))
        hidden = len(table.rows) - MOST_ROWS
        lines += [f"and {hidden} more: --keys, --json"] if hidden > 0 else []
    return lines


def _settings(table: Table, columns: int) -> list[str]:
    """Return the settings that differ in columns of their own, for they may be long."""
    if not table.rows:
        return ["", *_wrapped(f"Settings: none is known to differ, {table.facts}", columns)]
    bare = Table(table.title, "", table.rows)
    return [*tables_lines([bare], columns), *_wrapped(table.facts, columns)]


def _title(table: Table, room: int = WIDEST_NAME) -> str:
    """Return the title of a table, with its facts where there is room."""
    full = f"{table.title} ({table.facts})" if table.facts else table.title
    return full if width(full) <= room else table.title


def _cells(row: Row, deltas: int, *, starred: bool) -> list[str]:
    """Return the cells; the best of a row has a star, so that it is found without colour."""
    cells = [
        f"{plain(cell)} *" if row.winner == number else f"{plain(cell)}{'  ' if starred else ''}"
        for number, cell in enumerate(row.cells)
    ]
    return [*cells, *row.deltas[:deltas], *[""] * (deltas - len(row.deltas))]


def _fits(columns: int, rows: Sequence[Row], runs: int, deltas: int) -> bool:
    """Say whether all cells have room beside names of some width."""
    wanted = [
        max(width(_cells(row, deltas, starred=True)[at]) for row in rows) + GAP
        for at in range(runs + deltas)
    ]
    return columns - sum(wanted) >= NARROWEST_NAME


def _widths(lines: Sequence[Sequence[str]], columns: int) -> list[int]:
    """Return how wide each column is: as its widest text, less where there is no room."""
    wanted = [max(map(width, column)) for column in zip(*lines, strict=True)]
    room = columns - NARROWEST_NAME - GAP * len(wanted)
    if sum(wanted) <= room:
        return wanted
    share = max(LEAST_CELL, room // len(wanted))
    return [min(one, share) for one in wanted]


def _line(name: str, cells: Sequence[str], name_width: int, widths: Sequence[int]) -> str:
    told = [
        " " * GAP + pad_left(cut(cell, room), room)
        for cell, room in zip(cells, widths, strict=True)
    ]
    return (pad_right(cut(plain(name), name_width), name_width) + "".join(told)).rstrip()


def _runs(found: Comparison, columns: int) -> list[str]:
    lines = []
    longest = max(width(plain(label)) for label in found.labels)
    names = [pad_right(plain(label), min(longest, 40)) for label in found.labels]
    for number, (subject, told) in enumerate(zip(found.subjects, found.marks, strict=True)):
        done = f"{subject.epoch}/{subject.epochs} epochs" if subject.epochs else ""
        facts = ", ".join(filter(None, (subject.state, done)))
        head = f"{letter(number)}  {names[number]}  {facts}".rstrip()
        source = "" if subject.source == subject.label else plain(subject.source)
        room = columns - width(head) - GAP
        lines.append(cut(head, columns) if room < 12 else f"{head}  {_end(source, room)}".rstrip())
        lines += _wrapped("; ".join(map(plain, told)), columns, "   ▲ ") if told else []
    return lines


def _end(path: str, room: int) -> str:
    """Return the end of a path: there stands what tells it from others."""
    return path if width(path) <= room else f"…{path[len(path) - room + 1 :]}"


def _rest(found: Comparison, columns: int) -> list[str]:
    lines: list[str] = []
    for number, names in enumerate(found.only_in):
        if names:
            more = f" and {len(names) - MOST_ONLY} more" if len(names) > MOST_ONLY else ""
            told = ", ".join(map(plain, names[:MOST_ONLY]))
            lines += _wrapped(f"only {letter(number)} has {told}{more}", columns)
    for number in found.settings.untold:
        lines.append(f"nothing tells the settings of {letter(number)}")
    for note in found.notes:
        lines += _wrapped(plain(note), columns)
    lines.append("* the best of its row; differences are the other run minus A")
    if any(one.duration_is_training for one in found.efforts):
        lines.append("a duration that nobody told is that of the epochs in the results")
    if any(one.epoch_basis == "duration" for one in found.efforts):
        lines.append("≈ the whole duration by its epochs: its results tell no times")
    return ["", *lines]


def _wrapped(text: str, columns: int, first: str = "") -> list[str]:
    return textwrap.wrap(
        plain(text), columns, initial_indent=first, subsequent_indent=" " * width(first)
    )
