"""A line of a log as it stands on the screen, and what its title says. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from rich.cells import cell_len, chop_cells

from cockpit.metrics.log_lines import clean, split_prefix, strip_codes
from cockpit.tui.ink import Line, Piece
from cockpit.views.log_filter import Wanted
from cockpit.views.rank_logs import rank_sign

_SGR: Final = re.compile(r"\x1b\[([\d;:]*)m")
_COLOURS: Final = ("faint", "danger", "good", "attention", "accent", "s3", "accent", "strong")
"""What the eight colours of a terminal become, for both grounds: the theme's own tokens."""
TIME_CELLS: Final = 9


def as_shown(raw: str, rank_cells: int = 0) -> str:
    """Return a line for people: `[rank1]: x` is `r1│ x`, with so many digits for the rank.

    Of rank 0 nothing is said where no ranks are told apart.
    """
    return rank_sign(raw, rank_cells) + clean(raw)


def in_colour(raw: str, look: str, rank_cells: int = 0) -> Line:
    """Return a line in the colours and the bold that it asks for; no other code has a meaning."""
    if "\x1b" not in raw:
        return ((as_shown(raw, rank_cells), look),)
    frames = (frame for frame in reversed(raw.split("\r")) if clean(frame))
    parts = _SGR.split(next(frames, ""))
    sign = rank_sign(raw, rank_cells)
    pieces: list[Piece] = [(sign, look)] if sign else []
    token, bold = look, False
    for at, part in enumerate(parts):
        if at % 2:
            token, bold = _after(part, token, bold=bold, look=look)
            continue
        text = strip_codes(part)
        if at == 0 or len(pieces) == (1 if sign else 0):
            text = split_prefix(text)[1]
        if text:
            pieces.append((text, f"{token} bold" if bold else token))
    return tuple(pieces)


def _after(codes: str, token: str, *, bold: bool, look: str) -> tuple[str, bool]:
    """Return token and bold behind a sequence of SGR codes."""
    numbers = [int(code) for code in re.split("[;:]", codes) if code] or [0]
    while numbers:
        number = numbers.pop(0)
        if number == 0:
            token, bold = look, False
        elif number in {1, 22}:
            bold = number == 1
        elif 30 <= number <= 37 or 90 <= number <= 97:
            token = _COLOURS[number % 10]
        elif number in {38, 48}:  # of 256 and of true colours no token is as near as the text
            del numbers[: 2 if numbers[:1] == [5] else 4]
        elif number == 39:
            token = look
    return token, bold


def marked(line: Line, wanted: Wanted | None, *, is_found: bool) -> Line:
    """Return a line with what was searched for in `accent`; the line that was found stands out."""
    text = "".join(part for part, _ in line)
    span = wanted.find(text) if wanted is not None else None
    ground = " on select" if is_found else ""
    if span is None or span[0] == span[1]:
        return tuple((part, "strong on select" if is_found else look) for part, look in line)
    out: list[Piece] = []
    at = 0
    for part, look in line:
        beside = f"text{ground}" if is_found else look
        low, high = (max(0, min(len(part), place - at)) for place in span)
        out += [(part[:low], beside), (part[low:high], f"accent bold{ground}")]
        out.append((part[high:], beside))
        at += len(part)
    return tuple(piece for piece in out if piece[0])


def wrapped(line: Line, width: int) -> tuple[Line, ...]:
    """Return a line in rows of that width, cut wherever they end; at least one."""
    text = "".join(part for part, _ in line)
    if len(text) <= width and cell_len(text) <= width:
        return (line,)
    rows: list[Line] = []
    left = list(line)
    for row in _chopped(text, max(2, width)):
        missing, pieces = len(row), []
        while missing > 0 and left:
            part, look = left.pop(0)
            pieces.append((part[:missing], look))
            if len(part) > missing:
                left.insert(0, (part[missing:], look))
            missing -= len(part)
        rows.append(tuple(pieces))
    return tuple(rows)


def _chopped(text: str, width: int) -> list[str]:
    if text.isascii():  # at a hundredth of the cost
        return [text[at : at + width] for at in range(0, len(text), width)]
    return chop_cells(text, width)


def joined_words(words: Iterable[str]) -> str:
    """Return words with a dot between those that say something."""
    return " · ".join(word for word in words if word)
