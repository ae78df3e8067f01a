"""How long each run needs until a metric is as good as asked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cockpit.analysis.comparison.effort import seconds_until
from cockpit.analysis.comparison.standing import ComparedMetric
from cockpit.analysis.comparison.subject import Subject
from cockpit.metrics.series import Goal


@dataclass(frozen=True, slots=True)
class Reach:
    """When one run was there for the first time; all None: never."""

    x: float | None = None
    seconds: float | None = None
    """Of training, where its results tell."""


@dataclass(frozen=True, slots=True)
class Target:
    """A value of a metric, and when each run reached it."""

    name: str
    value: float
    is_asked: bool
    """The user named it; else it is the best value of the weakest run."""
    reached: tuple[Reach, ...]


def weakest_best(metric: ComparedMetric) -> float | None:
    """Return the best value of the run whose best is the weakest, so that all reach it.

    None where that run never got above 0: everybody was there from the start.
    """
    bests = [one.best.value for one in metric.standings if one.best is not None]
    if len(bests) < 2 or metric.goal is Goal.NONE:
        return None
    weakest = min(bests) if metric.goal is Goal.UP else max(bests)
    return weakest if weakest or metric.goal is Goal.DOWN else None


def reach_target(
    metric: ComparedMetric, value: float, subjects: Sequence[Subject], *, is_asked: bool
) -> Target:
    """Return when each run reached the value for the first time."""
    pairs = zip(metric.same.names, subjects, strict=True)
    reached = tuple(_reach(name, subject, metric.goal, value) for name, subject in pairs)
    return Target(metric.name, value, is_asked, reached)


def _reach(name: str | None, subject: Subject, goal: Goal, value: float) -> Reach:
    if name is None:
        return Reach()
    series = subject.table.series[name]
    for x, one in zip(series.x, series.values, strict=True):
        if math.isfinite(one) and (one <= value if goal is Goal.DOWN else one >= value):
            return Reach(x, seconds_until(subject.table, x))
    return Reach()
