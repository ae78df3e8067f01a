"""The lines of each rank, put together again where torchrun's --tee has cut and mixed them."""

from __future__ import annotations

import re
from typing import Final

from cockpit.metrics.log_lines import split_prefix

_HEADER: Final = re.compile(r"\[(?:default|trainer|worker)(\d{1,6})\]:")
"""Written before whatever a rank has said since torchrun looked last: half a line, too."""
LONGEST: Final = 1 << 16
"""Of a line that never ends so much of its end is kept."""


class RankLines:
    """Takes the lines of a log and hands out those that each rank wrote.

    `[default0]:Average Lo[default1]:Epoch 2` and `[default0]:ss: 5` hold `Epoch 2` of rank 1 and
    `Average Loss: 5` of rank 0.
    """

    def __init__(self) -> None:
        self._begun: dict[int, str] = {}

    def take(self, line: str) -> tuple[int | None, str]:
        """Return the rank whose line ends here, and that line; None where no rank is named."""
        *begun, (rank, text) = self._pieces(line)
        for other, piece in begun:
            if other is not None:
                self._begun[other] = (self._begun.get(other, "") + piece)[-LONGEST:]
        return rank, text if rank is None else self._begun.pop(rank, "") + text

    def look(self, unfinished: str) -> list[tuple[int | None, str]]:
        """Return what each rank has written of the line that has no end yet, newest first."""
        so_far = dict(self._begun)
        found: list[tuple[int | None, str]] = []
        for rank, piece in self._pieces(unfinished):
            text = piece if rank is None else so_far.get(rank, "") + piece
            if rank is not None:
                so_far[rank] = text
            found.insert(0, (rank, text))
        return found

    def _pieces(self, line: str) -> list[tuple[int | None, str]]:
        if not line.startswith(("[", "\x1b")):
            return [(None, line)]  # nearly all lines, where no rank is named
        first = _HEADER.match(line)
        if first is None:
            return [split_prefix(line)]
        parts = _HEADER.split(line[first.start() :])[1:]
        pairs = zip(parts[::2], parts[1::2], strict=True)
        return [_global_rank(int(rank), text) for rank, text in pairs]


def _global_rank(local_rank: int, text: str) -> tuple[int | None, str]:
    """Return a piece with the rank that it names itself, as torch's tracebacks do: `[rank5]:`."""
    rank, rest = split_prefix(text)
    return (local_rank, text) if rank is None else (rank, rest)
