"""How long steps and epochs take, by what was seen of the beginning of a training. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from cockpit.analysis.pace import NINE_OF_TEN
from cockpit.analysis.usual_epoch import usual_epoch

WARM_UP: Final = 10
"""So many first steps are left out: caches fill, clocks rise, kernels are chosen,"""
WARM_UP_SHARE: Final = 0.25
"""but never more than this share of the first bar."""
FEW: Final = 5
"""So many steps of a later bar tell more than those of the first."""
NEARLY: Final = 0.8
"""The last state of a bar may be missed when steps are quick."""
BLOCKS: Final = 8
"""The spread is that between so many parts of what was seen."""
WHOLE_EPOCHS: Final = 2
"""After these, further ones are looked at only for steps that were asked for, and only"""
LOOK_ON_S: Final = 60.0
"""until a training has gone on for so long."""
PATIENCE_S: Final = 30.0
"""A whole epoch is waited for when that takes no longer,"""
PATIENCE_SHARE: Final = 0.5
"""or no longer than this share of what the probe took already."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment at which a bar, or what stands for one, showed so many steps done."""

    time_s: float
    """Since the job began."""
    done: float
    total: float
    """Infinite where nobody knows."""
    is_steps: bool = True
    """False: only the ratio of both means something."""


@dataclass(frozen=True, slots=True)
class StepPace:
    """What the beginning of a training tells; None where it does not."""

    start_s: float | None = None
    """From the start of the job to where the first epoch would have begun at the usual pace."""
    step_s: float | None = None
    epoch_s: float | None = None
    epoch_low_s: float | None = None
    epoch_high_s: float | None = None
    """Between these nine of ten should lie."""


@dataclass(slots=True)
class Beginning:
    """What was seen so far."""

    steps_per_epoch: int | None = None
    """As the samples and the batch say."""
    told_step_s: float | None = None
    """By what the trainer calls its throughput."""
    ends: list[tuple[int, float]] = field(default_factory=list)
    """(epoch, seconds since the job began) of whole epochs; the first ones may be missing."""
    _bars: list[list[Mark]] = field(default_factory=list)

    def take(self, mark: Mark) -> None:
        """Take a look at a bar; of looks at one moment, or at one step, the first counts."""
        bar = self._bars[-1] if self._bars else None
        if bar is None or mark.total != bar[-1].total or mark.done < bar[-1].done:
            self._bars.append([mark])
        elif mark.done > bar[-1].done:
            bar.append(mark)

    def bars(self) -> list[list[Mark]]:
        """Return the bars of the training: those with the total under which most was done."""
        done: dict[float, float] = {}
        for bar in self._bars:
            done[bar[-1].total] = done.get(bar[-1].total, 0.0) + bar[-1].done
        chosen = max(done, key=lambda total: done[total], default=None)
        return [bar for bar in self._bars if bar[-1].total == chosen]

    def steps(self) -> float:
        """Return how many steps were seen."""
        bars = self.bars()
        if bars and (scale := self._steps_of(bars[0][-1])) is not None:
            return sum(bar[-1].done for bar in bars) * scale
        return self.epochs * (self.steps_per_epoch or 0)

    @property
    def epochs(self) -> int:
        """How many epochs are done."""
        return self.ends[-1][0] if self.ends else 0

    def is_enough(self, steps: int, now_s: float) -> bool:
        """Say whether looking on would tell little more: enough steps, and no epoch ends soon."""
        has_steps = self.steps() >= steps
        if len(self.ends) >= WHOLE_EPOCHS:
            return has_steps or self.steps() == 0 or now_s >= LOOK_ON_S
        return has_steps and self._next_end_s(now_s) > max(PATIENCE_S, PATIENCE_SHARE * now_s)

    def pace(self) -> StepPace:
        """Return what that tells."""
        bars = self.bars()
        spans = _spans(bars)
        unit_s = _slope(spans)
        scale = self._steps_of(bars[0][-1]) if bars else None
        step_s = unit_s / scale if unit_s is not None and scale else self.told_step_s
        usual = usual_epoch(
            [(end_s - begin_s) / (to - of) for (of, begin_s), (to, end_s) in pairwise(self.ends)]
        )
        epoch_s = self._epoch_s(bars, unit_s) if usual is None else usual.seconds
        low_s, high_s = (None, None) if usual is None else (usual.low_s, usual.high_s)
        spread = _spread(spans)
        if len(self.ends) <= FEW and epoch_s is not None and spread is not None:
            low_s, high_s = epoch_s / spread, epoch_s * spread
        return StepPace(self._start_s(bars, unit_s, epoch_s), step_s, epoch_s, low_s, high_s)

    def _steps_of(self, mark: Mark) -> float | None:
        """Return how many steps one of what a bar counts is."""
        if mark.is_steps:
            return 1.0
        return self.steps_per_epoch / mark.total if self.steps_per_epoch else None

    def _epoch_s(self, bars: Sequence[Sequence[Mark]], unit_s: float | None) -> float | None:
        """Return the first epoch as it would have been with usual steps."""
        if not self.ends or self.ends[0][0] != 1 or not bars or unit_s is None:
            return None
        last, (_, end_s) = bars[0][-1], self.ends[0]
        if last.done < NEARLY * last.total or last.time_s > end_s:
            return None  # it counts the steps of the whole training
        rest_s = end_s - last.time_s - (last.total - last.done) * unit_s
        return last.total * unit_s + max(0.0, rest_s)

    def _start_s(
        self, bars: Sequence[Sequence[Mark]], unit_s: float | None, epoch_s: float | None
    ) -> float | None:
        if self.ends and epoch_s is not None:
            epoch, end_s = self.ends[0]
            return max(0.0, end_s - epoch * epoch_s)
        if not bars or unit_s is None:
            return None
        last = bars[0][-1]
        return max(0.0, last.time_s - last.done * unit_s)

    def _next_end_s(self, now_s: float) -> float:
        """Return how long it will be until an epoch ends; 0 while too little was seen to say."""
        bars, unit_s = self.bars(), _slope(_spans(self.bars()))
        if bars and unit_s is not None:
            last = bars[-1][-1]
            left = last.total - last.done if last.done < last.total else last.total
            return left * unit_s
        if not self.ends:
            return 0.0
        epoch, end_s = self.ends[0]
        return max(0.0, end_s / epoch - (now_s - self.ends[-1][1]))


@dataclass(frozen=True, slots=True)
class _Span:
    """What lies between two looks."""

    done: float
    seconds: float


def _spans(bars: Sequence[Sequence[Mark]]) -> list[_Span]:
    """Return what counts: without the warm-up, and without the first bar once a later one tells.

    The first step of a bar is that for which the loader is asked anew.
    """
    found = [_of_bar(bar, is_first=number == 0) for number, bar in enumerate(bars)]
    later = [span for spans in found[1:] for span in spans]
    if sum(span.done for span in later) >= _steps_wanted(bars):
        return later
    return [span for spans in found for span in spans]


def _steps_wanted(bars: Sequence[Sequence[Mark]]) -> float:
    """Return how much of later bars is enough: few steps, or half of a shorter bar."""
    return min(float(FEW), 0.5 * bars[0][-1].total) if bars else math.inf


def _of_bar(bar: Sequence[Mark], *, is_first: bool) -> list[_Span]:
    last = bar[-1]
    skipped = 1.0 if last.is_steps else 0.0
    if is_first:
        known = min(last.total, last.done / WARM_UP_SHARE)
        skipped = (
            min(WARM_UP, WARM_UP_SHARE * known) if last.is_steps else WARM_UP_SHARE * last.done
        )
    kept = [mark for mark in bar if mark.done >= skipped]
    return [_Span(b.done - a.done, b.time_s - a.time_s) for a, b in pairwise(kept)]


def _slope(spans: Sequence[_Span]) -> float | None:
    done = sum(span.done for span in spans)
    seconds = sum(span.seconds for span in spans)
    return seconds / done if done > 0 and seconds > 0 else None


def _spread(spans: Sequence[_Span]) -> float | None:
    """Return how many times a usual part a slow one takes; None where too little was seen."""
    size = max(1, len(spans) // BLOCKS)
    blocks = [spans[at : at + size] for at in range(0, len(spans), size)]
    slopes = [slope for block in blocks if (slope := _slope(block)) is not None]
    middle = _slope(spans)
    if len(slopes) < FEW or middle is None:
        return None
    return 1 + NINE_OF_TEN * statistics.stdev(slopes) / middle
