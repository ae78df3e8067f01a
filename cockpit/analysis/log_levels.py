"""How grave a line of a log is, tracebacks as a whole. Pure."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
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
    b"killed", b"aborted", b"terminate called", b"root cause", b"[e ", b"[w ",
)  # fmt: skip
_SOURCES: Final = (b".py:", b".cpp:", b".cc:", b".h:")
_GLOG: Final = re.compile(rb"[efw]\d{4} \d\d:\d\d")
"""In lower case: on a line where none of these stands, no error and no warning begins."""


def suspects(data: bytes) -> set[int]:
    """Return which of the raw lines may have a level by themselves, at little cost."""
    lowered = data.lower()
    places: set[int] = set()
    for sign in _SIGNS:
        at = lowered.find(sign)
        while at >= 0:
            places.add(at)
            ends = lowered.find(b"\n", at)  # one hit in a line is enough
            at = lowered.find(sign, ends) if ends >= 0 else -1
    if _has_glog(lowered):
        places.update(found.start() for found in _GLOG.finditer(lowered))
    found, line, before = set(), 0, 0
    for place in sorted(places):
        line += lowered.count(b"\n", before, place)
        before = place
        found.add(line)
    return found


def _has_glog(lowered: bytes) -> bool:
    return any(sign in lowered for sign in _SOURCES) and _GLOG.search(lowered) is not None


def level_of(text: str) -> Level:
    """Return how grave a cleaned line is by itself."""
    if _ERROR.search(text):
        return Level.ERROR
    return Level.WARNING if _WARNING.search(text) else Level.ALL


def levels(lines: Sequence[str], suspected: Container[int] | None = None) -> list[Level]:
    """Return the level of each raw line; all lines of a traceback are errors.

    A traceback is followed for each rank apart, for they write between each other's lines. Lines
    outside of one are only looked at where they are suspected, if somebody knows which are.
    """
    found: list[Level] = []
    inside: dict[int | None, int] = {}
    for at, raw in enumerate(lines):
        if not inside and suspected is not None and at not in suspected:
            found.append(Level.ALL)
            continue
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
