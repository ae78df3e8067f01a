"""The lines of a log that a filter lets through, page by page, at the cost of a few blocks."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from threading import RLock
from typing import Final, TypeVar

from cockpit.line_index import AHEAD_BYTES, BLOCK_BYTES, Block, LineIndex
from cockpit.views.log_filter import LogFilter

BUDGET_BLOCKS: Final = 32
_Key = TypeVar("_Key")
_Kept = TypeVar("_Kept")
_MOST_KEPT: Final = 6
_FEW: Final = 16
_MOST_FEW: Final = 256
"""Blocks with few shown lines that are remembered: a page may hold as many as it has rows."""


@dataclass(frozen=True, slots=True)
class PageLine:
    """A line that is shown."""

    number: int
    """Its place among all lines of the index, from 0."""
    raw: str
    end: int
    """Offset in the file behind its text."""


class LogPages:
    """Counts the chosen lines of each block: 8 bytes for 64 KiB of log, whatever is chosen.

    A block is judged once, when enough stands behind it; the last ones again as the file grows.
    Whoever reads while another thread grows it sees what was counted so far; several may grow it.
    """

    def __init__(self, index: LineIndex, shown: LogFilter, start: int = 0) -> None:
        """Begin with block `start`; what stands before it is not shown."""
        self.index = index
        self.shown = shown
        self._start = start
        self._lock = RLock()
        self._counts = array("Q", [0])
        self._known = array("i")
        self._open: tuple[int, tuple[int, ...]] = (-1, ())
        self._kept: dict[tuple[int, int], tuple[Block, Sequence[int]]] = {}
        self._few: dict[tuple[int, int], tuple[PageLine, ...]] = {}

    def __len__(self) -> int:
        """Return how many lines are shown, of those that were counted."""
        return self._counts[-1] + sum(self._open[1])

    @property
    def is_complete(self) -> bool:
        """True when all that is indexed was counted."""
        return self._open[0] == self.index.scanned

    @property
    def progress(self) -> float:
        """How much of what is indexed was judged, from 0 to 1."""
        return 1.0 if self.is_complete else self._done / max(1, self.index.block_count)

    @property
    def _done(self) -> int:
        """The first block that is not counted for good."""
        return self._start + len(self._counts) - 1

    def learn(self, other: LogPages) -> None:
        """Take over what was counted with the same filter from a later block on."""
        known = array("i", [-1] * other._start)
        known.extend(after - one for one, after in pairwise(other._counts))
        self._known = known

    def grow(self, budget: int = BUDGET_BLOCKS) -> bool:
        """Count at most `budget` further blocks; return True when something changed."""
        with self._lock:
            return self._grow(budget)

    def _grow(self, budget: int) -> bool:
        scanned = self.index.scanned
        if self._open[0] == scanned:
            return False
        done = self._done
        behind = scanned - self.index.begin - AHEAD_BYTES
        settled = max(done, behind // BLOCK_BYTES)
        before = self._open
        self._open = (-1, ())
        for number in range(done, min(settled, done + budget)):
            self._counts.append(self._counts[-1] + self._count(number))
        if self._done >= settled:
            rest = range(settled, -(-(scanned - self.index.begin) // BLOCK_BYTES))
            self._open = (scanned, tuple(len(self._judge(number)[1]) for number in rest))
        return before != self._open or self._done > done

    def _count(self, number: int) -> int:
        if number < len(self._known) and self._known[number] >= 0:
            return self._known[number]
        return len(self._judge(number, keeps=False)[1])

    def _judge(self, number: int, *, keeps: bool = True) -> tuple[Block, Sequence[int]]:
        """Return a block and which of its lines are shown."""
        key = self._key(number)
        found = self._kept.get(key)
        if found is None:
            block = self.index.read_block(number, with_context=self.shown.wants_context)
            found = (block, self.shown.chosen(block))
            if keeps:
                with self._lock:
                    _keep(self._kept, key, found, _MOST_KEPT)
        return found

    def _key(self, number: int) -> tuple[int, int]:
        """Return what stays the same while a block is to be judged in the same way."""
        behind = self.index.begin + (number + 1) * BLOCK_BYTES + AHEAD_BYTES
        return number, min(self.index.scanned, behind)

    def _part(self, number: int, start: int, stop: int) -> Sequence[PageLine]:
        """Return some of the shown lines of a block; where they are few, they are remembered."""
        key = self._key(number)
        few = self._few.get(key)
        if few is not None:
            return few[start:stop]
        block, places = self._judge(number)
        if len(places) > _FEW:
            return _page_lines(block, places[start:stop])
        lines = _page_lines(block, places)
        with self._lock:
            _keep(self._few, key, lines, _MOST_FEW)
        return lines[start:stop]

    def read(self, first: int, count: int) -> list[PageLine]:
        """Return up to `count` shown lines from row `first` on."""
        lines: list[PageLine] = []
        row, last = max(0, first), min(first + count, len(self))
        while row < last:
            number, before = self._block_at(row)
            part = self._part(number, row - before, last - before)
            if not part:
                break
            lines += part
            row += len(part)
        return lines

    def _block_at(self, row: int) -> tuple[int, int]:
        """Return the block that holds a row, and how many rows stand before it."""
        settled = self._counts[-1]
        if row < settled:
            at = bisect_right(self._counts, row) - 1
            return self._start + at, self._counts[at]
        number, before = self._done, settled
        for count in self._open[1]:
            if row < before + count:
                break
            number, before = number + 1, before + count
        return number, before

    def row_of(self, number: int) -> int:
        """Return the row of that line, or of the next one that is shown."""
        block = self.index.block_of(number)
        if block < self._start:
            return 0
        at, settled = block - self._start, len(self._counts) - 1
        before = self._counts[min(at, settled)] + sum(self._open[1][: max(0, at - settled)])
        found, places = self._judge(block)
        return before + bisect_left(places, number - found.first)

    def nearest(self, number: int, *, forward: bool) -> Iterator[PageLine | None]:
        """Yield None after each block without one, then the first shown line from `number` on.

        It goes around the end, or the beginning. What is counted on the way is kept.
        """
        index, count = self.index, self.index.block_count
        start = index.block_of(number)
        if len(self._known) < count:
            self._known.extend([-1] * (count - len(self._known)))
        step = 1 if forward else -1
        for hop in range(count + 1):
            at = (start + step * hop) % count
            block, places = self._judge(at, keeps=False)
            self._known[at] = len(places)
            if hop == 0:
                places = [one for one in places if (block.first + one - number) * step >= 0]
            if places:
                one = places[0] if forward else places[-1]
                yield PageLine(block.first + one, block.text(one), block.end(one))
                return
            yield None


def _page_lines(block: Block, places: Sequence[int]) -> tuple[PageLine, ...]:
    ends = _ends(block, places)
    return tuple(
        PageLine(block.first + at, block.text(at), end)
        for at, end in zip(places, ends, strict=True)
    )


def _keep(memory: dict[_Key, _Kept], key: _Key, value: _Kept, most: int) -> None:
    while len(memory) >= most:
        memory.pop(next(iter(memory)), None)
    memory[key] = value


def _ends(block: Block, places: Sequence[int]) -> Iterator[int]:
    end, done = block.offset - 1, 0
    for at in places:
        end += sum(map(len, block.lines[done : at + 1])) + at + 1 - done
        done = at + 1
        yield end
