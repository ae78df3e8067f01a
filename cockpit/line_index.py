"""Where the lines of a growing file stand, so that any page of it is one read."""

from __future__ import annotations

import os
from array import array
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from cockpit.files import open_regular

BLOCK_BYTES: Final = 1 << 16
WIDEST_BYTES: Final = 1 << 14
"""Of a longer line its *end* is kept: in a progress bar the newest frame is last."""
AHEAD_BYTES: Final = 1 << 13
"""So much behind a block is handed out with it."""
END_BYTES: Final = 1 << 20
"""What is read of the end of a huge file, to have a page of it at once."""
BUDGET_BYTES: Final = 8 << 20
_MARK_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class Block:
    """The lines that end in one block of a file, as bytes; at the end of the file the last one."""

    first: int
    """Number of the first of these lines, from 0."""
    offset: int
    """Where the text of the first one begins."""
    lines: tuple[bytes, ...]
    before: tuple[bytes, ...] = ()
    """Some lines before them, the nearest last."""
    after: tuple[bytes, ...] = ()
    """Some lines behind them; the last of these may be cut."""

    def text(self, at: int) -> str:
        """Return a line, of a long one its end."""
        return self.lines[at][-WIDEST_BYTES:].decode("utf-8", "replace")

    def end(self, at: int) -> int:
        """Return the offset in the file behind a line's text."""
        return self.offset + sum(map(len, self.lines[: at + 1])) + at


class LineIndex:
    """How many lines end before each block of a file: 8 bytes for 64 KiB of log.

    `grow` is budgeted: call it until `is_complete`. Reading is safe in another thread meanwhile.
    """

    def __init__(self, path: Path, begin: int = 0) -> None:
        self.path = path
        self.begin = begin
        """The first byte that counts; a line begins there, or what is left of one."""
        self.size_bytes = begin
        """Size of the file when last looked at."""
        self.scanned = begin
        self.is_stale = False
        """The file was cut, replaced or rewritten: this index is of no use any more."""
        self._inode: int | None = None
        self._counts = array("Q", [0])
        self._ends = 0
        self._mark = b""

    @classmethod
    def of_end(cls, path: Path, most_bytes: int = END_BYTES) -> Self:
        """Return the whole index of a file's last lines alone; they are counted from 0."""
        try:
            with open_regular(path) as file:
                size = os.fstat(file.fileno()).st_size
                begin = max(0, size - most_bytes)
                if begin:
                    begin += os.pread(file.fileno(), most_bytes, begin).find(b"\n") + 1
        except OSError:
            begin = 0
        index = cls(path, begin)
        index.grow(most_bytes)
        return index

    def __len__(self) -> int:
        """Return the number of lines, an unfinished last one included."""
        return self._ends + (0 if self.ends_whole else 1)

    @property
    def ends_whole(self) -> bool:
        """Whether the last line has its end."""
        return not self._mark or self._mark.endswith(b"\n")

    @property
    def is_complete(self) -> bool:
        """True when every byte that was there at the last look is indexed."""
        return self.scanned >= self.size_bytes

    @property
    def block_count(self) -> int:
        """How many blocks are indexed, the last one perhaps in part."""
        return -(-(self.scanned - self.begin) // BLOCK_BYTES)

    def grow(self, budget_bytes: int = BUDGET_BYTES) -> bool:
        """Index what was added, at most `budget_bytes`; return True when something changed."""
        try:
            with open_regular(self.path) as file:
                stat = os.fstat(file.fileno())
                if self._is_other(file.fileno(), stat):
                    self.is_stale = True
                    return True
                self._inode, self.size_bytes = stat.st_ino, stat.st_size
                left = min(budget_bytes, stat.st_size - self.scanned)
                has_grown = left > 0
                while left > 0:
                    chunk = os.pread(file.fileno(), min(left, 16 * BLOCK_BYTES), self.scanned)
                    if not chunk:
                        break
                    self._scan(chunk)
                    left -= len(chunk)
        except OSError:
            return False
        return has_grown

    def finish(self) -> None:
        """Index all that is there now."""
        while self.grow() and not self.is_complete and not self.is_stale:
            pass

    def _is_other(self, descriptor: int, stat: os.stat_result) -> bool:
        """Say whether the file is another one, or other bytes stand where something was read."""
        if self._inode is None:
            return False
        if stat.st_ino != self._inode or stat.st_size < self.scanned:
            return True
        size = len(self._mark)
        return os.pread(descriptor, size, self.scanned - size) != self._mark

    def _scan(self, chunk: bytes) -> None:
        at = 0
        while at < len(chunk):
            step = min(len(chunk) - at, BLOCK_BYTES - (self.scanned - self.begin) % BLOCK_BYTES)
            self._ends += chunk.count(b"\n", at, at + step)
            at += step
            self.scanned += step
            if (self.scanned - self.begin) % BLOCK_BYTES == 0:
                self._counts.append(self._ends)
        self._mark = (self._mark + chunk[-_MARK_BYTES:])[-_MARK_BYTES:]

    def block_of(self, number: int) -> int:
        """Return the block in which that line ends."""
        return max(0, min(bisect_right(self._counts, number) - 1, self.block_count - 1))

    def number_at(self, offset: int) -> int:
        """Return the number of the line that holds this byte."""
        at = max(0, min(offset, self.scanned) - self.begin)
        block = min(at // BLOCK_BYTES, len(self._counts) - 1)
        start = self.begin + block * BLOCK_BYTES
        try:
            with open_regular(self.path) as file:
                part = os.pread(file.fileno(), self.begin + at - start, start)
        except OSError:
            part = b""
        return self._counts[block] + part.count(b"\n")

    def read_block(self, number: int, *, with_context: bool = False) -> Block:
        """Return the lines that end in a block; of one that is gone, none."""
        start, scanned = self.begin + number * BLOCK_BYTES, self.scanned
        end = min(start + BLOCK_BYTES, scanned)
        low = max(self.begin, start - WIDEST_BYTES)
        high = min(scanned, end + AHEAD_BYTES) if with_context else end
        first = self._counts[number] if number < len(self._counts) else self._ends
        try:
            with open_regular(self.path) as file:
                data = os.pread(file.fileno(), max(0, high - low), low)
        except OSError:
            return Block(first, start, ())
        begins = data.rfind(b"\n", 0, start - low) + 1
        ends = max(data.rfind(b"\n", start - low, end - low) + 1, begins)
        if end == scanned:  # the last line needs no end
            ends = end - low
        before = tuple(data[:begins].split(b"\n")[1:-1]) if with_context else ()
        after = tuple(data[ends:].split(b"\n")) if with_context else ()
        return Block(first, low + begins, _split(data[begins:ends]), before, after)

    def read(self, first: int, count: int) -> list[str]:
        """Return up to `count` lines from line `first` (0-based)."""
        lines: list[str] = []
        at, last = max(first, 0), min(first + count, len(self))
        while at < last:
            block = self.read_block(self.block_of(at))
            places = range(at - block.first, min(last - block.first, len(block.lines)))
            if not places:
                break
            lines += [block.text(place) for place in places]
            at = block.first + places.stop
        return lines


def _split(data: bytes) -> tuple[bytes, ...]:
    if not data:
        return ()
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return tuple(lines)
