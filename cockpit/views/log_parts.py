"""The parts of a log in which its end is explained: what a 5 GB file says at both ends."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from cockpit.analysis.log_line import LogLine, parse_log
from cockpit.files import open_regular

START_BYTES: Final = 1 << 20
END_BYTES: Final = 8 << 20
MOST_COUNTED_BYTES: Final = 256 << 20
"""So much is passed through to number its lines and to find its first errors, and no more."""
MOST_ERRORS: Final = 8
ERROR_BYTES: Final = 32 << 10
"""So much of the middle is looked at behind the beginning of an error."""
_ERROR: Final = b"Traceback (most recent call last)"
_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class LogParts:
    """The lines of a log that were looked at."""

    lines: tuple[LogLine, ...]
    left_out_bytes: int = 0
    """What lies between its start and its end and was not looked at."""


def read_log(path: Path, end_bytes: int = END_BYTES) -> LogParts:
    """Return the lines of a log, of a huge one its start, its first errors and its end.

    Raises OSError.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size <= START_BYTES + end_bytes:
            return LogParts(tuple(parse_log(_text(file.read(START_BYTES + end_bytes)))))
        start = file.read(START_BYTES)
        start = start[: start.rfind(b"\n") + 1]
        end = os.pread(file.fileno(), end_bytes, size - end_bytes)
        end = end[end.find(b"\n") + 1 :]
        between = size - len(start) - len(end)
        errors = _errors(file, len(start), between, start.count(b"\n") + 1)
    lines = [*parse_log(_text(start))]
    for error in errors.parts:
        lines += parse_log(_text(error.text), error.number)
    lines += parse_log(_text(end), errors.number_behind)
    return LogParts(tuple(lines), between - sum(len(error.text) for error in errors.parts))


def _text(part: bytes) -> str:
    return part.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of the middle of a log that begins at the start of a line."""

    text: bytes
    number: int
    """Of its first line."""


@dataclass(frozen=True, slots=True)
class _Errors:
    """The first errors of the middle of a log."""

    parts: tuple[_Part, ...] = ()
    number_behind: int | None = None
    """Of the line behind the middle; None where nobody counted."""


def _errors(file: BinaryIO, start: int, length: int, first: int) -> _Errors:
    """Return the first tracebacks among the `length` bytes behind `start`, if it costs little.

    `first` is the number of the line that begins there. What came first may lie far before the
    end: other ranks go on complaining for many megabytes.
    """
    if length > MOST_COUNTED_BYTES:
        return _Errors()
    parts: list[_Part] = []
    at, number, until = start, first, start
    while at < start + length:
        block = os.pread(file.fileno(), min(_BLOCK, start + length - at), at)
        block = block[: block.rfind(b"\n") + 1] or block
        if not block:
            break
        hit = block.find(_ERROR)
        while hit >= 0 and len(parts) < MOST_ERRORS:
            begins = block.rfind(b"\n", 0, hit) + 1
            if at + begins >= until:
                most = min(ERROR_BYTES, start + length - at - begins)
                text = os.pread(file.fileno(), most, at + begins)
                text = text[: text.rfind(b"\n") + 1]
                parts.append(_Part(text, number + block.count(b"\n", 0, begins)))
                until = at + begins + len(text)
            hit = block.find(_ERROR, max(hit + 1, until - at))
        number += block.count(b"\n")
        at += len(block)
    return _Errors(tuple(parts), number)
