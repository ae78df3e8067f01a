"""What is remembered from one look to the next."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from cockpit.analysis.alerts.limits import Limits
from cockpit.analysis.alerts.rule import MOST_ALIKE, Rule, Words
from cockpit.analysis.alerts.run import RunSigns
from cockpit.analysis.alerts.window import Point, Window, point_of
from cockpit.devices.sample import GpuEvent, GpuSample

V = TypeVar("V")

USUAL_COUNT: Final = 60
"""What a GPU usually draws rests on so many points, five minutes."""


@dataclass(slots=True)
class Standing:
    """Something that was raised and is not over."""

    since: float
    words: Words


Raised = dict[str, Standing]
"""By code."""


def apply(rules: Iterable[Rule[V]], view: V, raised: Raised, now_s: float) -> None:
    """Raise and lower what the rules say, and put what stands into words."""
    for rule in rules:
        standing = raised.get(rule.code)
        if standing is None:
            since = rule.begun(view)
            if since is None:
                continue
            since = min(since, now_s)
            words = rule.words(view, since)
            if words is not None:
                raised[rule.code] = Standing(since, words)
        elif rule.is_over(view):
            del raised[rule.code]
        else:
            standing.words = rule.words(view, standing.since) or standing.words


@dataclass(slots=True)
class GpuMemory:
    """What is remembered of one GPU."""

    window: Window[Point] = field(default_factory=Window)
    raised: Raised = field(default_factory=dict)
    events: tuple[GpuEvent, ...] = ()
    """What its driver reported lately, oldest first."""
    ecc_first: int | None = None
    ecc_last: int | None = None
    ecc_since: float | None = None
    """When new errors were seen last."""
    powers: deque[float] = field(default_factory=lambda: deque(maxlen=USUAL_COUNT))
    """What it drew while its run made progress."""

    @property
    def new_ecc_errors(self) -> int:
        """How many uncorrected memory errors came since it is watched."""
        return (self.ecc_last or 0) - (self.ecc_first or 0)

    def take(self, sample: GpuSample) -> None:
        """Take a fresh reading."""
        if self.window.is_due(sample.time):
            self.window.add(point_of(sample))
        health = sample.memory_health
        if health is not None and health.ecc_uncorrected is not None:
            self._count_ecc(health.ecc_uncorrected, sample.time)

    def take_events(
        self, sample: GpuSample, events: Sequence[GpuEvent], now_s: float, shown_s: float
    ) -> None:
        """Keep what the driver reported of this GPU lately, each once."""
        if not events and not self.events:
            return
        ours = [event for event in events if _is_of(event, sample)]
        known = dict.fromkeys((*self.events, *ours))
        recent = (event for event in known if abs(now_s - event.time) <= shown_s)
        by_code: dict[int, deque[GpuEvent]] = {}
        for event in sorted(recent, key=lambda event: event.time):
            by_code.setdefault(event.code, deque(maxlen=MOST_ALIKE)).append(event)
        kept = (event for alike in by_code.values() for event in alike)
        self.events = tuple(sorted(kept, key=lambda event: event.time))

    def take_progress(self, after: float, until: float, busy_pct: float) -> None:
        """Learn what it drew between two signs of progress."""
        found: list[float] = []
        for point in reversed(self.window.points):
            if point.time <= after:
                break
            is_busy = (point.utilization_pct or 0) >= busy_pct
            if point.time <= until and is_busy and point.power_w is not None:
                found.append(point.power_w)
        self.powers.extend(reversed(found))

    def _count_ecc(self, count: int, moment: float) -> None:
        """Note new errors; a counter that went back, as after a reset, begins anew."""
        if self.ecc_first is None or self.ecc_last is None or count < self.ecc_last:
            self.ecc_first = count
        elif count > self.ecc_last:
            self.ecc_since = moment
        self.ecc_last = count


def _is_of(event: GpuEvent, sample: GpuSample) -> bool:
    if event.gpu_uuid and sample.gpu_uuid:
        return event.gpu_uuid == sample.gpu_uuid
    return event.gpu_index == sample.gpu_index and sample.mig_index is None


@dataclass(slots=True)
class RunMemory:
    """What is remembered of the run; anew with each attempt."""

    attempt_started: float
    last_progress: float
    longest_silence_s: float = 0.0
    was_busy: bool = False
    raised: Raised = field(default_factory=dict)

    def take(self, run: RunSigns, gpus: Sequence[GpuMemory], limits: Limits) -> None:
        """Learn from what its GPUs do."""
        if not self.was_busy:
            self.was_busy = any(
                (point.utilization_pct or 0) >= limits.busy_pct
                for gpu in gpus
                for point in list(gpu.window.points)[-1:]
                if point.time >= run.attempt_started
            )
        pause_s = run.last_progress - self.last_progress
        patience_s = max(limits.hang_s, limits.hang_factor * self.longest_silence_s)
        if 0 < pause_s < patience_s:  # what it drew while it seemed to hang is not usual
            for gpu in gpus:
                gpu.take_progress(self.last_progress, run.last_progress, limits.busy_pct)
        self.last_progress = run.last_progress
        self.longest_silence_s = run.longest_silence_s
