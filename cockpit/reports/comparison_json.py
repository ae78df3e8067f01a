"""A comparison as one JSON object: the contract that scripts rely on. NaN is null."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final

from cockpit.analysis.comparison.comparing import Comparison
from cockpit.analysis.comparison.effort import Effort
from cockpit.analysis.comparison.standing import ComparedMetric, Delta, Standing, relative, value_of
from cockpit.analysis.comparison.subject import Subject
from cockpit.analysis.comparison.target import Target
from cockpit.metrics.series import Point

KIND: Final = "cockpit.comparison"
"""Marks a file as ours, so that a later comparison may replace it."""
SCHEMA: Final = 1

Json = Mapping[str, object]


def comparison_object(found: Comparison) -> Json:
    """Return the whole comparison. Runs are named by their labels; the first is the baseline."""
    labels = found.labels
    return {
        "kind": KIND,
        "schema": SCHEMA,
        "baseline": labels[0],
        "verdict": {
            "text": found.verdict.text,
            "clear": found.verdict.is_clear,
            "metric": found.verdict.metric,
            "better": None if found.verdict.better is None else labels[found.verdict.better],
        },
        "axis": found.axis,
        "same_x": found.same_x,
        "runs": [
            _run_object(subject, told, effort, found)
            for subject, told, effort in zip(
                found.subjects, found.marks, found.efforts, strict=True
            )
        ],
        "metrics": {one.name: _metric_object(one, labels) for one in found.metrics},
        "only_in": dict(zip(labels, map(list, found.only_in), strict=True)),
        "target": _target_object(found.target, labels) if found.target else None,
        "settings": {
            "differing": {
                one.name: dict(zip(labels, one.values, strict=True))
                for one in found.settings.differing
            },
            "partly": {
                one.name: dict(zip(labels, one.values, strict=True))
                for one in found.settings.partly
            },
            "equal": found.settings.equal,
            "places": found.settings.places,
        },
        "notes": list(found.notes),
    }


def finite(value: float | None) -> float | None:
    """Return the number, or None where JSON has no word for it."""
    return value if value is not None and math.isfinite(value) else None


def _run_object(subject: Subject, told: Sequence[str], effort: Effort, found: Comparison) -> Json:
    figures = {name: finite(value) if isinstance(value, float) else value
               for name, value in asdict(effort).items()}  # fmt: skip
    return {
        "label": subject.label,
        "source": subject.source,
        "state": subject.state or None,
        "over": subject.is_over,
        "simulated": subject.is_simulated,
        "epoch": subject.epoch,
        "epochs": subject.epochs,
        "resumed_after": list(subject.table.resumed_after),
        "marks": list(told),
        "gpu_count": subject.gpu_count,
        "gpu_names": list(subject.gpu_names),
        **figures,
        "currency": found.price.currency if found.price else None,
        "settings": dict(subject.settings),
    }


def _metric_object(one: ComparedMetric, labels: Sequence[str]) -> Json:
    base = one.standings[0]
    return {
        "names": dict(zip(labels, one.same.names, strict=True)),
        "goal": one.goal,
        "in_points": one.is_share,
        "comparable": one.is_comparable,
        "same_x": one.same_x,
        "runs": {
            label: _standing_object(standing)
            for label, standing in zip(labels, one.standings, strict=True)
        },
        "deltas": {
            label: _delta_object(delta, base)
            for label, delta in zip(labels[1:], one.deltas[1:], strict=True)
        },
    }


def _standing_object(standing: Standing) -> Json:
    return {
        "last": _point(standing.last),
        "best": _point(standing.best),
        "spread": finite(standing.spread),
        "at_same_x": finite(standing.at_same),
        "best_by_same_x": _point(standing.best_by_same),
    }


def _delta_object(delta: Delta, base: Standing) -> Json:
    pairs = {
        "best": (delta.best, value_of(base.best)),
        "last": (delta.last, value_of(base.last)),
        "best_by_same_x": (delta.best_by_same, value_of(base.best_by_same)),
        "at_same_x": (delta.at_same, base.at_same),
    }
    return {
        name: {"value": finite(value), "relative": finite(relative(value, start))}
        for name, (value, start) in pairs.items()
    }


def _point(point: Point | None) -> Json | None:
    return None if point is None else {"x": point.x, "value": finite(point.value)}


def _target_object(target: Target, labels: Sequence[str]) -> Json:
    return {
        "metric": target.name,
        "value": target.value,
        "asked": target.is_asked,
        "runs": {
            label: {"x": reach.x, "seconds": finite(reach.seconds)}
            for label, reach in zip(labels, target.reached, strict=True)
        },
    }
