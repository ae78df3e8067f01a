"""What of a curve deserves a mark: values that are no number, spikes, a long standstill. Pure.

A curve comes as pieces: its points, or of a long one the lowest and the highest of each block.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from statistics import median
from typing import Final

from cockpit.metrics.series import Axis, Goal

NEIGHBOURS: Final = 10
"""Pieces on each side that tell what is usual there."""
LEAST_NEIGHBOURS: Final = 5
AFTER: Final = 2
"""So many pieces after a spike tell that it is gone."""
SPIKE_MADS: Final = 8.0
"""A spike lies so many median deviations off: of a million normal values not one does."""
GONE_MADS: Final = 4.0
"""What comes after a spike is as near as this to what came before it."""
LEAST_DEVIATION: Final = 0.01
"""Of a curve without noise, this share of its value counts as its deviation."""
MOST_SPIKES: Final = 5
"""The highest; a curve with more shows by itself that it has them."""
GAIN: Final = 0.01
"""A best that is better by less than this share is none: of its value, or of all it has gained."""
LEAST_PLATEAU: Final = {Axis.EPOCH: 10.0, Axis.STEP: 1000.0}
"""So long it must have stood still."""
PLATEAU_PART: Final = 0.1
"""And at least for this part of the whole."""


class MarkKind(StrEnum):
    """What is marked."""

    NOT_FINITE = "NaN"
    SPIKE = "spike"
    PLATEAU = "plateau"


@dataclass(frozen=True, slots=True)
class CurveMark:
    """One place of a curve."""

    kind: MarkKind
    x: float
    """As the curve counts."""
    end: float | None = None
    """Of a stretch, its last x."""
    value: float | None = None
    """Of a spike how far it went, of a plateau the best so far."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """A curve, point by point or block by block."""

    xs: Sequence[float]
    """Where each begins."""
    lows: Sequence[float]
    highs: Sequence[float]
    finite: Sequence[bool]
    """Whether every value of a piece is finite; lows and highs are of those that are."""


def curve_marks(pieces: Pieces, goal: Goal, axis: Axis = Axis.EPOCH) -> tuple[CurveMark, ...]:
    """Return what deserves a mark, in the order of x."""
    found = [*not_finite(pieces), *spikes(pieces)]
    still = plateau(pieces, goal, axis)
    return tuple(sorted((*found, *([still] if still else [])), key=lambda mark: mark.x))


def not_finite(pieces: Pieces) -> tuple[CurveMark, ...]:
    """Return each stretch in which a value is NaN or infinite."""
    marks: list[CurveMark] = []
    was_finite = True
    for x, is_finite in zip(pieces.xs, pieces.finite, strict=True):
        if not is_finite:
            first = x if was_finite else marks.pop().x
            marks.append(CurveMark(MarkKind.NOT_FINITE, first, x))
        was_finite = is_finite
    return tuple(marks)


def spikes(pieces: Pieces) -> tuple[CurveMark, ...]:
    """Return the values far off their neighbourhood, after which all is as it was before.

    The last few cannot be told from a change that stays.
    """
    ups = _spikes(pieces.xs, pieces.highs)
    downs = _spikes(pieces.xs, [-low for low in pieces.lows])
    found = [*ups, *((x, off, -value) for x, off, value in downs)]
    highest = sorted(found, key=lambda one: one[1], reverse=True)[:MOST_SPIKES]
    return tuple(CurveMark(MarkKind.SPIKE, x, value=value) for x, _, value in sorted(highest))


def _spikes(xs: Sequence[float], values: Sequence[float]) -> list[tuple[float, float, float]]:
    """Return (x, height over its neighbours, value) of what rises far above them."""
    steps = [abs(b - a) for a, b in pairwise(values) if math.isfinite(b - a)]
    if len(steps) < LEAST_NEIGHBOURS:
        return []
    usual = median(steps)
    found = []
    for at in range(1, len(values) - AFTER):
        value = values[at]
        rises = value - values[at - 1] > usual and value >= values[at + 1]
        if rises and math.isfinite(value):
            height = _height(values, at, usual)
            if height > 0:
                found.append((xs[at], height, value))
    return found


def _height(values: Sequence[float], at: int, usual: float) -> float:
    """Return how far a spike lies above its neighbours; 0 where it is none.

    A median deviation of few neighbours may be small by chance: the usual step of the whole
    curve is its least.
    """
    before = _finite(values[max(0, at - NEIGHBOURS) : at])
    after = _finite(values[at + 1 : at + 1 + NEIGHBOURS])
    around = [*before, *after]
    if len(around) < LEAST_NEIGHBOURS or not before or len(after) < AFTER:
        return 0.0
    middle = median(around)
    deviation = median(abs(value - middle) for value in around)
    deviation = max(deviation, usual, LEAST_DEVIATION * abs(middle))
    stays = median(after[: AFTER + 1]) - median(before[-AFTER - 1 :]) > GONE_MADS * deviation
    height = values[at] - middle
    return height if not stays and height > SPIKE_MADS * deviation else 0.0


def _finite(values: Sequence[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)]


def plateau(pieces: Pieces, goal: Goal, axis: Axis = Axis.EPOCH) -> CurveMark | None:
    """Return since when the best has not become better by 1 %; None while it still does.

    An accuracy near 1 gains little of its value, and yet much.
    """
    if goal is Goal.NONE or not pieces.xs:
        return None
    ends = pieces.highs if goal is Goal.UP else [-low for low in pieces.lows]
    best, bests = -math.inf, []
    for value in ends:
        best = max(best, value) if math.isfinite(value) else best
        bests.append(best)
    if not math.isfinite(best):
        return None
    gained = best - next(value for value in bests if math.isfinite(value))
    least = best - GAIN * min(abs(best), gained)
    first = next(at for at, value in enumerate(bests) if value >= least)
    x, end = pieces.xs[first], pieces.xs[-1]
    whole = end - pieces.xs[0]
    if end - x < max(LEAST_PLATEAU.get(axis, math.inf), PLATEAU_PART * whole):
        return None
    return CurveMark(MarkKind.PLATEAU, x, end, best if goal is Goal.UP else -best)
