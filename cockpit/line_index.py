"""Where the lines of a growing file stand, so that any page of it is one read."""

from __future__ import annotations

import os
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from cockpit.files import open_regular

BLOCK_BYTES: Final = 1 << 16
WIDEST_BYTES: Final = 1 << 14
"""Of a longer line the start and the end are shown; of a progress bar the newest frames."""
AHEAD_BYTES: Final = 1 << 13
"""So much behind a block is handed out with it."""
END_BYTES: Final = 1 << 20
"""What is read of the end of a huge file, to have a page of it at once."""
BUDGET_BYTES: Final = 8 << 20
WHOLE_BYTES: Final = 1 << 18
"""A line that is longer still is never held in memory as a whole."""
CUT: Final = " … "
"""Stands for the middle of a line that is left out."""
_MARK_BYTES: Final = 64
_TAIL_BYTES: Final = 1 << 12
_LABEL_BYTES: Final = 64
"""Of a line of progress bars so much of the start is kept: whose it is."""
_OVERLAP_BYTES: Final = 1 << 12
_INSIDE: Final = bytes(range(0x80, 0xC0))
"""Bytes that begin no character."""


@dataclass(frozen=True, slots=True)
class HugeLine:
    """A line that is not held in memory: where it stands."""

    path: Path
    inode: int
    begin: int
    end: int
    is_bar: bool
    """Only its newest frame is shown."""

    def parts(self) -> Iterator[bytes]:
        """Yield it piece by piece; each begins with the end of the one before."""
        at = self.begin
        try:
            with open_regular(self.path) as file:
                while at < self.end:
                    low = max(self.begin, at - _OVERLAP_BYTES)
                    at = min(at + BLOCK_BYTES, self.end)
                    part = os.pread(file.fileno(), at - low, low)
                    if not part:
                        return
                    yield part
        except OSError:
            return


def shortened(start: bytes, end: bytes) -> bytes:
    """Return what is shown of a long line, of which its start and its end are given."""
    end = end[-WIDEST_BYTES:]
    if b"\r" in end[:-1]:  # a bar: its newest frame is last
        return start[:_LABEL_BYTES].partition(b"\r")[0] + b"\r" + end
    start = start[: WIDEST_BYTES - _TAIL_BYTES].rstrip(_INSIDE)
    if start and start[-1] >= _INSIDE[-1]:
        start = start[:-1]
    return start + CUT.encode() + end[-_TAIL_BYTES:].lstrip(_INSIDE)


@dataclass(frozen=True, slots=True)
class Block:
    """The lines that end in one block of a file, as bytes; at the end of the file the last one."""

    first: int
    """Number of the first of these lines, from 0."""
    offset: int
    """Where the text of the first one begins, or would, were `huge` as long as what is held."""
    lines: tuple[bytes, ...]
    before: tuple[bytes, ...] = ()
    """Some lines before them, the nearest last."""
    after: tuple[bytes, ...] = ()
    """Some lines behind them; the last of these may be cut."""
    huge: HugeLine | None = None
    """The first of the lines, where only what is shown of it is held."""

    def text(self, at: int) -> str:
        """Return a line as far as it is shown."""
        return shown_text(self.lines[at])

    def end(self, at: int) -> int:
        """Return the offset in the file behind a line's text."""
        return self.offset + sum(map(len, self.lines[: at + 1])) + at


def shown_text(line: bytes) -> str:
    """Return a raw line as far as it is shown."""
    if len(line) > WIDEST_BYTES + _LABEL_BYTES + 1:
        line = shortened(line, line)
    return line.decode("utf-8", "replace")


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
        is_cut = not begins and low > self.begin
        ends = max(data.rfind(b"\n", start - low, end - low) + 1, begins)
        if end == scanned:  # the last line needs no end
            ends = end - low
        before = tuple(data[:begins].split(b"\n")[1:-1]) if with_context else ()
        after = tuple(data[ends:].split(b"\n")) if with_context else ()
        block = Block(first, low + begins, _split(data[begins:ends]), before, after)
        return self._with_start(block) if is_cut and block.lines else block

    def _with_start(self, block: Block) -> Block:
        """Return a block whose first line begins far before it, with all or the start of that."""
        try:
            with open_regular(self.path) as file:
                begin = self._begin_of(file.fileno(), block.first)
                end = block.end(0)
                is_huge = end - begin > WHOLE_BYTES
                most = WIDEST_BYTES if is_huge else end - begin
                line = os.pread(file.fileno(), most, begin)
        except OSError:
            return block
        huge = None
        if is_huge:
            is_bar = b"\r" in block.lines[0][-WIDEST_BYTES:-1]
            huge = HugeLine(self.path, self._inode or 0, begin, end, is_bar)
            line = shortened(line, block.lines[0])
        return replace(block, offset=end - len(line), lines=(line, *block.lines[1:]), huge=huge)

    def _begin_of(self, descriptor: int, number: int) -> int:
        """Return where a line begins that ends in a later block than the one before it."""
        if number == 0:
            return self.begin
        start = self.begin + self.block_of(number - 1) * BLOCK_BYTES
        part = os.pread(descriptor, BLOCK_BYTES, start)
        return start + part.rfind(b"\n") + 1

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
