"""Which run is better, in one sentence that does not take noise for a difference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cockpit.analysis.comparison.names import key_of
from cockpit.analysis.comparison.standing import (
    SPREAD_POINTS,
    ComparedMetric,
    Standing,
    best_up_to,
    is_better,
    relative,
    value_of,
)
from cockpit.analysis.comparison.subject import Subject, is_complete
from cockpit.analysis.comparison.words import amount, percent_change
from cockpit.metrics.series import Axis, Goal, MetricSeries, Point
from cockpit.units import metric


@dataclass(frozen=True, slots=True)
class Verdict:
    """The sentence and what it says."""

    text: str
    """Without a full stop."""
    is_clear: bool = False
    """The difference is larger than what the metric varies by itself."""
    metric: str | None = None
    """The metric it is about."""
    better: int | None = None
    """The run that is clearly better."""


@dataclass(frozen=True, slots=True)
class _Duel:
    """The best run and the one that comes next, in one metric."""

    one: ComparedMetric
    first: int
    second: int

    @property
    def bests(self) -> tuple[Point, Point]:
        first, second = (self._standing(at).best for at in self.pair)
        if first is None or second is None:
            raise ValueError("a duel is between runs that have a best value")
        return first, second

    @property
    def delta(self) -> float:
        """How much better the first is; never negative."""
        first, second = self.bests
        return abs(first.value - second.value)

    @property
    def spread(self) -> float | None:
        spreads = [self._standing(at).spread for at in self.pair]
        known = [spread for spread in spreads if spread is not None]
        return max(known) if len(known) == len(spreads) else None

    @property
    def pair(self) -> tuple[int, int]:
        return self.first, self.second

    def _standing(self, at: int) -> Standing:
        return self.one.standings[at]


def primary_metric(
    metrics: Sequence[ComparedMetric], subjects: Sequence[Subject]
) -> ComparedMetric | None:
    """Return what the runs are judged by: the first headline metric they share, else a guess."""
    shared = [
        one
        for one in metrics
        if one.is_comparable
        and one.goal is not Goal.NONE
        and sum(best.best is not None for best in one.standings) > 1
    ]
    shared.sort(key=lambda one: -one.same.run_count)
    for subject in subjects:
        for name in subject.headline:
            found = [one for one in shared if key_of(one.name) == key_of(name)]
            if found:
                return found[0]
    ranks = {Goal.UP: 0, Goal.DOWN: 1}
    return min(
        shared,
        key=lambda one: (ranks[one.goal], "val" not in one.name.lower()),
        default=None,
    )


def judge(one: ComparedMetric | None, subjects: Sequence[Subject], axis: Axis | None) -> Verdict:
    """Return which run is better in this metric, and whether that is more than noise."""
    if one is None:
        return Verdict(
            "No verdict: the runs share no metric of which one knows which way is better"
        )
    duel = _duel(one)
    if duel is None:
        best = _ranked(one)[0][0]
        among = "" if len(subjects) == 2 else " between the two best"
        return Verdict(
            f"No difference in {one.name}{among}: the best is {metric(best)}", False, one.name
        )
    labels = [subject.label for subject in subjects]
    is_whole = all(is_complete(subjects[at]) for at in (duel.first, duel.second))
    reason = _doubt(duel, subjects, axis)
    so_far = "" if is_whole else "So far: "
    if reason is not None:
        none = "No" if is_whole else "no"
        text = f"{so_far}{none} clear difference in {one.name}: {_values(duel, labels)}, {reason}"
        return Verdict(text, False, one.name)
    place = "better" if len(subjects) == 2 else f"the best of {len(subjects)}"
    noise = amount(one, duel.spread or 0.0)
    return Verdict(
        f"{so_far}{labels[duel.first]} is {place} in {one.name}: {_values(duel, labels)}, "
        f"more than the last {SPREAD_POINTS} {axis or 'value'}s vary ({noise})",
        True,
        one.name,
        duel.first,
    )


def _duel(one: ComparedMetric) -> _Duel | None:
    """Return the two best runs, of equals none."""
    (first, first_at), (second, second_at) = _ranked(one)[:2]
    return _Duel(one, first_at, second_at) if first != second else None


def _ranked(one: ComparedMetric) -> list[tuple[float, int]]:
    """Return the best value of each run that has one, and which run it is; the best first."""
    found = [
        (standing.best.value, at)
        for at, standing in enumerate(one.standings)
        if standing.best is not None
    ]
    return sorted(found, key=lambda pair: pair[0], reverse=one.goal is Goal.UP)


def _values(duel: _Duel, labels: Sequence[str]) -> str:
    first, second = duel.bests
    told = f"{_pair(first.value, second.value)} of {labels[duel.second]}"
    more = "higher" if is_better(Goal.UP, first.value, second.value) else "lower"
    if duel.one.is_share:
        return f"best {told}, {amount(duel.one, duel.delta)} {more}"
    share = relative(duel.delta, second.value)
    if share is not None:
        return f"best {told}, {percent_change(share).lstrip('+')} {more}"
    by = f"{amount(duel.one, duel.delta)} " if math.isfinite(duel.delta) else ""
    return f"best {told}, {by}{more}"


def _pair(one: float, other: float) -> str:
    """Return `0.612 against 0.580`, with as many digits as tell them apart."""
    if metric(one) != metric(other):
        return f"{metric(one)} against {metric(other)}"
    return f"{one:.5g} against {other:.5g}"


def _doubt(duel: _Duel, subjects: Sequence[Subject], axis: Axis | None) -> str | None:
    """Return why the difference proves nothing; None: it does."""
    plural = f"{axis}s" if axis is not None else "values"
    if duel.spread is None:
        short = [subjects[at].label for at in duel.pair if duel.one.standings[at].spread is None]
        return f"but {short[0]} has too few {plural} to tell a difference from noise"
    if duel.delta <= duel.spread:
        noise = f" ({amount(duel.one, duel.spread)})" if math.isfinite(duel.spread) else ""
        return f"less than the last {SPREAD_POINTS} {plural} vary by themselves{noise}"
    return None if axis is None else _longer_only(duel, subjects, axis)


def _longer_only(duel: _Duel, subjects: Sequence[Subject], axis: Axis) -> str | None:
    """Return that the first is better for it went further alone; None where it is not so."""
    first, second = (_series(duel.one, at, subjects[at]) for at in duel.pair)
    same_x = second.x[-1]
    if first.x[-1] <= same_x:
        return None
    before = value_of(best_up_to(first, duel.one.goal, same_x))
    other = duel.bests[1].value
    if before is not None:
        sign = 1 if duel.one.goal is Goal.UP else -1
        if sign * (before - other) > (duel.spread or 0.0):
            return None
    told = "none" if before is None else _pair(before, other)
    return f"but only with more {axis}s: up to {axis} {same_x:g}, which both reached, {told}"


def _series(one: ComparedMetric, at: int, subject: Subject) -> MetricSeries:
    name = one.same.names[at]
    if name is None:
        raise ValueError("a duel is between runs that have the metric")
    return subject.table.series[name]
