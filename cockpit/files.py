"""Files that other processes write while we read them, and that others read while we write."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import Any, BinaryIO, Final

CHUNK_BYTES: Final = 1 << 20
LONGEST_LINE_BYTES: Final = 1 << 20
"""A line longer than this is handed out before its end, so that memory stays flat."""
SURROGATES: Final = "backslashreplace"
"""In JSON the name of a file that is no UTF-8 stands as `\\udcff`, and is read back as it was."""
MARK_BYTES: Final = 256
"""So much of the first and of the last that was read tells a file from one written over it."""


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Replace `path` in one step: a reader sees the old file or the new one, never half."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8", errors=SURROGATES) as file:
            json.dump(value, file, indent=2, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def read_json(path: Path) -> dict[str, Any] | None:
    """Return the object in `path`, or None where there is none that can be read."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def append_line(path: Path, value: Mapping[str, Any]) -> None:
    """Add one JSON line in a single write, so that a reader never sees two halves mixed."""
    line = json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    data = line.encode(errors=SURROGATES)
    try:
        if os.write(descriptor, data) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    finally:
        os.close(descriptor)


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading; raises OSError for a pipe or device, which would block for ever."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as error:  # a NUL, or what the file system cannot spell
        raise OSError(errno.EINVAL, str(error), str(path)) from None
    file = open(descriptor, "rb")  # noqa: PTH123, SIM115  # a descriptor
    if not S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return file


def read_end(path: Path, most_bytes: int) -> tuple[int, str]:
    """Return a file's size and its last `most_bytes` as text; raises OSError."""
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        end = os.pread(file.fileno(), most_bytes, max(0, size - most_bytes))
    return size, end.decode("utf-8", "replace")


def modified(path: Path) -> float:
    """Return when a file was last written, epoch seconds; 0 where there is none."""
    try:
        return path.stat().st_mtime
    except (OSError, ValueError):
        return 0.0


def size_of(path: Path) -> int:
    """Return a file's size in bytes; 0 where there is none."""
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0


def stamp(path: Path) -> str | None:
    """Return what changes whenever a file is written or replaced; None where there is none."""
    try:
        stat = path.stat()
    except (OSError, ValueError):  # ValueError: a NUL in a path that others wrote
        return None
    return f"{stat.st_ino}:{stat.st_size}:{stat.st_mtime_ns}"


@dataclass(frozen=True, slots=True)
class TailRead:
    """What one look at a growing file gave."""

    lines: tuple[str, ...]
    """Whole lines, without their line feed; a carriage return inside is kept."""
    restarted: bool
    """The file is another one or was cut: forget what came before."""
    has_more: bool
    """The limit was reached; read again."""


class LineTail:
    """Hands out the whole lines of a growing file; half a line waits for its end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inode: int | None = None
        self._mtime_ns = 0
        self._offset = 0
        self._ever_read = False
        self._marks: dict[int, bytes] = {}
        """Of what was read the first and the last bytes, by where they stand."""

    @property
    def offset(self) -> int:
        """How many bytes were handed out or left out."""
        return self._offset

    def leave_out(self, size_bytes: int) -> None:
        """Go on that much further; the line that then comes first has lost its beginning."""
        self._offset += size_bytes

    def read(self, limit: int = CHUNK_BYTES) -> TailRead:
        """Return the lines added since the last call; start over where the file is another one.

        It is after truncation, rotation, or when it was written over in place.
        """
        try:
            with open_regular(self._path) as file:
                stat = os.fstat(file.fileno())
                changed = stat.st_ino != self._inode or stat.st_size < self._offset
                if not changed and stat.st_mtime_ns != self._mtime_ns:
                    changed = self._is_written_over(file.fileno())
                restarted = changed and self._ever_read
                if changed:
                    self._inode, self._offset, self._marks = stat.st_ino, 0, {}
                self._mtime_ns = stat.st_mtime_ns
                file.seek(self._offset)
                chunk = file.read(limit)
        except OSError:
            return TailRead((), restarted=False, has_more=False)
        self._ever_read = True
        end = chunk.rfind(b"\n") + 1
        if end == 0 and len(chunk) >= LONGEST_LINE_BYTES:
            end = len(chunk)
        whole = chunk[:end]
        if whole:
            self._keep_marks(whole)
        self._offset += len(whole)
        lines = whole.split(b"\n")
        if lines and not lines[-1]:
            lines.pop()
        return TailRead(
            tuple(line.decode("utf-8", "replace") for line in lines),
            restarted=restarted,
            has_more=len(chunk) == limit and end > 0,
        )

    def _keep_marks(self, whole: bytes) -> None:
        first, last = self._marks.get(0, b""), whole[-MARK_BYTES:]
        if self._offset == len(first):
            first = (first + whole)[:MARK_BYTES]
        self._marks = {self._offset + len(whole) - len(last): last}
        if first:
            self._marks[0] = first

    def _is_written_over(self, descriptor: int) -> bool:
        return any(
            os.pread(descriptor, len(mark), start) != mark for start, mark in self._marks.items()
        )
