"""A comparison as lines of pieces: runs in the colours of their curves, and tables. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Final

from cockpit.analysis.comparison.comparing import Comparison
from cockpit.analysis.comparison.subject import Subject
from cockpit.analysis.comparison.tables import Row, Table, all_tables, letter, settings_table
from cockpit.metrics.log_lines import strip_codes
from cockpit.tui.file_facts import home
from cockpit.tui.ink import Line, cells, fit, right
from cockpit.units import MISSING

COLOURS: Final = ("s1", "s2", "s3", "ghost")
"""By run; more are not told apart in a plot."""
NARROWEST_NAME: Final = 16
WIDEST_NAME: Final = 34
GAP: Final = 2


def colour(number: int) -> str:
    """Return the colour of a run; those without a curve of their own have none."""
    return COLOURS[number] if number < len(COLOURS) else "muted"


def verdict_lines(found: Comparison, width: int) -> tuple[Line, ...]:
    """Return the verdict; strong where it is clear."""
    look = "strong" if found.verdict.is_clear else "text"
    lines = textwrap.wrap(strip_codes(found.verdict.text), max(20, width))
    return tuple(((line, look),) for line in lines[:4])


def refusal_lines(problem: str, remedy: str, width: int) -> tuple[Line, ...]:
    """Return why there is nothing to see, and what to try."""
    told = textwrap.wrap(f"▲ {strip_codes(problem)}", max(20, width), subsequent_indent="  ")
    lines: list[Line] = [((line, "attention"),) for line in told]
    return (*lines, *(_wrapped(f"  try: {strip_codes(remedy)}", width) if remedy else []))


def wrote_lines(folder: str, problem: str, width: int) -> tuple[Line, ...]:
    """Return where files were written, in as many lines as the path needs."""
    head, room = "wrote ", max(20, width - 6)
    path = strip_codes(home(folder))
    parts = [path[at : at + room] for at in range(0, len(path), room)]
    lines: list[Line] = [
        ((head if number == 0 else " " * len(head), "muted"), (part, "text"))
        for number, part in enumerate(parts)
    ]
    return (*lines, *(_wrapped(strip_codes(problem), width) if problem else []))


def run_lines(found: Comparison, width: int) -> tuple[Line, ...]:
    """Return a line for each run and one for what has to be known of it."""
    lines: list[Line] = []
    names = [strip_codes(label) for label in found.labels]
    name_width = min(max(cells(((name, ""),)) for name in names), max(12, width - 40))
    for number, (subject, told) in enumerate(zip(found.subjects, found.marks, strict=True)):
        sign = "━━" if number < len(COLOURS) else "  "
        lines.append(
            (
                (f"{letter(number)} {sign} ", f"{colour(number)} bold"),
                (fit(names[number], name_width), "strong"),
                (f"  {_progress(subject)}", "muted"),
            )
        )
        if told:
            words = strip_codes("; ".join(told))
            lines.append((("  ▲  ", "attention"), (fit(words, width - 5).rstrip(), "attention")))
    return tuple(lines)


def table_lines(found: Comparison, width: int) -> tuple[Line, ...]:
    """Return all tables under each other, those of numbers in the same columns."""
    settings = settings_table(found)
    numbers = [table for table in all_tables(found) if table.title != settings.title]
    lines = [*_grid(numbers, width), *_settings(settings, width)]
    for label, names in zip(found.labels, found.only_in, strict=True):
        if names:
            told = f"only {strip_codes(label)} has {', '.join(map(strip_codes, names))}"
            lines += _wrapped(told, width)
    for note in found.notes:
        lines += _wrapped(strip_codes(note), width)
    return tuple(lines)


def _progress(subject: Subject) -> str:
    done = MISSING if subject.epoch is None else str(subject.epoch)
    total = f"/{subject.epochs}" if subject.epochs else ""
    return f"{subject.state}  {done}{total} epochs".strip()


def _grid(tables: Sequence[Table], width: int) -> list[Line]:
    rows = [row for table in tables for row in table.rows]
    runs = len(rows[0].cells)
    deltas = max(len(row.deltas) for row in rows)
    if _room(rows, runs, deltas, width) < NARROWEST_NAME:
        deltas = 0
    widths = _widths(rows, runs, deltas)
    longest = max(cells(((strip_codes(row.name), ""),)) for row in rows)
    titles = max(cells(((table.title, ""),)) for table in tables)
    name_width = max(8, min(_room(rows, runs, deltas, width), max(longest, titles), WIDEST_NAME))
    lines: list[Line] = []
    for table in tables:
        lines.append(_heads(table, runs, deltas, name_width, widths))
        lines += [_row(row, deltas, name_width, widths) for row in table.rows]
        lines.append(())
    return lines


def _heads(table: Table, runs: int, deltas: int, name_width: int, widths: Sequence[int]) -> Line:
    heads = [(letter(number), f"{colour(number)} bold") for number in range(runs)]
    heads += [(f"{letter(number + 1)} vs A", "faint") for number in range(deltas)]
    line: Line = ((fit(table.title, name_width), "strong"),)
    for (text, look), room in zip(heads, widths, strict=True):
        line += ((" " * GAP + right(text, room), look),)
    return line


def _row(row: Row, deltas: int, name_width: int, widths: Sequence[int]) -> Line:
    line: Line = ((fit(strip_codes(row.name), name_width), "muted"),)
    for number, cell in enumerate(row.cells):
        look = "strong" if row.winner == number else "faint" if cell == MISSING else "text"
        line += ((" " * GAP + right(strip_codes(cell), widths[number]), look),)
    told = [*row.deltas[:deltas], *[""] * (deltas - len(row.deltas))]
    for text, room in zip(told, widths[len(row.cells) :], strict=True):
        line += ((" " * GAP + right(text, room), "faint" if text == MISSING else "muted"),)
    return line


def _settings(table: Table, width: int) -> list[Line]:
    """Return the settings that differ, one line each: `lr0  0.01 → 0.02`."""
    facts = f"  {table.facts}" if table.facts else ""
    title: Line = (("Settings that differ", "strong"), (facts, "muted"))
    if not table.rows:
        return [(("Settings", "strong"), (f"  no difference is known,{facts}", "muted"))]
    name_width = min(max(len(row.name) for row in table.rows), WIDEST_NAME)
    room = max(8, (width - name_width) // len(table.rows[0].cells) - GAP)
    lines = [title]
    for row in table.rows:
        line: Line = ((fit(strip_codes(row.name), name_width), "muted"),)
        for number, cell in enumerate(row.cells):
            line += ((" " * GAP, "text"), (fit(strip_codes(cell), room), colour(number)))
        lines.append(line)
    return [*lines, ()]


def _room(rows: Sequence[Row], runs: int, deltas: int, width: int) -> int:
    return width - sum(_widths(rows, runs, deltas)) - GAP * (runs + deltas)


def _widths(rows: Sequence[Row], runs: int, deltas: int) -> list[int]:
    columns = [[row.cells[at] for row in rows] for at in range(runs)]
    columns += [[row.deltas[at] for row in rows if row.deltas] for at in range(deltas)]
    return [max((cells(((text, ""),)) for text in column), default=1) for column in columns]


def _wrapped(text: str, width: int) -> list[Line]:
    return [((line, "muted"),) for line in textwrap.wrap(text, max(20, width))]
