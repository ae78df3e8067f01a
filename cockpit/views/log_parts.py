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
"""So much is read only to know the number of a line; beyond it lines have none."""


@dataclass(frozen=True, slots=True)
class LogParts:
    """The lines of a log that were looked at."""

    lines: tuple[LogLine, ...]
    left_out_bytes: int = 0
    """What lies between its start and its end and was not looked at."""


def read_log(path: Path, end_bytes: int = END_BYTES) -> LogParts:
    """Return the lines of a log, of a huge one those at its start and its end; raises OSError."""
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size <= START_BYTES + end_bytes:
            return LogParts(tuple(parse_log(_text(file.read(START_BYTES + end_bytes)))))
        start = file.read(START_BYTES)
        start = start[: start.rfind(b"\n") + 1]
        end = os.pread(file.fileno(), end_bytes, size - end_bytes)
        end = end[end.find(b"\n") + 1 :]
        left_out = size - len(start) - len(end)
        first = start.count(b"\n") + 1
        number = _number(file, len(start), left_out, first)
    lines = (*parse_log(_text(start)), *parse_log(_text(end), number))
    return LogParts(lines, left_out)


def _text(part: bytes) -> str:
    return part.decode("utf-8", "replace")


def _number(file: BinaryIO, start: int, length: int, first: int) -> int | None:
    """Return the number of the line that comes `length` bytes after `start`, if it costs little."""
    if length > MOST_COUNTED_BYTES:
        return None
    file.seek(start)
    left = length
    while left > 0 and (chunk := file.read(min(left, 1 << 20))):
        first += chunk.count(b"\n")
        left -= len(chunk)
    return first
