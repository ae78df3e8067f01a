"""How long the epochs of a run that is over took, and what came before and after them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Final

from cockpit.analysis.forecast.time.by_catalog import END_S, START_OF_CPU_S, START_S
from cockpit.analysis.forecast.time.by_measurement import END_OF_START
from cockpit.analysis.pace import Length, lengths_of
from cockpit.analysis.usual_epoch import UsualEpoch, usual_epoch
from cockpit.runs.record import RunRecord
from cockpit.views.epoch_walls import RESOLUTION_S, EpochWalls, clock_was_set, epoch_walls
from cockpit.views.foretold import took_s
from cockpit.views.run_view import RunView

LEAST_EPOCHS: Final = 2
"""The first one holds the start-up: alone it tells nothing."""
MOST_EPOCHS: Final = 5000
"""So many of the newest are looked at."""
APART_S: Final = 10.0
"""Ends that are known to a second are taken this far apart at least: then their lengths are right
to a tenth."""
LEAST_SPAN_S: Final = 2 * RESOLUTION_S
"""A shorter time between two such ends tells less than the whole run does."""
AT_ODDS: Final = 1.05
"""Epochs that took so much longer than their run, and"""
AT_ODDS_S: Final = 5.0
"""so many seconds, were timed by a clock that was set."""
SURE: Final = 3
"""So many epochs tell, where the clock was set, which of them it falsified;"""
SAME: Final = 1.5
"""it is those which differ from the others by this factor."""
LIKELY_SHARE: Final = 0.25
MOST_SHARE: Final = 0.7
"""The start of a short run is no larger share of it than these. Assumed."""


@dataclass(frozen=True, slots=True)
class EpochPace:
    """The times of a run in seconds; None where nobody saw them."""

    epoch: UsualEpoch
    start_s: float | None = None
    """Before the first epoch, of its last attempt."""
    end_s: float | None = None
    """After the last one."""
    lengths: tuple[Length, ...] = ()
    """Of epochs that were timed one by one."""
    is_bounded: bool = False
    """None was: `epoch` is a share of a longer time, and its range how far off it may be."""


def epoch_pace(view: RunView, record: RunRecord | None) -> EpochPace | None:
    """Return the times of a run; None where fewer than two epochs are known to be done."""
    if (view.epoch or 0) < LEAST_EPOCHS:
        return None
    walls = epoch_walls(view)
    lengths = _lengths(view, record, walls)
    usual = usual_epoch([one.seconds for one in lengths])
    if usual is not None and not _is_at_odds(lengths, view):
        # Of epochs that ended within one span of a log only their mean is known.
        alone = tuple(one for one in lengths if one.seconds >= APART_S)
        told = alone if walls.is_by_log else lengths
        return EpochPace(usual, *_phases(view, walls, usual), told)
    return _by_span(view, walls) or _by_whole(view, record)


def _lengths(view: RunView, record: RunRecord | None, walls: EpochWalls) -> tuple[Length, ...]:
    """Return how long the epochs took, those left out that hold a start-up.

    After a change of batch or ranks only those of the last attempt count.
    """
    resumed, asked = view.metrics.resumed_after, view.asked
    parts = walls.parts
    if record is not None and resumed:
        before = (record.world_size, record.batch_per_rank)
        if before != (asked.world_size, asked.batch_per_rank):
            parts = tuple(part for part in parts if part and part[0][0] > resumed[-1])
    if walls.is_by_log:
        found = tuple(chain.from_iterable(map(_apart, parts)))[-MOST_EPOCHS:]
    else:
        found = tuple(chain.from_iterable(lengths_of(part, resumed, MOST_EPOCHS) for part in parts))
    is_first = bool(parts) and bool(parts[0]) and parts[0][0][0] == 0
    found = found[1 if is_first else 0 :]
    return _undisturbed(found) if found and clock_was_set(view) else found


def _apart(part: Sequence[tuple[int, float]]) -> list[Length]:
    """Return the epochs between ends that are known to a second; those of one span are alike."""
    kept = list(part[:1])
    for end in part[1:]:
        if end[1] - kept[-1][1] >= APART_S:
            kept.append(end)
    if len(kept) > 1:
        kept[-1] = part[-1]
    return [
        Length(epoch, (end_s - start_s) / (last - first))
        for (first, start_s), (last, end_s) in pairwise(kept)
        if last - first <= MOST_EPOCHS and end_s > start_s
        for epoch in range(first + 1, last + 1)
    ]


def _undisturbed(lengths: tuple[Length, ...]) -> tuple[Length, ...]:
    """Return those that are alike, of a run while which somebody set the clock."""
    middle_s = statistics.median(one.seconds for one in lengths)
    alike = tuple(one for one in lengths if 1 / SAME <= one.seconds / middle_s <= SAME)
    return alike if len(alike) >= SURE else ()


def _is_at_odds(lengths: Sequence[Length], view: RunView) -> bool:
    """Say whether epochs took longer than the run that they were part of."""
    if view.opened is not None or view.ended is None or view.duration_s is None:
        return False
    spent_s = math.fsum(one.seconds for one in lengths)
    return spent_s > max(AT_ODDS * view.duration_s, view.duration_s + AT_ODDS_S)


def _phases(
    view: RunView, walls: EpochWalls, usual: UsualEpoch
) -> tuple[float | None, float | None]:
    """Return start and end of the last attempt: whose epochs lie where they are said to lie."""
    began_s = view.attempt_started or view.started
    resumed_s = view.metrics.resumed_after[-1] if view.metrics.resumed_after else 0
    own = [end for end in walls.ends if end[0] > resumed_s]
    if began_s is None or view.ended is None or not walls.is_placed or not own:
        return None, None
    first_epoch, first_end_s = own[0]
    start_s = first_end_s - began_s - (first_epoch - resumed_s) * usual.seconds
    end_s = view.ended - own[-1][1]
    if start_s < -usual.seconds or end_s < 0:
        return None, None  # the trainer's times, or those of its file, are not of this clock
    is_whole = took_s(view) is not None
    return round(max(0.0, start_s), 3), round(end_s, 3) if is_whole else None


def _by_span(view: RunView, walls: EpochWalls) -> EpochPace | None:
    """Return the times by a few seconds between two ends that a log dates."""
    part = walls.parts[-1] if walls.is_by_log and walls.parts else ()
    if len(part) < 2 or part[-1][1] - part[0][1] < LEAST_SPAN_S:
        return None
    epochs, span_s = part[-1][0] - part[0][0], part[-1][1] - part[0][1]
    usual = UsualEpoch(
        span_s / epochs, (span_s - RESOLUTION_S) / epochs, (span_s + RESOLUTION_S) / epochs
    )
    return EpochPace(usual, *_phases(view, walls, usual), is_bounded=True)


def has_gpus(view: RunView) -> bool:
    """Say whether real GPUs did the work."""
    return bool(view.gpus or view.asked.gpu_names) and not view.is_simulated


def _by_whole(view: RunView, record: RunRecord | None) -> EpochPace | None:
    """Return the times by what the whole took to the last epoch, less a start that is assumed.

    Of one attempt alone: nobody knows how much of an earlier one was done again.
    """
    began_s = view.attempt_started or view.started
    is_one = view.attempt == 1 and len(view.metrics.segments) < 2
    if record is None or began_s is None or not is_one or view.metrics.resumed_after:
        return None
    besides = START_S if has_gpus(view) else START_OF_CPU_S
    written_s, ended_s = view.results_written, view.ended
    is_written = written_s is not None and began_s < written_s <= (ended_s or math.inf)
    if written_s is None or not is_written or view.epoch != view.metrics.epoch:
        if took_s(view) is None or ended_s is None:
            return None  # it did part of an epoch more, and nobody knows how much
        written_s, is_written, besides = ended_s, False, besides + END_S
    whole_s, done = written_s - began_s, view.epoch or 1
    if whole_s <= 0:
        return None
    likely_s = min(besides.likely, LIKELY_SHARE * whole_s)
    most_s = min(besides.high, MOST_SHARE * whole_s)
    usual = UsualEpoch((whole_s - likely_s) / done, (whole_s - most_s) / done, whole_s / done)
    if is_written:
        end_s = None if ended_s is None or took_s(view) is None else round(ended_s - written_s, 3)
        return EpochPace(usual, round(likely_s, 3), end_s, is_bounded=True)
    # A forecast adds an end in proportion to a start that has none.
    start_s = likely_s / (1 + END_OF_START.likely)
    return EpochPace(usual, round(start_s, 3), is_bounded=True)
