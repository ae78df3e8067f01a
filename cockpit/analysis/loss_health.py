"""Whether a loss does what losses do: NaN, one that ran away, one that never moved. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from cockpit.metrics.series import Axis, Goal, MetricSeries, MetricTable, goal_of
from cockpit.runs.alert import AlertLevel

NAN: Final = "run.loss-nan"
DIVERGED: Final = "run.loss-diverged"
FLAT: Final = "run.loss-flat"

STAYED: Final = 2
"""So many values that are not finite in a row are no accident: weights do not come back."""
LOOK_BACK: Final = 256
"""A run of NaN longer than this is told by its last part."""
START: Final = 3
RECENT: Final = 3
"""The level at the start and now is the median of so many values: one outlier says nothing."""
LOST_SHARE: Final = 0.8
"""A loss that gave back this part of all it had gained is no longer learning."""
LEAST_GAIN: Final = 0.25
"""What it gained counts from this share of its start on: less may be noise."""
RUNAWAY: Final = 2.0
"""A loss this many times its start has run away, whether it ever fell or not."""
FLAT_SHARE: Final = 0.01
"""A loss that moved by less than this share of its start has not moved."""
FLAT_AFTER: Final = {Axis.EPOCH: 10, Axis.STEP: 200}
"""So many values of a loss that does not move are enough to say so."""
_NOT_TRAINED_ON: Final = ("val", "eval", "test")
_LR_NAMES: Final = ("lr", "lr0", "learning_rate", "learning-rate", "base_lr", "base-lr")


@dataclass(frozen=True, slots=True)
class LossFinding:
    """One thing that is wrong with a loss."""

    code: str
    level: AlertLevel
    what: str
    remedy: str
    x: float
    """Where it began, as the series counts."""


def judge_losses(
    table: MetricTable, learning_rate: tuple[str, float] | None = None
) -> tuple[LossFinding, ...]:
    """Return what is wrong with the losses now, at most one of each kind, worst first.

    `learning_rate` is the argument and its value that the remedy halves (document 003).
    """
    losses = [
        series
        for name, series in table.series.items()
        if goal_of(name) is Goal.DOWN and "loss" in name.lower() and series.values
    ]
    trained = [one for one in losses if not _is_validation(one.name)] or losses
    found = (
        _first(_not_finite(one, table, learning_rate) for one in losses),
        _first(_diverged(one, table, learning_rate) for one in trained),
        _flat(trained, table, learning_rate),
    )
    return tuple(one for one in found if one is not None)


def learning_rate_of(
    args: Mapping[str, object], settings: Mapping[str, object]
) -> tuple[str, float] | None:
    """Return the learning rate among a preset's arguments and dotted settings, with its name."""
    for table in (args, settings):
        for key, value in table.items():
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if key.rpartition(".")[2].lower() in _LR_NAMES and is_number:
                rate = float(str(value))
                if 0 < rate < math.inf:
                    return key, rate
    return None


def _first(findings: Iterable[LossFinding | None]) -> LossFinding | None:
    return next((one for one in findings if one is not None), None)


def _is_validation(name: str) -> bool:
    return any(word in name.lower() for word in _NOT_TRAINED_ON)


def _not_finite(
    series: MetricSeries, table: MetricTable, rate: tuple[str, float] | None
) -> LossFinding | None:
    tail = tuple(reversed(series.values[-LOOK_BACK:]))
    count = len(tuple(takewhile(lambda value: not math.isfinite(value), tail)))
    if count == 0 or (count < STAYED and table.axis is Axis.STEP):
        return None
    x = series.x[-count]
    word = "NaN" if math.isnan(tail[0]) else "infinite"
    since = f" since {_place(table, x)}" if count >= STAYED else f" at {_place(table, x)}"
    return LossFinding(
        NAN,
        AlertLevel.PROBLEM if count >= STAYED else AlertLevel.WARNING,
        f"{series.name} is {word}{since}",
        f"stop it and go on from a checkpoint before that with {_half(rate)}, "
        "or with gradient clipping or without mixed precision",
        x,
    )


def _diverged(
    series: MetricSeries, table: MetricTable, rate: tuple[str, float] | None
) -> LossFinding | None:
    start, now = _level(series.values[:START]), _level(series.values[-RECENT:])
    best = series.extremes.low if series.extremes else None
    if start is None or now is None or best is None or len(series.values) < START + RECENT + 1:
        return None
    gain, size = start - best.value, abs(start)
    recent = series.values[-RECENT:]
    gave_back = gain >= LEAST_GAIN * size > 0 and min(recent) > best.value + LOST_SHARE * gain
    ran_away = start > 0 and min(recent) > RUNAWAY * start
    if not (gave_back or ran_away) or best.x >= series.x[-RECENT]:
        return None
    return LossFinding(
        DIVERGED,
        AlertLevel.WARNING,
        f"{series.name} went up from {best.value:.3g} at {_place(table, best.x)} to {now:.3g}",
        f"if it does not come back, go on from the checkpoint of {_place(table, best.x)} "
        f"with {_half(rate)}",
        best.x,
    )


def _flat(
    losses: Sequence[MetricSeries], table: MetricTable, rate: tuple[str, float] | None
) -> LossFinding | None:
    """Return a finding when none of the losses has moved since the start."""
    least = FLAT_AFTER.get(table.axis, FLAT_AFTER[Axis.STEP])
    long_enough = [one for one in losses if len(one.values) >= least]
    if not long_enough or len(long_enough) < len(losses):
        return None
    if not all(_has_not_moved(one) for one in long_enough):
        return None
    first = long_enough[0]
    low, high = _ends(first)
    count = len(first.values)
    span = f"{low:.4g}" if f"{low:.4g}" == f"{high:.4g}" else f"{low:.4g} to {high:.4g}"
    unit = "epochs" if table.axis is Axis.EPOCH else "values"
    return LossFinding(
        FLAT,
        AlertLevel.WARNING,
        f"{first.name} has not moved in {count} {unit}: {span}",
        f"try {_half(rate)}, or a larger one; and look whether the labels are read",
        first.x[0],
    )


def _has_not_moved(series: MetricSeries) -> bool:
    low, high = _ends(series)
    start = _level(series.values[:START])
    return start is not None and high - low <= FLAT_SHARE * abs(start)


def _ends(series: MetricSeries) -> tuple[float, float]:
    """Return the lowest and the highest finite value; NaN where there is none."""
    if series.extremes is not None and series.extremes.low and series.extremes.high:
        return series.extremes.low.value, series.extremes.high.value
    return math.nan, math.nan


def _level(values: Sequence[float]) -> float | None:
    finite = [value for value in values if math.isfinite(value)]
    return statistics.median(finite) if finite else None


def _place(table: MetricTable, x: float) -> str:
    return f"{table.axis} {x:g}"


def _half(rate: tuple[str, float] | None) -> str:
    if rate is None:
        return "half the learning rate"
    name, value = rate
    return f"half the learning rate ({name} {value:g} → {value / 2:g})"
