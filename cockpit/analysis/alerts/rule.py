"""What a rule is: when it begins, when it is over, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from cockpit.analysis.alerts.limits import Limits
from cockpit.analysis.alerts.straggler import Departure
from cockpit.analysis.alerts.window import Point
from cockpit.devices.sample import GpuEvent, GpuSample
from cockpit.runs.alert import AlertLevel
from cockpit.units import MINUTE_S, duration

MOST_ALIKE: Final = 20
"""So many reports of one Xid are remembered of a GPU: a storm must not slow who looks."""


@dataclass(frozen=True, slots=True)
class PaceView:
    """One GPU beside the others of its run."""

    departure: Departure | None
    """What proves that it holds them up."""
    rest: Departure | None
    """The same with half the evidence: while there is some, it is not over."""


@dataclass(frozen=True, slots=True)
class GpuView:
    """All that the rules of one GPU look at."""

    sample: GpuSample
    """The newest reading."""
    points: Sequence[Point]
    events: tuple[GpuEvent, ...]
    """What its driver reported within the time that such a thing is shown, oldest first."""
    new_ecc_errors: int
    """Uncorrected memory errors since it is watched."""
    ecc_since: float | None
    limits: Limits
    now_s: float
    pace: PaceView | None = None
    """How it does beside its fellows; None where that is not known, or no run is."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a rule says."""

    what: str
    remedy: str
    level: AlertLevel = AlertLevel.WARNING
    weight: float = 0.0
    """The higher the worse, among equals: the worst speaks for all of them."""
    group: str = ""
    """Only what shares it is told as one."""


V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Rule(Generic[V]):
    """One thing to notice: it stands from `begun` until `is_over`."""

    code: str
    begun: Callable[[V], float | None]
    """Since when it holds, once it held long enough; None: it does not."""
    is_over: Callable[[V], bool]
    """True when it is clearly better for a while; False also where nothing is told."""
    words: Callable[[V, float], Words | None]
    """What to say of it, which holds since that moment; None: what was said last."""


def lasting(since: float, now_s: float) -> str:
    """Return `for 48 s` or `for 4 min`."""
    seconds = max(0.0, now_s - since)
    whole_minutes = 2 * MINUTE_S <= seconds < 60 * MINUTE_S
    return f"for {seconds // MINUTE_S:.0f} min" if whole_minutes else f"for {duration(seconds)}"


def numbers(labels: Sequence[str]) -> str:
    """Return `3`, `3 and 7`, `0 to 7` or `0, 2 to 5 and 9` of labels in their order."""
    runs: list[list[str]] = []
    for label in labels:
        if runs and _follows(runs[-1][-1], label):
            runs[-1].append(label)
        else:
            runs.append([label])
    parts = []
    for run in runs:
        parts += [f"{run[0]} to {run[-1]}"] if len(run) > 2 else run
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def gpus(labels: Sequence[str]) -> str:
    """Return `GPU 3` or `GPUs 0 to 7`."""
    return f"GPU{'s' if len(labels) > 1 else ''} {numbers(labels)}"


def _follows(label: str, next_label: str) -> bool:
    is_whole = label.isdigit() and next_label.isdigit()
    return is_whole and int(next_label) == int(label) + 1
