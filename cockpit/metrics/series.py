"""Curves: what a trainer wrote, by epoch or by step."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final


class Axis(StrEnum):
    """What the values of a curve are laid along."""

    EPOCH = "epoch"
    STEP = "step"
    TIME = "time"
    """Wall clock, epoch seconds; only ever a second scale of the other two."""


class Goal(StrEnum):
    """Which way a metric is meant to go."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Point:
    """One value and where it stands on the axis."""

    x: float
    value: float


@dataclass(frozen=True, slots=True)
class Extremes:
    """The lowest and the highest finite point; of equals the first. None where there is none."""

    low: Point | None
    high: Point | None


@dataclass(frozen=True, slots=True)
class MetricSeries:
    """One metric over epochs or steps; after a resume the last row of an epoch counts."""

    name: str
    """As the trainer wrote it, without blanks around it and control codes."""
    x: Sequence[float]
    """Rising: epochs 1-based, steps as the trainer counts. Never changes: a tuple, or a view of
    what a reader adds to."""
    values: Sequence[float]
    """May hold NaN and infinity: they are part of the truth."""
    extremes: Extremes | None = field(default=None, compare=False, repr=False)
    """Kept up to date by a reader, so that a long curve need not be looked through."""

    @property
    def last(self) -> Point | None:
        """The newest point."""
        return Point(self.x[-1], self.values[-1]) if self.values else None

    @property
    def best(self) -> Point | None:
        """The best finite point; None where no way is better."""
        goal = goal_of(self.name)
        if goal is Goal.NONE:
            return None
        extremes = self.extremes or _extremes(self)
        return extremes.high if goal is Goal.UP else extremes.low

    @property
    def record(self) -> Point | None:
        """The best point where there is a worse one: of values that are all equal none is best."""
        return None if self.is_flat and len(self.values) > 1 else self.best

    @property
    def is_flat(self) -> bool:
        """Say whether all finite values are equal."""
        extremes = self.extremes or _extremes(self)
        low, high = extremes.low, extremes.high
        return low is not None and high is not None and low.value == high.value


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows that follow each other; a new one begins where the epoch does not rise or time falls."""

    start: float
    """x of its first row, as in the series."""
    end: float
    rows: int
    replaced: Mapping[str, MetricSeries] = field(default_factory=lambda: MappingProxyType({}))
    """What the next segment did again: the curves as they were from its start on."""


@dataclass(frozen=True, slots=True)
class TrainerFacts:
    """What a trainer says of itself, to be compared with the plan; None where it does not."""

    world_size: int | None = None
    gpus_used: int | None = None
    train_samples: int | None = None
    val_samples: int | None = None
    image_size: int | None = None
    """Pixels of a side."""


@dataclass(frozen=True, slots=True)
class MetricTable:
    """All curves of a run at one moment."""

    series: Mapping[str, MetricSeries] = field(default_factory=lambda: MappingProxyType({}))
    """By name, in the trainer's order."""
    axis: Axis = Axis.EPOCH
    """Of the x of all series: epoch or step."""
    scales: Mapping[Axis, MetricSeries] = field(default_factory=lambda: MappingProxyType({}))
    """Where an x lies on another axis, as far as the source tells; x and values never fall."""
    segments: tuple[Segment, ...] = ()
    """In order of time; one for a training that was never resumed, none without rows."""
    facts: TrainerFacts = TrainerFacts()
    epoch: int | None = None
    """The last completed epoch, 1-based."""
    epochs: int | None = None
    """How many there will be, where the file or the log tells."""
    epoch_ends: Sequence[tuple[int, float]] = ()
    """(epoch, seconds of training up to its end), summed over resumed parts; empty if unknown."""
    problem: str | None = None
    """Why nothing can be read, in one sentence: `results.csv is not text`."""
    epoch_part: float | None = None
    """How much of the epoch in work is done, 0 to 1, where the source tells."""
    epoch_at_end: int | None = None
    """The last completed epoch if the training ended well and nothing more comes, where it is
    not `epoch`: a trainer whose lines do not say that an epoch is over begins no next one."""
    resumed_after: tuple[float, ...] = ()
    """Epochs after which a resumed part begins, 1-based and rising."""
    gaps: tuple[tuple[float, float], ...] = ()
    """(last x before, first x after) what was left out of a long file: no line leads over it."""


def ended_well(table: MetricTable) -> MetricTable:
    """Return the table of a training that ended with exit code 0: its last epoch is done, too."""
    if table.epoch_at_end is None:
        return table
    return replace(table, epoch=table.epoch_at_end, epoch_part=None, epoch_at_end=None)


_FALLS: Final = re.compile(
    r"loss|error|perplexity"
    r"|(?:^|_)(?:err|ppl|wer|cer|mer|mse|rmse|mae|mape|nll|bpc|bpb|fid|fa|regret)\d*(?:_|$)"
)
"""In a name of a metric that is meant to go down."""
_RISES: Final = re.compile(
    r"accuracy|precision(?!_bits)|recall|iou|jaccard|f1|top_?[15](?:_|$)"
    r"|(?:^|_)m?ap\d*(?:_|$)|(?:^|_|m|val|test|train)acc\d*(?:_|$)"
    r"|(?:^|_)(?:auc|auroc|auprc|dice|bleu|rouge|meteor|psnr|ssim|mcc|kappa|ndcg|mrr|pd|r2|reward)"
    r"\d*(?:_|$)"
)
_PARTS: Final = re.compile(r"[^a-z0-9]+")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")


@lru_cache(maxsize=4096)
def goal_of(name: str) -> Goal:
    """Return which way a metric of this name is better."""
    word = _PARTS.sub("_", _CAMEL.sub("_", name).lower()).strip("_")
    if _FALLS.search(word):
        return Goal.DOWN
    return Goal.UP if _RISES.search(word) else Goal.NONE


def _extremes(series: MetricSeries) -> Extremes:
    points = [
        Point(x, value)
        for x, value in zip(series.x, series.values, strict=True)
        if math.isfinite(value)
    ]
    return Extremes(
        min(points, key=lambda point: point.value, default=None),
        max(points, key=lambda point: point.value, default=None),
    )
