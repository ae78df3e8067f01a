"""What is known of a run at one moment, and what its GPUs do for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Final

from cockpit.analysis.alerts.limits import Limits
from cockpit.analysis.alerts.window import Point, mean_pct, recent
from cockpit.devices.sample import GpuSample, HostSample

LEAST_COUNT: Final = 12
"""What is usual rests on at least so many points, one minute."""


@dataclass(frozen=True, slots=True)
class RunSigns:
    """What the supervisor knows of its run at one moment."""

    gpu_ranks: Mapping[str, int | None]
    """The UUID of each of its GPUs to the rank that runs there; None: no rank is seen there."""
    attempt_started: float
    """Epoch seconds."""
    last_progress: float
    """When log, results or checkpoint changed last, epoch seconds."""
    longest_silence_s: float
    """The longest usual pause between such signs so far."""
    checkpoints: tuple[float, ...]
    """When the checkpoint was seen to change, oldest first."""
    cpu_count: int
    worker_count: int
    """Data-loader workers that are alive."""


@dataclass(frozen=True, slots=True)
class RunGpu:
    """One GPU of the run that answers."""

    sample: GpuSample
    points: Sequence[Point]
    powers: Sequence[float] = ()
    """What it drew while the run made progress, W."""

    @property
    def usual_power_w(self) -> float | None:
        """What it draws while the run makes progress; None while too little is known."""
        return median(self.powers) if len(self.powers) >= LEAST_COUNT else None

    def mean_pct(self, seconds: float) -> float | None:
        """Return its utilisation over the last `seconds`; None where they are not covered."""
        return mean_pct(recent(self.points, seconds))


@dataclass(frozen=True, slots=True)
class WatchedRun:
    """All that the rules of a run look at."""

    run: RunSigns
    gpus: tuple[RunGpu, ...]
    """Those that answer, in their order."""
    host: HostSample | None
    was_busy: bool
    """Whether any of its GPUs was busy since this attempt began."""
    limits: Limits
    now_s: float

    @property
    def age_s(self) -> float:
        """For how long this attempt runs."""
        return self.now_s - self.run.attempt_started

    @property
    def is_starting(self) -> bool:
        """True while caching and compiling excuse idle GPUs."""
        patience_s = self.limits.start_s if self.was_busy else self.limits.longest_start_s
        return self.age_s < max(patience_s, self.limits.start_s)

    @property
    def silent_s(self) -> float:
        """For how long nothing was seen of it: no log line, no results, no checkpoint."""
        return self.now_s - max(self.run.last_progress, self.run.attempt_started)


def labels(gpus: Sequence[RunGpu]) -> list[str]:
    """Return what the GPUs are called."""
    return [gpu.sample.label for gpu in gpus]


def mean_of(shares: Sequence[float | None]) -> float | None:
    """Return the mean of what is told, or None."""
    told = [share for share in shares if share is not None]
    return fmean(told) if told else None


def span(values: Sequence[float]) -> str:
    """Return `0` or `0 to 3` of numbers that are rounded."""
    low, high = f"{min(values):.0f}", f"{max(values):.0f}"
    return low if low == high else f"{low} to {high}"
