"""Text from outside on a terminal: how wide it is, cut to fit, without codes that it may hold."""

from __future__ import annotations

from typing import Final
from unicodedata import category, combining, east_asian_width

ELLIPSIS: Final = "…"
CODES: Final = ("Cc", "Cf", "Zl", "Zp")
"""Kinds of letters that a terminal may obey: controls, directions of writing, line ends."""


def plain(text: str) -> str:
    """Return the text with a blank for each letter that a terminal may obey."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        " " if category(letter) in ("Cc", "Cf", "Zl", "Zp") else letter for letter in text
    )


def width(text: str) -> int:
    """Return how many cells the text takes: two for a CJK letter, none for a combining mark."""
    if text.isascii():
        return len(text)
    return sum(_cells(letter) for letter in text)


def cut(text: str, cells: int) -> str:
    """Return as much of the text as fits into `cells`, with `…` where something is left out."""
    if width(text) <= cells:
        return text
    kept, room = [], cells - 1
    for letter in text:
        room -= _cells(letter)
        if room < 0:
            break
        kept.append(letter)
    return "".join(kept).rstrip() + ELLIPSIS if cells > 0 else ""


def pad_left(text: str, cells: int) -> str:
    """Return the text at the right end of `cells`."""
    return " " * (cells - width(text)) + text


def pad_right(text: str, cells: int) -> str:
    """Return the text at the left end of `cells`."""
    return text + " " * (cells - width(text))


def _cells(letter: str) -> int:
    if combining(letter) or category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(letter) in "WF" else 1
