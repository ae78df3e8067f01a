"""When the epochs of a run ended on the wall clock: by its results, or by how its log grew."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Final

from cockpit.files import modified, open_regular, read_end, read_json, size_of
from cockpit.metrics.readers import open_reader, reads_log
from cockpit.runs.attempt import parse_attempt
from cockpit.runs.layout import RunPaths
from cockpit.views.run_view import RunView

LARGEST_LOG_BYTES: Final = 32 << 20
"""A longer log is not read again for this."""
MOST_STEPS: Final = 1500
"""Into so many pieces a log is cut at the most."""
PIECE_BYTES: Final = 1 << 20
"""Pieces are not larger: the deadline is looked at between two."""
PATIENCE_S: Final = 3.0
"""Whoever learns from a run has the time; a log of 32 MiB on a busy machine takes it."""
HIDDEN: Final = 1.03
"""A log whose epochs take so much longer than the trainer says shows what it leaves out:
validation, or the time between two epochs."""
RESOLUTION_S: Final = 2.0
"""Two sizes of a log are a second apart: a span between them may be so much off."""
SLACK_S: Final = 1.0
"""A file system may tell a time as much too early or too late."""
HEAD_BYTES: Final = 64 << 10
"""So much of the start and of the end of a log tells what reads it."""
MOST_ATTEMPTS: Final = 1000
CLOCK: Final = b'"kind":"clock"'
"""In a line of events.jsonl: somebody set the clock of the host while the run went on."""

LOGS: Final = {"yolov7-txt": "yolov7-log", "ultralytics-csv": "ultralytics-log"}
"""Reader of results that may tell no times to the reader of the same trainer's log."""

Ends = Sequence[tuple[int, float]]
"""(epoch, epoch seconds at its end)."""


@dataclass(frozen=True, slots=True)
class EpochWalls:
    """The ends of epochs. They rise; one may be missing."""

    parts: tuple[tuple[tuple[int, float], ...], ...]
    """Between two parts lies a break: another attempt began."""
    is_placed: bool
    """They are epoch seconds; False: only the time between them counts."""
    is_by_log: bool = False
    """A log that grew dates them, to a second; False: their trainer told them."""

    @property
    def ends(self) -> tuple[tuple[int, float], ...]:
        """Return the ends of all parts."""
        return tuple(chain.from_iterable(self.parts))


NO_WALLS: Final = EpochWalls((), is_placed=False)


def epoch_walls(view: RunView) -> EpochWalls:
    """Return when the epochs ended, by what tells it best.

    The times that a trainer writes count from its own start. Its results file was last written
    with the last row, which places them; a log is placed by the sizes that were noted.
    """
    told = tuple(view.metrics.epoch_ends)
    seen = _seen(view, is_told=bool(told))
    span_s = _span(told)
    if _span(seen.ends) > max(HIDDEN * span_s, span_s + RESOLUTION_S) or (seen.ends and not told):
        parts = _between(seen.ends, seen.breaks)
        return EpochWalls(parts, is_placed=True, is_by_log=True)
    if not told:
        return NO_WALLS
    placed_s = _placed_s(view, told, seen.ends)
    shift_s = 0.0 if placed_s is None else placed_s - told[-1][1]
    ends = [(epoch, end_s + shift_s) for epoch, end_s in told]
    return EpochWalls(_after(ends, view.metrics.resumed_after), is_placed=placed_s is not None)


def clock_was_set(view: RunView) -> bool:
    """Say whether the clock of the host was set while the run went on, or the host slept."""
    try:
        with open_regular(RunPaths(view.directory).events) as events:
            return any(CLOCK in line for line in events)
    except OSError:
        return False


def _seen(view: RunView, *, is_told: bool) -> Seen:
    """Return the ends as the log grew; nothing where that tells none or not truly."""
    if view.opened is not None or clock_was_set(view):
        return Seen()
    if reads_log(view.reader):
        return seen_in_log(view, view.reader)
    name = None if is_told else LOGS.get(view.reader) or _reader_of(view.log)
    seen = seen_in_log(view, name) if name is not None else Seen()
    done = view.metrics.epoch or 0
    # A log that counts anything else would date other things than epochs.
    return seen if seen.ends and seen.ends[-1][0] in (done - 1, done) else Seen()


def _reader_of(log: Path) -> str | None:
    """Return what reads a log of which nobody said anything; None: nothing does."""
    from cockpit.metrics.detect import recognise

    try:
        with open_regular(log) as opened:
            head = opened.read(HEAD_BYTES)
        _, end = read_end(log, HEAD_BYTES)
    except OSError:
        return None
    name = recognise(head, end.encode())
    return name if name is not None and reads_log(name) else None


def _placed_s(view: RunView, told: Ends, seen: Ends) -> float | None:
    """Return when the last epoch that the trainer tells ended."""
    if view.opened is not None:
        return None  # copies carry the time at which they were made
    if view.results_written is not None and view.metrics.epoch == told[-1][0]:
        return view.results_written
    return dict(seen).get(told[-1][0])


@dataclass(frozen=True, slots=True)
class Seen:
    """What a log told, and when."""

    ends: Ends = ()
    breaks: Sequence[float] = ()
    """When a further attempt or phase began, at which its count may start again."""


def seen_in_log(view: RunView, reader_name: str) -> Seen:
    """Return when the log first told that an epoch was done, to a second.

    It is read again in the pieces in which its supervisor saw it grow.
    """
    paths = RunPaths(view.directory)
    if size_of(paths.log) > LARGEST_LOG_BYTES:
        return Seen()
    reader = open_reader(reader_name)
    deadline = time.monotonic() + PATIENCE_S
    ends: list[tuple[int, float]] = []
    breaks, segments = _attempts(view), 0
    for moment_s, lines in _pieces(paths, view.ended):
        reader.feed(lines)
        table = reader.table()
        done = table.epoch or 0
        if len(table.segments) > segments > 0:
            breaks.append(moment_s)
        segments = len(table.segments)
        while ends and ends[-1][0] > done:  # it went back: the same epochs are done again
            ends.pop()
        if done > (ends[-1][0] if ends else 0):
            ends.append((done, moment_s))
        if time.monotonic() > deadline:
            return Seen()
    return Seen(ends, breaks)


def _pieces(paths: RunPaths, ended_s: float | None) -> Iterator[tuple[float, list[str]]]:
    """Yield the log in pieces, whole lines, each with when it had been written."""
    rest = b""
    try:
        with open_regular(paths.log) as log:
            for moment_s, size_bytes in _moments(paths, ended_s):
                while log.tell() < size_bytes:
                    piece = log.read(min(PIECE_BYTES, size_bytes - log.tell()))
                    if not piece:
                        break
                    *lines, rest = (rest + piece).split(b"\n")
                    yield moment_s, [line.decode("utf-8", "replace") for line in lines]
    except OSError:
        return


def _moments(paths: RunPaths, ended_s: float | None) -> list[tuple[float, int]]:
    """Return when the log had which size, in no more than so many steps.

    No part of it was written later than the last: a supervisor that adopts a run may find hours of
    it at once, and none sees the last words of a job that ends.
    """
    sizes = _sizes(paths.log_sizes)
    if not sizes:
        return []
    *earlier, (moment_s, size_bytes) = sizes
    steps = earlier[:: max(1, -(-len(earlier) // MOST_STEPS))]
    written_s = modified(paths.log)
    before_s = earlier[-1][0] if earlier else 0.0
    if not before_s - SLACK_S <= written_s <= (ended_s or math.inf) + SLACK_S:
        return [*steps, (moment_s, size_bytes)]  # somebody touched it since
    return [*steps, (min(moment_s, written_s), size_bytes), (written_s, size_of(paths.log))]


def _sizes(file: Path) -> list[tuple[float, int]]:
    """Return when the log had which size."""
    found = []
    try:
        with open_regular(file) as opened:
            for line in opened:
                try:
                    value = json.loads(line)
                    found.append((float(value["t"]), int(value["bytes"])))
                except (ValueError, TypeError, KeyError, OverflowError):
                    continue
    except OSError:
        return []
    return found


def _attempts(view: RunView) -> list[float]:
    """Return when the later attempts began, epoch seconds."""
    paths = RunPaths(view.directory)
    numbers = range(2, min(view.attempt, MOST_ATTEMPTS) + 1)
    found = (parse_attempt(read_json(paths.attempt(number))) for number in numbers)
    return [one.time for one in found if one is not None]


def _between(ends: Ends, breaks: Sequence[float]) -> tuple[tuple[tuple[int, float], ...], ...]:
    """Return the ends parted where a break lies between two of them, by the clock."""
    return _parted(ends, lambda one, two: any(one[1] < at <= two[1] for at in breaks))


def _after(ends: Ends, resumed: Sequence[float]) -> tuple[tuple[tuple[int, float], ...], ...]:
    """Return the ends parted after the epochs at which an attempt went on."""
    return _parted(ends, lambda one, two: any(one[0] <= at < two[0] for at in resumed))


def _parted(
    ends: Ends, has_break: Callable[[tuple[int, float], tuple[int, float]], bool]
) -> tuple[tuple[tuple[int, float], ...], ...]:
    parts: list[list[tuple[int, float]]] = [list(ends[:1])]
    for one, two in pairwise(ends):
        if has_break(one, two):
            parts.append([])
        parts[-1].append(two)
    return tuple(map(tuple, parts))


def _span(ends: Ends) -> float:
    return ends[-1][1] - ends[0][1] if len(ends) > 1 else 0.0
