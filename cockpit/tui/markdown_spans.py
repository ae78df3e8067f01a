"""The text inside a block of Markdown as pieces: bold is strong, a target is muted. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len

from cockpit.tui.ink import Line, Piece, cells

_SPECIAL: Final = re.compile(
    r"\\(?P<escaped>[^\w\s]|_)"
    r"|(?P<ticks>`+)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)"
    r"|!\[(?P<alt>[^\]]{0,500})\]\((?P<picture>[^()\s]{1,2000})\)"
    r"|\[(?P<label>[^\]\[]{1,500})\]\((?P<target>[^()\s]{1,2000})\)"
    r"|(?P<bold>\*\*|(?<!\w)__(?=\w)|(?<=[\w.!?)])__(?!\w))"
    r"|(?P<leaning>\*|(?<!\w)_(?=\w)|(?<=[\w.!?)])_(?!\w))"
)
_SIGNS: Final = {"✓": "good", "✗": "danger", "▲": "attention"}
_SIGN: Final = re.compile("([✓✗▲])")
LONGEST_WORD: Final = 1000
MOST_LOOKS: Final = 20
"""A word that is longer than any screen, or of so many looks, is taken in parts."""
_WORD: Final = re.compile(rf"\S{{1,{LONGEST_WORD}}}|\s+")
LONGEST: Final = 20_000
"""A longer text without an end is none that a person wrote: its marks stand for themselves."""


def parse_spans(text: str, look: str = "text") -> Line:
    """Return a text as pieces; a mark that is never closed stands for itself."""
    if len(text) > LONGEST:
        return ((text, look),)
    pieces: list[Piece] = []
    is_bold = leans = False
    at = 0
    for found in _SPECIAL.finditer(text):
        now = _look(look, is_bold=is_bold, leans=leans)
        pieces += _marked(text[at : found.start()], now)
        at = found.end()
        if found["bold"]:
            if is_bold or _closes(text, at, found["bold"]):
                is_bold = not is_bold
            else:
                pieces.append((found["bold"], now))
        elif found["leaning"]:
            if leans or _closes(text, at, found["leaning"]):
                leans = not leans
            else:
                pieces.append((found["leaning"], now))
        else:
            pieces += _special(found, now)
    pieces += _marked(text[at:], _look(look, is_bold=is_bold, leans=leans))
    return tuple(pieces)


def _closes(text: str, at: int, mark: str) -> bool:
    return not text[at : at + 1].isspace() and mark in text[at + 1 :]


def _look(look: str, *, is_bold: bool, leans: bool) -> str:
    if is_bold:
        return "strong"
    return "muted" if leans and look == "text" else look


def _special(found: re.Match[str], look: str) -> list[Piece]:
    if found["escaped"]:
        return [(found["escaped"], look)]
    if found["code"]:
        return [(found["code"].strip() or found["code"], look)]
    if found["picture"]:
        name = found["alt"].strip()
        return [
            ("picture ", "muted"),
            (found["picture"], "text"),
            (f"  {name}" * bool(name), "muted"),
        ]
    label, target = found["label"], found["target"]
    return [(label, look), (f" ({target})" if target != label else "", "muted")]


def _marked(text: str, look: str) -> list[Piece]:
    """Return a text in which the signs of good and bad have their colours."""
    if not any(sign in text for sign in _SIGNS):
        return [(text, look)] if text else []
    return [(part, _SIGNS.get(part, look)) for part in _SIGN.split(text) if part]


def wrap(line: Line, width: int) -> list[Line]:
    """Return the pieces in lines of at most `width` cells, broken at blanks where there are any."""
    width = max(1, width)
    if cells(line) <= width and not any("\n" in text for text, _ in line):
        return [line]
    lines: list[Line] = []
    now: list[Piece] = []
    used = 0
    for word in _words(line):
        if not word:
            lines.append(tuple(now))
            now, used = [], 0
            continue
        size = sum(cell_len(text) for text, _ in word)
        is_blank = word[0][0].isspace()
        if used + size > width and now:
            lines.append(_without_end(now))
            now, used = [], 0
        if is_blank and not now:
            continue
        rest: Line = tuple(word)
        while size > width:
            head, rest = _broken(rest, width)
            size = sum(cell_len(text) for text, _ in rest)
            lines.append(head)
        now += rest
        used += size
    return [*lines, _without_end(now)] if now or not lines else lines


def _words(line: Line) -> list[list[Piece]]:
    """Return the words and blanks of a line; a word may be of several looks, none is a break."""
    words: list[list[Piece]] = []
    for text, look in line:
        for number, part in enumerate(text.split("\n")):
            if number:
                words.append([])
            for found in _WORD.findall(part):
                is_blank = found.isspace()
                if not is_blank and words and _goes_on(words[-1]):
                    words[-1].append((found, look))
                else:
                    words.append([(" " if is_blank else found, look)])
    return words


def _goes_on(word: Sequence[Piece]) -> bool:
    if not word or len(word) >= MOST_LOOKS:
        return False
    return not word[-1][0].isspace() and len(word[-1][0]) < LONGEST_WORD


def _broken(word: Line, width: int) -> tuple[Line, Line]:
    """Return the first `width` cells of a word that is longer, and the rest."""
    head: list[Piece] = []
    room = width
    rest = list(word)
    while rest and room > 0:
        text, look = rest[0]
        if cell_len(text) <= room:
            head.append(rest.pop(0))
            room -= cell_len(text)
            continue
        first = first_cells(text, room) or ("" if head else text[:1])
        head.append((first, look))
        rest[0] = (text[len(first) :], look)
        break
    return tuple(head), tuple(rest)


def first_cells(text: str, width: int) -> str:
    """Return as many letters as fit."""
    used = 0
    for number, letter in enumerate(text):
        used += cell_len(letter)
        if used > width:
            return text[:number]
    return text


def _without_end(pieces: list[Piece]) -> Line:
    return tuple(pieces[:-1] if pieces and pieces[-1][0].isspace() else pieces)
