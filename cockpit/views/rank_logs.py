"""The log of each rank: torchrun's own files where it keeps some, else what prefixes tell."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cockpit.files import modified, open_regular, size_of
from cockpit.metrics.log_lines import split_prefix

_LOOK_BYTES: Final = 1 << 20
_PREFIX: Final = re.compile(rb"\[(?:default|trainer|worker|rank)(\d{1,6})\]:")
_STREAMS: Final = ("stdout.log", "stderr.log")


@dataclass(frozen=True, slots=True)
class RankLog:
    """What one rank printed, and where that stands."""

    name: str
    rank: int | None
    path: Path
    by_prefix: bool = False
    """Its lines stand between those of others."""


def rank_logs(log: Path, folder: Path | None) -> tuple[RankLog, ...]:
    """Return the logs of the ranks, in order; none where nobody tells them apart.

    `folder` is torchrun's `--log-dir`. Of a rank that wrote to both streams there are two.
    """
    kept = tuple(_kept(folder)) if folder is not None else ()
    return kept or tuple(RankLog(f"rank {rank}", rank, log, by_prefix=True) for rank in _named(log))


def rank_cells(log: Path) -> int:
    """Return how many digits the ranks have that prefixes tell apart; 0: they tell none apart."""
    return max((len(str(rank)) for rank in _named(log)), default=0)


def rank_sign(raw: str, cells: int = 0) -> str:
    """Return `r7│ ` for a line that names its rank, in that many digits; else nothing.

    Where no ranks are told apart, nothing is said of rank 0 either.
    """
    rank = split_prefix(raw)[0]
    if rank is None or (rank == 0 and not cells):
        return ""
    return f"r{rank:<{cells}}│ " if cells else f"r{rank}│ "


def _kept(folder: Path) -> list[RankLog]:
    found: list[RankLog] = []
    for rank, place in sorted(_rank_folders(folder).items()):
        streams = [place / name for name in _STREAMS if size_of(place / name) > 0]
        for path in streams or [place / _STREAMS[0]]:
            name = f"rank {rank}" + (" stderr" if path.stem == "stderr" else "")
            found.append(RankLog(name, rank, path))
    return found


def _rank_folders(folder: Path) -> dict[int, Path]:
    """Return the folder of each rank in the newest attempt."""
    attempts = sorted(folder.rglob("attempt_*"), key=modified)
    if not attempts:
        return {}
    return {
        int(one.name): one
        for one in attempts[-1].iterdir()
        if one.name.isdecimal() and one.is_dir()
    }


def _named(log: Path) -> list[int]:
    """Return the ranks that prefixes name at either end of a log; one rank alone is no choice."""
    try:
        with open_regular(log) as file:
            size = os.fstat(file.fileno()).st_size
            data = os.pread(file.fileno(), _LOOK_BYTES, 0)
            data += os.pread(file.fileno(), _LOOK_BYTES, max(len(data), size - _LOOK_BYTES))
    except OSError:
        return []
    ranks = sorted({int(found) for found in _PREFIX.findall(data)})
    return ranks if len(ranks) > 1 else []
