"""One result as a page: table, chart, pairs, findings, arranged for the room there is. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cockpit.tool_runs.events import Row
from cockpit.tool_runs.result import ToolResult
from cockpit.tui.ink import Line, pad
from cockpit.tui.tools.charts import chart_lines
from cockpit.tui.tools.pairs import pair_lines
from cockpit.tui.tools.record import ToolRecord
from cockpit.tui.tools.subjects import (
    PAIRS,
    chart_of,
    chosen_row,
    shown_table,
    tables_of,
)
from cockpit.tui.tools.tables import table_lines, table_width
from cockpit.tui.tools.words import (
    ANSWERS_FIRST,
    WORST_FIRST,
    findings_lines,
    findings_state,
)
from cockpit.tui.widgets.rule_title import rule_line

BESIDE_FROM: Final = 104
"""Cells from which two blocks stand beside each other."""
GAP: Final = 3
TALLEST_CHART: Final = 14
LOWEST_CHART: Final = 8


@dataclass(frozen=True, slots=True)
class Room:
    """What there is to draw on."""

    width: int
    height: int
    is_mono: bool = False
    has_blanks: bool = False
    """A blank row parts the blocks."""


STACKED: Final = ("memory", "verification", "by_image_size", "scaling", "schemes", "hosts")
"""Tables that take most of the width, and their chart all of it."""
WHOLE: Final = ("schemes", "hosts")
"""Of these, no column gives way to the findings: those stand below where there is no room."""
Block = tuple[Line, ...]


def page_lines(record: ToolRecord, room: Room, table_number: int = 0) -> tuple[Line, ...]:
    """Return the whole page; it may be longer than the room is high, and is scrolled then."""
    result = record.result
    is_beside = room.width >= BESIDE_FROM
    half = (room.width - GAP) // 2
    pairs = result.tables.get(PAIRS, ())
    table = shown_table(result, table_number)
    name = table[0] if table else ""
    side = half if is_beside else room.width
    stacked = name in STACKED
    if name in WHOLE and table is not None:
        is_beside = is_beside and table_width(*table) <= room.width - GAP - _findings_width(
            room.width
        )
    blocks: list[Block] = []
    if stacked:
        left = room.width - GAP - _findings_width(room.width) if is_beside else room.width
        right_width = _findings_width(room.width) if is_beside else room.width
        measured = _table(record, table_number, left)
        found = _findings(record, right_width)
        chart = _chart(record, name, room.width, room)
        lower = [_beside(measured, found, left)] if is_beside else [measured, found]
        blocks = [chart, *lower] if is_beside else [measured, chart, found]
    else:
        measured, chart = _table(record, table_number, side), _chart(record, name, side, room)
        mapped, found = _pairs(pairs, side, record.result), _findings(record, side)
        if is_beside and (measured or mapped):
            upper = [_beside(measured, chart, side), _beside(mapped, found, side)]
            after = (*chart, *(_blank(room) if chart else ()), *found)
            blocks = upper if mapped else [_beside(measured, after, side)]
        else:
            found = _findings(record, room.width)
            blocks = [measured, chart, mapped, found]
    return _stacked(blocks, room)


ESTIMATE: Final = "estimate"
SLOW_PAIR: Final = "collectives.slow-pair"


def _findings_width(width: int) -> int:
    return max(36, width // 3)


def _blank(room: Room) -> Block:
    return ((),) if room.has_blanks else ()


def _stacked(blocks: Sequence[Block], room: Room) -> tuple[Line, ...]:
    out: list[Line] = []
    for block in blocks:
        if block and out:
            out += _blank(room)
        out += block
    return tuple(out)


def _beside(left: Block, right: Block, width: int) -> Block:
    """Return two blocks beside each other; one that is not there leaves its room blank."""
    out: list[Line] = []
    for at in range(max(len(left), len(right))):
        own = left[at] if at < len(left) else ()
        other = right[at] if at < len(right) else ()
        out.append((*pad(own, width), (" " * GAP, "text"), *other) if other else own)
    return tuple(out)


def _table(record: ToolRecord, table_number: int, width: int) -> Block:
    table = shown_table(record.result, table_number)
    if table is None:
        return ()
    name, rows = table
    names = list(tables_of(record.result))
    title = "Measured" if name == record.tool else name
    state = f"{names.index(name) + 1} of {len(names)} · ←→" if len(names) > 1 else ""
    chosen = chosen_row(record.result, name)
    lines = table_lines(name, rows, width, chosen)
    return (rule_line("", title, "", state, width), *lines)


def _chart(record: ToolRecord, table: str, width: int, room: Room) -> Block:
    chart = chart_of(record.result, table) if table else None
    if chart is None:
        return ()
    rows = max(LOWEST_CHART, min(TALLEST_CHART, room.height // 2))
    lines = chart_lines(chart, width, rows, is_mono=room.is_mono)
    return (rule_line("", chart.title, "", chart.by, width), *lines) if lines else ()


def _pairs(rows: Sequence[Row], width: int, result: ToolResult) -> Block:
    has_slow = any(one.code == SLOW_PAIR for one in result.findings)
    lines = pair_lines(rows, width, has_slow=has_slow) if rows else ()
    title = rule_line("", "Pairs", "", "GB/s between two ranks, one way", width)
    return (title, *lines) if lines else ()


def _findings(record: ToolRecord, width: int) -> Block:
    findings = record.result.findings
    if not findings:
        return ()
    state = findings_state(findings)
    state = state if len(state) < width - 14 else ""
    title = rule_line("", "Findings", "", state, width)
    order = ANSWERS_FIRST if record.tool == ESTIMATE else WORST_FIRST
    return (title, *findings_lines(findings, width, order))
