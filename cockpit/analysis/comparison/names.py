"""Which metrics of different trainers are the same one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from cockpit.metrics.series import MetricTable

NOT_COMPARED: Final = frozenset({"epoch", "step", "time", "iter", "iteration", "samples_per_s"})
"""Places on an axis, and what is compared as time."""
_RATE: Final = re.compile(r"^(?:lr(?:[/_-].*)?|learning_rate|train/learning_rate|x/lr\d+)$")
_PART: Final = re.compile(r"^(?:eval|val|valid|validation)[/_]")
_TRAIN: Final = re.compile(r"^train[/_]")
_AVERAGE_PRECISION: Final = (
    (re.compile(r"map(?:_0\.5:0\.95|_?50[-_:]95|@0?\.5:0?\.95)"), "map50-95"),
    (re.compile(r"map(?:_0\.5|_?50|@0?\.5)$"), "map50"),
)


@dataclass(frozen=True, slots=True)
class SameMetric:
    """One metric under the name that each run gives it."""

    names: tuple[str | None, ...]
    """By run; None where the run does not have it."""

    @property
    def name(self) -> str:
        """The name that the first run which has it gives it."""
        return next(name for name in self.names if name is not None)

    @property
    def is_renamed(self) -> bool:
        """Say whether the runs call it differently."""
        return len({name for name in self.names if name is not None}) > 1

    @property
    def run_count(self) -> int:
        """How many runs have it."""
        return sum(name is not None for name in self.names)


def key_of(name: str) -> str:
    """Return what is the same for metrics that mean the same, whoever wrote them.

    `metrics/mAP50-95(B)` of Ultralytics and `metrics/mAP_0.5:0.95` of YOLOv5 are one; the `(B)`
    of boxes is left out, the `(M)` of masks is not.
    """
    key = name.strip().lower().removesuffix("(b)").strip()
    key = key.removeprefix("metrics/")
    for pattern, word in _AVERAGE_PRECISION:
        key = pattern.sub(word, key)
    key = _PART.sub("val/", key)
    return _TRAIN.sub("train/", key)


def short_name(name: str) -> str:
    """Return a metric's name without its folder: `metrics/mAP50-95(B)` gives `mAP50-95`."""
    return name.rpartition("/")[2].strip().removesuffix("(B)").strip() or name


def same_metrics(tables: Sequence[MetricTable]) -> tuple[SameMetric, ...]:
    """Return every metric that has a value in some run, in the order of the first that has it."""
    by_key: dict[str, list[str | None]] = {}
    for number, table in enumerate(tables):
        for name, series in table.series.items():
            if not series.values or name.strip().lower() in NOT_COMPARED or _is_rate(name):
                continue
            key = key_of(name)
            if by_key.get(key, [None] * len(tables))[number] is not None:
                key = name  # two of one run that look alike stay two
            by_key.setdefault(key, [None] * len(tables))[number] = name
    return tuple(SameMetric(tuple(names)) for names in by_key.values())


def counts_losses_differently(tables: Sequence[MetricTable]) -> bool:
    """Say whether losses of one name may be counted differently, for the trainers are others.

    They are when each of two runs writes a loss that the other does not: one that only writes
    more, as a segmentation does, counts those that both have alike.
    """
    kinds = [frozenset(key_of(name) for name in table.series if is_loss(name)) for table in tables]
    return any(one - other and other - one for one, other in combinations(kinds, 2))


def is_loss(name: str) -> bool:
    """Say whether a metric of this name is a loss."""
    return "loss" in name.lower()


def _is_rate(name: str) -> bool:
    return _RATE.match(name.strip().lower()) is not None
