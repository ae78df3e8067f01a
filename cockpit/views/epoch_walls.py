"""When the epochs of a run ended on the wall clock: by its results, or by how its log grew."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cockpit.files import open_regular, size_of
from cockpit.metrics.readers import open_reader, reads_log
from cockpit.runs.layout import RunPaths
from cockpit.views.run_view import RunView

LARGEST_LOG_BYTES: Final = 32 << 20
"""A longer log is not read again for this."""
MOST_STEPS: Final = 1500
"""Into so many pieces a log is cut at the most."""
PIECE_BYTES: Final = 1 << 20
"""Pieces are not larger: the deadline is looked at between two."""
PATIENCE_S: Final = 0.5
HIDDEN: Final = 1.03
"""A log whose epochs take so much longer than the trainer says shows what it leaves out:
validation, or the time between two epochs."""
RESOLUTION_S: Final = 2.0
"""Two sizes of a log are a second apart: a span between them may be so much off."""

LOGS: Final = {"yolov7-txt": "yolov7-log", "ultralytics-csv": "ultralytics-log"}
"""Reader of results that may tell no times to the reader of the same trainer's log."""

Ends = Sequence[tuple[int, float]]
"""(epoch, epoch seconds at its end)."""


@dataclass(frozen=True, slots=True)
class EpochWalls:
    """The ends of epochs. They rise; one may be missing."""

    ends: tuple[tuple[int, float], ...]
    is_placed: bool
    """They are epoch seconds; False: only the time between them counts."""


NO_WALLS: Final = EpochWalls((), is_placed=False)


def epoch_walls(view: RunView) -> EpochWalls:
    """Return when the epochs ended, by what tells it best.

    The times that a trainer writes count from its own start. Its results file was last written
    with the last row, which places them; a log is placed by the sizes that were noted.
    """
    told = tuple(view.metrics.epoch_ends)
    name = view.reader if reads_log(view.reader) else None if told else LOGS.get(view.reader)
    seen = seen_in_log(view, name) if name is not None and view.opened is None else ()
    if _span(seen) > max(HIDDEN * _span(told), _span(told) + RESOLUTION_S):
        return EpochWalls(tuple(seen), is_placed=True)
    if not told:
        return NO_WALLS
    placed_s = _placed_s(view, told, seen)
    if placed_s is None:
        return EpochWalls(told, is_placed=False)
    shift_s = placed_s - told[-1][1]
    return EpochWalls(tuple((epoch, end_s + shift_s) for epoch, end_s in told), is_placed=True)


def _placed_s(view: RunView, told: Ends, seen: Ends) -> float | None:
    """Return when the last epoch that the trainer tells ended."""
    if view.opened is not None:
        return None  # copies carry the time at which they were made
    if view.results_written is not None and view.metrics.epoch == told[-1][0]:
        return view.results_written
    return dict(seen).get(told[-1][0])


def seen_in_log(view: RunView, reader_name: str) -> Ends:
    """Return when the log first told that an epoch was done, to a second.

    It is read again in the pieces in which its supervisor saw it grow.
    """
    paths = RunPaths(view.directory)
    if size_of(paths.log) > LARGEST_LOG_BYTES:
        return ()
    reader = open_reader(reader_name)
    deadline = time.monotonic() + PATIENCE_S
    ends: list[tuple[int, float]] = []
    for moment_s, lines in _pieces(paths):
        reader.feed(lines)
        done = reader.table().epoch or 0
        while ends and ends[-1][0] > done:  # it went back: the same epochs are done again
            ends.pop()
        if done > (ends[-1][0] if ends else 0):
            ends.append((done, moment_s))
        if time.monotonic() > deadline:
            return ()
    return ends


def _pieces(paths: RunPaths) -> Iterator[tuple[float, list[str]]]:
    """Yield the log in pieces, whole lines, each with when it had been written."""
    sizes = _sizes(paths.log_sizes)
    every = max(1, -(-len(sizes) // MOST_STEPS))
    rest = b""
    try:
        with open_regular(paths.log) as log:
            sizes = [*sizes[:-1:every], *sizes[-1:]]
            for moment_s, size_bytes in sizes:
                while log.tell() < size_bytes:
                    piece = log.read(min(PIECE_BYTES, size_bytes - log.tell()))
                    if not piece:
                        break
                    *lines, rest = (rest + piece).split(b"\n")
                    yield moment_s, [line.decode("utf-8", "replace") for line in lines]
    except OSError:
        return


def _sizes(file: Path) -> list[tuple[float, int]]:
    """Return when the log had which size."""
    found = []
    try:
        for line in file.read_bytes().splitlines():
            try:
                value = json.loads(line)
                found.append((float(value["t"]), int(value["bytes"])))
            except (ValueError, TypeError, KeyError):
                continue
    except OSError:
        return []
    return found


def _span(ends: Ends) -> float:
    return ends[-1][1] - ends[0][1] if len(ends) > 1 else 0.0
