"""How a cell looks, and the shortest way from one look to the next. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

SHOWN_ON_BLANKS: Final = frozenset({"4", "7", "9", "21", "53"})
"""Attributes that can be seen where there is no character: underline, reverse, strike, overline."""


@dataclass(frozen=True, slots=True)
class Look:
    """Attributes and colours as a terminal's own numbers (SGR); empty: its default."""

    attributes: frozenset[str] = frozenset()
    colour: str = ""
    ground: str = ""


PLAIN: Final = Look()


@lru_cache(maxsize=4096)
def parse_look(codes: str) -> Look:
    """Return what `1;38;5;231;48;5;233` looks like, on a terminal that was plain before."""
    attributes: set[str] = set()
    colour = ground = ""
    words = iter(codes.split(";"))
    for word in words:
        if word in ("38", "48"):
            kind = next(words, "")
            rest = [next(words, "") for _ in range(1 if kind == "5" else 3)]
            code = ";".join((word, kind, *rest))
            colour, ground = (code, ground) if word == "38" else (colour, code)
        elif _is_colour(word, 3, 9):
            colour = word
        elif _is_colour(word, 4, 10):
            ground = word
        elif word.strip("0"):
            attributes.add(word)
    return Look(frozenset(attributes), colour, ground)


def _is_colour(word: str, normal: int, bright: int) -> bool:
    return word.isdigit() and divmod(int(word), 10)[0] in (normal, bright) and int(word) % 10 < 8


@lru_cache(maxsize=4096)
def as_blank(look: Look) -> Look:
    """Return how a blank looks: where nothing is drawn, only its ground can be told."""
    if look.attributes & SHOWN_ON_BLANKS:
        return look
    return Look(ground=look.ground)


@lru_cache(maxsize=4096)
def change(before: Look | None, look: Look) -> str:
    """Return the codes that lead from one look to the other; None: nobody knows what it was."""
    if before == look:
        return ""
    anew = f"\x1b[{';'.join(filter(None, ('0', *_codes(look))))}m"
    if before is None or not before.attributes <= look.attributes:
        return anew
    parts = [*sorted(look.attributes - before.attributes)]
    if look.colour != before.colour:
        parts.append(look.colour or "39")
    if look.ground != before.ground:
        parts.append(look.ground or "49")
    onward = f"\x1b[{';'.join(parts)}m"
    return min(onward, anew, key=len)


def _codes(look: Look) -> tuple[str, ...]:
    return (*sorted(look.attributes), look.colour, look.ground)
