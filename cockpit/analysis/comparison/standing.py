"""One metric over all runs: last and best values, how much they vary, and what lies between."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cockpit.analysis.comparison.names import SameMetric
from cockpit.metrics.series import Goal, MetricSeries, Point, goal_of

SPREAD_POINTS: Final = 5
"""So many values at the end tell how much a metric varies by itself; fewer tell nothing."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one run stands in one metric. None: it does not have it."""

    last: Point | None = None
    """May be NaN."""
    best: Point | None = None
    spread: float | None = None
    """Highest minus lowest of the last `SPREAD_POINTS` finite values; None for too few."""
    at_same: float | None = None
    """The value at `ComparedMetric.same_x`."""
    best_by_same: Point | None = None
    """The best up to there."""


@dataclass(frozen=True, slots=True)
class Delta:
    """One run against the first one: its value minus the first one's."""

    best: float | None = None
    last: float | None = None
    best_by_same: float | None = None
    at_same: float | None = None


@dataclass(frozen=True, slots=True)
class ComparedMetric:
    """One metric of at least two runs."""

    same: SameMetric
    goal: Goal
    is_share: bool
    """All its values lie in 0 to 1 and more is better: differences are told in points."""
    standings: tuple[Standing, ...]
    """By run."""
    deltas: tuple[Delta, ...]
    """By run, against the first; the first one's own is empty."""
    same_x: float | None
    """The last place that all runs reached; None where all end there anyway."""
    is_comparable: bool = True
    """False where the trainers count it differently: then no run is better, and none is ahead."""

    @property
    def name(self) -> str:
        """The name that the first run which has it gives it."""
        return self.same.name


def compare_metric(
    same: SameMetric,
    curves: Sequence[MetricSeries | None],
    *,
    has_one_axis: bool,
    is_comparable: bool = True,
) -> ComparedMetric:
    """Return the metric over the runs; `curves` are theirs, None for a run without it."""
    known = [one for one in curves if one is not None]
    goal = goal_of(same.name)
    ends = {one.x[-1] for one in known}
    same_x = min(ends) if has_one_axis and len(ends) > 1 else None
    standings = tuple(_standing(one, goal, same_x) for one in curves)
    return ComparedMetric(
        same,
        goal,
        goal is Goal.UP and all(map(_is_in_unit_range, known)),
        standings,
        tuple(
            _delta(standings[0], one) if number and is_comparable else Delta()
            for number, one in enumerate(standings)
        ),
        same_x,
        is_comparable,
    )


def value_of(point: Point | None) -> float | None:
    """Return the value of a point, if there is one."""
    return None if point is None else point.value


def is_better(goal: Goal, one: float, other: float) -> bool:
    """Say whether `one` is better than `other`."""
    return one > other if goal is Goal.UP else one < other


def best_of(goal: Goal, values: Sequence[float | None]) -> int | None:
    """Return the index of the best value; None without one, or where two are equal at the top."""
    known = [(value, at) for at, value in enumerate(values) if value is not None]
    if goal is Goal.NONE or len(known) < 2:
        return None
    known.sort(reverse=goal is Goal.UP)
    return known[0][1] if known[0][0] != known[1][0] else None


def relative(delta: float | None, base: float | None) -> float | None:
    """Return a difference as a share of the value that it departs from; None where it has none."""
    if delta is None or base is None or base == 0 or not math.isfinite(base):
        return None
    share = delta / abs(base)
    return share if math.isfinite(100 * share) else None  # as a percentage it would be infinite


def spread_of(values: Sequence[float]) -> float | None:
    """Return how much the last values vary; None for too few."""
    finite: list[float] = []
    for at in range(len(values) - 1, -1, -1):
        if len(finite) == SPREAD_POINTS:
            break
        if math.isfinite(values[at]):
            finite.append(values[at])
    return max(finite) - min(finite) if len(finite) == SPREAD_POINTS else None


def _standing(series: MetricSeries | None, goal: Goal, same_x: float | None) -> Standing:
    if series is None:
        return Standing()
    until = len(series.x) if same_x is None else bisect_right(series.x, same_x)
    return Standing(
        series.last,
        _best(series, goal, len(series.x)),
        spread_of(series.values),
        series.values[until - 1] if same_x is not None and until else None,
        _best(series, goal, until) if same_x is not None else None,
    )


def best_up_to(series: MetricSeries, goal: Goal, x: float) -> Point | None:
    """Return the best finite point that lies at `x` or before."""
    return _best(series, goal, bisect_right(series.x, x))


def _best(series: MetricSeries, goal: Goal, until: int) -> Point | None:
    if goal is Goal.NONE:
        return None
    if series.extremes is not None and until == len(series.x):
        return series.extremes.high if goal is Goal.UP else series.extremes.low
    pairs = zip(series.x[:until], series.values[:until], strict=True)
    points = [Point(x, value) for x, value in pairs if math.isfinite(value)]
    choose = max if goal is Goal.UP else min
    return choose(points, key=lambda point: point.value, default=None)


def _is_in_unit_range(series: MetricSeries) -> bool:
    finite = [value for value in series.values if math.isfinite(value)]
    return not finite or (min(finite) >= 0 and max(finite) <= 1)


def _delta(base: Standing, one: Standing) -> Delta:
    return Delta(
        _difference(value_of(one.best), value_of(base.best)),
        _difference(value_of(one.last), value_of(base.last)),
        _difference(value_of(one.best_by_same), value_of(base.best_by_same)),
        _difference(one.at_same, base.at_same),
    )


def _difference(one: float | None, base: float | None) -> float | None:
    if one is None or base is None or not math.isfinite(one - base):
        return None
    return one - base
