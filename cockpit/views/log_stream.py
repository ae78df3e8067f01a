"""The lines of a log one after another, as fast as they are read and as they come."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

from cockpit.line_index import AHEAD_BYTES, BLOCK_BYTES, END_BYTES, LineIndex
from cockpit.views.log_filter import LogFilter
from cockpit.views.log_pages import LogPages, PageLine

_GROW_BYTES: Final = 1 << 20
_LARGER: Final = 8


class LogStream:
    """Hands out each line that is shown, once; what a file of any size takes is a few blocks."""

    def __init__(
        self, path: Path, shown: LogFilter, begin: int = 0, skip: int = 0, rank: int | None = None
    ) -> None:
        """Begin at byte `begin`, and leave out the first `skip` lines from there."""
        self.path = path
        self.rank = rank
        """Whose lines they are, where that is known beforehand."""
        self.shown = shown
        self._index = LineIndex(path, begin)
        self._next = skip
        self._block = 0

    @classmethod
    def of_last(
        cls, path: Path, shown: LogFilter, count: int, begin: int = 0, rank: int | None = None
    ) -> Self:
        """Return what starts with the last `count` lines that are shown, of those from `begin`."""
        size = END_BYTES
        while True:
            end = LineIndex.of_end(path, size)
            reaches_begin = end.begin <= begin
            pages = LogPages(LineIndex(path, begin) if reaches_begin else end, shown)
            pages.index.finish()
            while pages.grow() and not pages.is_complete:
                pass
            if len(pages) >= count or reaches_begin:
                break
            size *= _LARGER
        lines = pages.read(max(0, len(pages) - count), 1) if count else []
        skip = lines[0].number if lines else len(pages.index)
        return cls(path, shown, pages.index.begin, skip, rank)

    def lines_before(self) -> int:
        """Return how many lines stand before those that are counted here."""
        if self._index.begin == 0:
            return 0
        whole = LineIndex(self.path)
        while whole.scanned < self._index.begin and whole.grow():
            pass
        return whole.number_at(self._index.begin)

    def read(self, *, is_final: bool) -> Iterator[PageLine]:
        """Yield what is there and was not yet handed out.

        A last line without its end waits for it, unless nothing more `is_final`ly comes.
        """
        while True:
            has_grown = self._index.grow(_GROW_BYTES)
            if self._index.is_stale:
                self._index, self._next, self._block = LineIndex(self.path), 0, 0
                continue
            yield from self._settled()
            if not has_grown or self._index.is_complete:
                break
        for number in range(self._block, self._index.block_count):
            yield from self._shown(number, until=self._finished(is_final=is_final))

    def _finished(self, *, is_final: bool) -> int:
        """Return the number behind the last line that may be handed out."""
        count = len(self._index)
        return count if is_final or self._index.ends_whole else count - 1

    def _settled(self) -> Iterator[PageLine]:
        behind = self._index.scanned - self._index.begin - AHEAD_BYTES
        while self._block < behind // BLOCK_BYTES:
            self._block += 1
            yield from self._shown(self._block - 1, until=len(self._index))

    def _shown(self, number: int, *, until: int) -> Iterator[PageLine]:
        block = self._index.read_block(number, with_context=self.shown.wants_context)
        end, done = block.offset - 1, 0
        for at in self.shown.chosen(block):
            end += sum(map(len, block.lines[done : at + 1])) + at + 1 - done
            done = at + 1
            if self._next <= block.first + at < until:
                self._next = block.first + at + 1
                yield PageLine(block.first + at, block.text(at), end)
