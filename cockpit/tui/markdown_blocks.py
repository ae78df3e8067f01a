"""Markdown as blocks: what reports are made of, and no more. Pure.

HTML stays a text, a link leads nowhere, a picture is a name: nothing in a report acts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

_HEADING: Final = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
_RULE: Final = re.compile(r" {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$")
_ITEM: Final = re.compile(r"( *)([-*+]|\d{1,9}[.)])(?:[ \t]+(.*))?$")
_QUOTE: Final = re.compile(r" {0,3}> ?(.*)$")
_DASHES: Final = re.compile(r" {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_CELL_END: Final = re.compile(r"(?<!\\)\|")
_STEP: Final = 2
"""Blanks by which an item of a list stands inside another."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A title; level 1 is the report's own."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that are one text."""

    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list."""

    depth: int
    mark: str
    """`·`, or the number as it was written."""
    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Lines that stand as they were written."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody else said."""

    text: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A table."""

    heads: tuple[str, ...]
    is_right: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Break:
    """A line across the page."""


Block: TypeAlias = Heading | Paragraph | Item | Code | Quote | Grid | Break


def parse_blocks(text: str) -> tuple[Block, ...]:
    """Return what the text is made of."""
    lines = text.split("\n")
    blocks: list[Block] = []
    at = 0
    while at < len(lines):
        at, block = _next_block(lines, at)
        if block is not None:
            blocks.append(block)
    return tuple(blocks)


def _next_block(lines: Sequence[str], at: int) -> tuple[int, Block | None]:
    line = lines[at]
    if not line.strip():
        return at + 1, None
    if found := _FENCE.match(line):
        return _code(lines, at + 1, found[1])
    if found := _HEADING.match(line):
        return at + 1, Heading(len(found[1]), (found[2] or "").strip())
    if _RULE.match(line):
        return at + 1, Break()
    if _is_grid(lines, at):
        return _grid(lines, at)
    if line.startswith("    "):
        return _indented(lines, at)
    if found := _ITEM.match(line):
        return _item(lines, at, found)
    if _QUOTE.match(line):
        return _quote(lines, at)
    return _paragraph(lines, at)


def _code(lines: Sequence[str], at: int, fence: str) -> tuple[int, Block]:
    """Return what stands up to the end of the fence, or of the text: it may be cut."""
    end = at
    while end < len(lines):
        bare = lines[end].strip()
        if len(bare) >= len(fence) and set(bare) == {fence[0]}:
            break
        end += 1
    return end + 1, Code(tuple(lines[at:end]))


def _indented(lines: Sequence[str], at: int) -> tuple[int, Block]:
    end = at
    while end < len(lines) and lines[end].startswith("    "):
        end += 1
    return end, Code(tuple(line[4:] for line in lines[at:end]))


def _item(lines: Sequence[str], at: int, found: re.Match[str]) -> tuple[int, Block]:
    blanks, mark, text = found[1], found[2], found[3] or ""
    end, rest = _text_from(lines, at + 1)
    shown = "·" if mark in "-*+" else mark
    return end, Item(len(blanks) // _STEP, shown, _joined([text, *rest]))


def _quote(lines: Sequence[str], at: int) -> tuple[int, Block]:
    texts = []
    while at < len(lines) and (found := _QUOTE.match(lines[at])):
        texts.append(found[1])
        at += 1
    return at, Quote(_joined(texts))


def _paragraph(lines: Sequence[str], at: int) -> tuple[int, Block]:
    end, rest = _text_from(lines, at + 1)
    return end, Paragraph(_joined([lines[at], *rest]))


def _text_from(lines: Sequence[str], at: int) -> tuple[int, Sequence[str]]:
    """Return the lines that go on with a text, and where they end."""
    end = at
    while end < len(lines) and lines[end].strip() and not _begins(lines, end):
        end += 1
    return end, lines[at:end]


def _begins(lines: Sequence[str], at: int) -> bool:
    line = lines[at]
    bare = line.lstrip()
    if not bare or bare[0] not in "#`~-*_+>|0123456789":
        return _is_grid(lines, at)
    patterns = (_FENCE, _HEADING, _RULE, _ITEM, _QUOTE)
    return any(pattern.match(line) for pattern in patterns) or _is_grid(lines, at)


def _joined(texts: Sequence[str]) -> str:
    """Return one text; one that ends in two blanks or a backslash ends where it does."""
    parts = []
    for text in texts:
        is_broken = text.endswith(("  ", "\\"))
        parts.append(text.strip().removesuffix("\\") + ("\n" if is_broken else " "))
    return "".join(parts).strip()


def _is_grid(lines: Sequence[str], at: int) -> bool:
    """Say whether a table begins: a row of heads, then dashes in as many cells."""
    if "|" not in lines[at] or at + 1 == len(lines) or "-" not in lines[at + 1]:
        return False
    if not _DASHES.match(lines[at + 1]):
        return False
    return len(_cells(lines[at])) == len(_cells(lines[at + 1]))


def _grid(lines: Sequence[str], at: int) -> tuple[int, Block]:
    heads, dashes = _cells(lines[at]), _cells(lines[at + 1])
    is_right = tuple(cell.endswith(":") and not cell.startswith(":") for cell in dashes)
    rows = []
    end = at + 2
    while end < len(lines) and "|" in lines[end] and lines[end].strip():
        cells = _cells(lines[end])[: len(heads)]
        rows.append((*cells, *[""] * (len(heads) - len(cells))))
        end += 1
    return end, Grid(heads, is_right, tuple(rows))


def _cells(line: str) -> tuple[str, ...]:
    bare = line.strip().removeprefix("|")
    if bare.endswith("|") and not bare.endswith("\\|"):
        bare = bare[:-1]
    return tuple(cell.strip().replace("\\|", "|") for cell in _CELL_END.split(bare))
