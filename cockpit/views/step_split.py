"""Where a step of a run goes, as far as its log tells; no phase that it does not name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from cockpit.analysis.throughput import STEP_TIMES, data_wait, last_of
from cockpit.metrics.speed_lines import speed_of
from cockpit.views.run_view import RunView
from cockpit.views.tail import last_words

SOURCE: Final = "read from the run's log"
DATA_WAIT: Final = "data wait"
EVERYTHING_ELSE: Final = "everything else"
LARGE_SHARE: Final = 0.2
"""From here on waiting for data is worth a change."""


@dataclass(frozen=True, slots=True)
class StepPart:
    """One part of a step; None where the log does not tell."""

    phase: str
    time_ms: float | None
    share_pct: float | None


@dataclass(frozen=True, slots=True)
class StepSplit:
    """What a log tells of a step."""

    samples_per_s: float | None
    """Over all ranks."""
    step_time_ms: float | None
    parts: tuple[StepPart, ...]
    """Empty where the log names no part."""
    cause: str
    """What that means for training on several GPUs, with its figure."""
    waits: bool = False
    """It waits for data for so long that something should change."""


def read_split(view: RunView) -> StepSplit:
    """Return what the newest figures of a run say.

    The view of a run that is over, and of an opened one, leaves out what its last lines tell.
    """
    if view.data_wait is not None:
        return split_step(view)
    _, words = last_words(view.log)
    wait = data_wait(view.metrics.series, speed_of(words))
    return split_step(replace(view, data_wait=wait))


def split_step(view: RunView) -> StepSplit:
    """Return what the figures of a run say. Pure."""
    step_ms = _step_ms(view)
    share = view.data_wait
    if share is None:
        cause = "the cause cannot be told: the log does not say how long a step waits for data"
        return StepSplit(view.samples_per_s, step_ms, (), cause)
    parts = (_part(DATA_WAIT, share, step_ms), _part(EVERYTHING_ELSE, 1 - share, step_ms))
    waits = share >= LARGE_SHARE
    return StepSplit(view.samples_per_s, step_ms, parts, _cause(share, waits=waits), waits)


def _cause(share: float, *, waits: bool) -> str:
    if waits:
        return f"data loading bottleneck: {share:.0%} of a step waits for data"
    what = f"only {share:.0%} of a step waits for data; the log does not part"
    return f"the cause cannot be told: {what} compute from communication"


def _part(phase: str, share: float, step_ms: float | None) -> StepPart:
    return StepPart(phase, None if step_ms is None else share * step_ms, 100 * share)


def _step_ms(view: RunView) -> float | None:
    """Return what the trainer says itself, or else a global batch by the throughput."""
    told_s = last_of(view.metrics.series, STEP_TIMES)
    if told_s is not None and told_s > 0:
        return 1000 * told_s
    if not view.samples_per_s or not view.asked.global_batch:
        return None
    return 1000 * view.asked.global_batch / view.samples_per_s
