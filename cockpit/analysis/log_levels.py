"""How grave a line of a log is, tracebacks as a whole. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum
from typing import Final

from cockpit.metrics.log_lines import clean, split_prefix


class Level(IntEnum):
    """How grave a line is; also the least that is shown."""

    ALL = 0
    WARNING = 1
    ERROR = 2


_ERROR: Final = re.compile(
    r"\b(?:ERROR|CRITICAL|FATAL)\b"
    r"|^[\s|+\-]*(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt|Group)(?:$|: )"
    r"|Traceback \(most recent call last\)"
    r"|(?:^|[\s\]])[Ee]rror: |\bfatal error\b|Fatal Python error"
    r"|CUDA (?:error|out of memory)|device-side assert|\bCU[A-Z]+_STATUS_(?!SUCCESS)[A-Z]"
    r"|NCCL (?:error|failure)|\bnccl\w*Error\b"
    r"|Segmentation fault|core dumped|Bus error|^(?:Killed|Aborted)\b|terminate called"
    r"|Root Cause \(first observed failure\)"
    r"|^\[?[EF]\d{4} \d\d:\d\d|^\[E "
)
_WARNING: Final = re.compile(
    r"\bWARN(?:ING)?\b|\b[A-Z]\w*Warning\b|(?:^|[\s\]])[Ww]arning: |^\[?W\d{4} \d\d:\d\d|^\[W "
)
_HEADER: Final = re.compile(r"Traceback \(most recent call last\):\s*$")
_INSIDE: Final = re.compile(r"[\s|]")
_SIGNS: Final = (
    b"error", b"warn", b"traceback", b"exception", b"interrupt", b"critical", b"fatal",
    b"segmentation", b"cuda out of", b"device-side", b"_status_", b"nccl fail", b"core dumped",
    b"killed", b"aborted", b"terminate called", b"root cause", b".py:", b".cpp:", b"[e ", b"[w ",
)  # fmt: skip
"""In lower case: where none of them stands, no line has a level."""


def may_have_level(data: bytes) -> bool:
    """Say whether to look closer at some lines; costs far less than to do so."""
    lowered = data.lower()
    return any(sign in lowered for sign in _SIGNS)


def level_of(text: str) -> Level:
    """Return how grave a cleaned line is by itself."""
    if _ERROR.search(text):
        return Level.ERROR
    return Level.WARNING if _WARNING.search(text) else Level.ALL


def levels(lines: Sequence[str]) -> list[Level]:
    """Return the level of each raw line; all lines of a traceback are errors.

    A traceback is followed for each rank apart, for they write between each other's lines.
    """
    found: list[Level] = []
    inside: dict[int | None, int] = {}
    for raw in lines:
        rank, text = split_prefix(raw)[0], clean(raw)
        if _HEADER.search(text):
            inside[rank] = len(text) - len(text.lstrip(" |"))
            level = Level.ERROR
        elif rank in inside:
            level = Level.ERROR
            indent = len(text) - len(text.lstrip(" |"))
            if text and indent <= inside[rank] and not _INSIDE.match(text[inside[rank] :]):
                del inside[rank]  # the exception itself
        else:
            level = level_of(text)
        found.append(level)
    return found


def beginnings(found: Sequence[Level]) -> list[bool]:
    """Say of each line whether an error begins there: behind no other line of one."""
    return [
        level is Level.ERROR and (at == 0 or found[at - 1] is not Level.ERROR)
        for at, level in enumerate(found)
    ]
