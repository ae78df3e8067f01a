"""Search in a log, a piece at a time, around its end and back to where it began. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from cockpit.metrics.log_lines import clean

BLOCK_LINES: Final = 1000


class Lines(Protocol):
    """What is searched: `line_index.LineIndex`."""

    def __len__(self) -> int:
        """Return how many lines there are."""
        ...

    def read(self, first: int, count: int) -> Sequence[str]:
        """Return raw lines."""
        ...


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that holds what was searched for."""

    number: int
    is_wrapped: bool
    """It was reached around the end, or the beginning."""


def search(lines: Lines, wanted: str, start: int, *, forward: bool) -> Iterator[Hit | None]:
    """Yield None after each block without a hit, and the first hit from line `start` on.

    Case is ignored. Every line is looked at once, that of the start last when it is no hit.
    """
    needle, count = wanted.casefold(), len(lines)
    start = max(0, min(start, count - 1))
    ahead, around = (
        (range(start, count), range(start)) if forward
        else (range(start, -1, -1), range(count - 1, start, -1))
    )  # fmt: skip
    for numbers, is_wrapped in ((ahead, False), (around, True)):
        for at in range(0, len(numbers), BLOCK_LINES):
            number = _hit(lines, needle, numbers[at : at + BLOCK_LINES])
            yield None if number is None else Hit(number, is_wrapped)


def _hit(lines: Lines, needle: str, numbers: range) -> int | None:
    low = min(numbers[0], numbers[-1])
    block = lines.read(low, len(numbers))
    if not _may_hold(block, needle):
        return None
    for number in numbers:
        if number - low < len(block) and needle in clean(block[number - low]).casefold():
            return number
    return None


def _may_hold(block: Sequence[str], needle: str) -> bool:
    """Spare a block the cleaning of its lines, unless codes may stand inside what is wanted."""
    text = "\n".join(block)
    return needle in text.casefold() or any(code in text for code in "\x1b\b\t")
