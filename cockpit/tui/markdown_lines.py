"""Blocks of Markdown laid out for a width: what a report looks like on the screen. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, assert_never

from cockpit.tui.ink import Line, cells, pad, push_right
from cockpit.tui.markdown_blocks import (
    Block,
    Break,
    Code,
    Grid,
    Heading,
    Item,
    Paragraph,
    Quote,
    parse_blocks,
)
from cockpit.tui.markdown_spans import first_cells, parse_spans, wrap

WIDEST_TEXT: Final = 100
"""Longer lines of prose are hard to read; tables and code take what there is."""
GAP: Final = 2
NARROWEST_COLUMN: Final = 8
"""A table whose columns would be narrower is shown row by row."""


def markdown_lines(text: str, width: int) -> tuple[Line, ...]:
    """Return a text of Markdown as lines of at most `width` cells."""
    width = max(10, width)
    lines: list[Line] = []
    before: Block | None = None
    for block in parse_blocks(text):
        if before is not None and not _belongs(block, before):
            lines.append(())
        lines += _lines(block, width)
        before = block
    return tuple(lines)


def _belongs(block: Block, before: Block) -> bool:
    """Say whether no blank line parts a block from the one before."""
    return isinstance(before, Heading) or (isinstance(before, Item) and isinstance(block, Item))


def _lines(block: Block, width: int) -> list[Line]:
    prose = min(width, WIDEST_TEXT)
    match block:
        case Heading():
            return _heading(block, width)
        case Paragraph():
            return wrap(parse_spans(block.text), prose)
        case Item():
            return _item(block, prose)
        case Code():
            return [line for text in block.lines for line in _code(text, width)]
        case Quote():
            told = wrap(parse_spans(block.text, "muted"), prose - 2)
            return [(("│ ", "line"), *line) for line in told]
        case Grid():
            return _grid(block, width)
        case Break():
            return [(("─" * width, "line"),)]
        case _:
            assert_never(block)


def _heading(block: Heading, width: int) -> list[Line]:
    lines = wrap(parse_spans(block.text, "strong"), width - 3)
    rest = width - cells(lines[-1]) - 1
    if block.level > 2 or rest < 1:
        return lines
    return [*lines[:-1], (*lines[-1], (" " + "─" * rest, "line"))]


def _item(block: Item, width: int) -> list[Line]:
    head = f"{'  ' * min(block.depth, 6)}{block.mark} "
    told = wrap(parse_spans(block.text), width - len(head))
    first: Line = ((head, "muted"), *told[0])
    return [first, *(((" " * len(head), "text"), *line) for line in told[1:])]


def _code(text: str, width: int) -> Iterator[Line]:
    """Yield a line as it was written; what is too long goes on below, so that nothing is lost."""
    room = max(4, width - 2)
    at = 0
    while at < len(text) or at == 0:
        part = first_cells(text[at : at + room], room)
        yield (("  ", "text"), (part, "text"))
        at += max(1, len(part))


def _grid(grid: Grid, width: int) -> list[Line]:
    heads = [parse_spans(head, "faint") for head in grid.heads]
    rows = [[parse_spans(cell) for cell in row] for row in grid.rows]
    columns = list(zip(heads, *rows, strict=True))
    wanted = [max(1, *(cells(cell) for cell in column)) for column in columns]
    widths = column_widths(wanted, grid.is_right, width)
    if widths is None:
        return _row_by_row(heads, rows, width)
    lines = _row(heads, widths, grid.is_right) if any(grid.heads) else []
    for row in rows:
        lines += _row(row, widths, grid.is_right)
    return lines


def column_widths(
    wanted: Sequence[int], is_right: Sequence[bool], width: int
) -> tuple[int, ...] | None:
    """Return how wide each column is; texts give way before numbers. None: there is no room."""
    room = width - GAP * (len(wanted) - 1)
    widths = list(wanted)
    for gives_way in ({False}, {False, True}):
        columns = [number for number, right in enumerate(is_right) if right in gives_way]
        while sum(widths) > room:
            widest = max(columns, key=lambda number: widths[number], default=None)
            if widest is None or widths[widest] <= NARROWEST_COLUMN:
                break
            others = sorted((widths[number] for number in columns), reverse=True)
            next_wide = next((one for one in others if one < widths[widest]), NARROWEST_COLUMN)
            excess = sum(widths) - room
            widths[widest] = max(next_wide - 1, widths[widest] - excess, NARROWEST_COLUMN)
    return tuple(widths) if sum(widths) <= room else None


def _row(row: Sequence[Line], widths: Sequence[int], is_right: Sequence[bool]) -> list[Line]:
    """Return a row in as many lines as its longest cell needs."""
    told = [wrap(cell, width) for cell, width in zip(row, widths, strict=True)]
    lines: list[Line] = []
    for number in range(max(map(len, told))):
        line: Line = ()
        for column, (parts, width, right) in enumerate(zip(told, widths, is_right, strict=True)):
            part = parts[number] if number < len(parts) else ()
            gap: Line = ((" " * GAP, "text"),) if column else ()
            line += (*gap, *(push_right(part, width) if right else pad(part, width)))
        lines.append(line)
    return lines


def _row_by_row(heads: Sequence[Line], rows: Sequence[Sequence[Line]], width: int) -> list[Line]:
    """Return each row as lines of `head  value`, for a screen too narrow for the table."""
    name = min(max(cells(head) for head in heads), width // 2)
    lines: list[Line] = []
    for row in rows:
        for head, cell in zip(heads, row, strict=True):
            told = wrap(cell, width - name - GAP)
            names = wrap(head, name)
            for number in range(max(len(told), len(names))):
                left = names[number] if number < len(names) else ()
                right = told[number] if number < len(told) else ()
                lines.append((*pad(left, name), (" " * GAP, "text"), *right))
        lines.append(())
    return lines[:-1]
