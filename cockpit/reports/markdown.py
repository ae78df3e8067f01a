"""Markdown in which a text from outside stays a text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from cockpit.metrics.log_lines import strip_codes

_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>#|~&!])")


def words(text: str) -> str:
    """Return a text with nothing in it that Markdown or HTML obeys, on one line."""
    return _SPECIAL.sub(r"\\\1", _one_line(text))


def code(text: str) -> str:
    """Return a name as code; a `|` stays in its cell of a table, a backtick becomes a quote."""
    plain = _one_line(text).replace("`", "'").replace("|", "\\|").strip()
    return f"`{plain}`" if plain else ""


def table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], *, has_numbers: bool = True
) -> list[str]:
    """Return a table, numbers to the right and texts to the left; cells are Markdown already."""
    aligns = [":--", *["--:" if has_numbers else ":--"] * (len(heads) - 1)]
    return [_row(heads), _row(aligns), *map(_row, rows)]


def fenced(lines: Sequence[str], language: str) -> str:
    """Return lines as a block of code that none of them can close."""
    clean = [strip_codes(" ".join(line.splitlines())).rstrip() for line in lines]
    longest = max((len(run) for line in clean for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}{language}", *clean, fence])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _one_line(text: str) -> str:
    return strip_codes(" ".join(text.split())).strip()
