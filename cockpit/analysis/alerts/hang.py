"""A run that makes no progress: GPUs that spin, checkpoints that do not come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from cockpit.analysis.alerts.limits import Limits
from cockpit.analysis.alerts.rule import Rule, Words, gpus
from cockpit.analysis.alerts.run import RunGpu, RunSigns, WatchedRun, labels, span
from cockpit.analysis.alerts.window import mean_pct, recent
from cockpit.runs.alert import AlertLevel
from cockpit.units import duration

LOOK_S: Final = 60.0
"""What a GPU does now is judged over this time."""
SPIN_PCT: Final = 90.0
"""Ranks that wait for each other in a collective keep their GPU as busy as this."""
CLEARLY_PCT: Final = 10.0
"""So much more of the usual power is clearly more."""
LEAST_CHECKPOINT_S: Final = 60.0
INTERVAL_COUNT: Final = 10
"""The usual interval rests on so many of the last ones."""
UNUSUAL: Final = 1.5
"""So many times the longest of them is no usual interval, even where they differ much."""


@dataclass(frozen=True, slots=True)
class Doing:
    """What a GPU does now."""

    gpu: RunGpu
    share_pct: float
    power_w: float | None
    usual_w: float | None
    is_idle: bool
    spins: bool
    """Busy, and yet it draws far less than the run usually makes it."""


def doing(gpus: Sequence[RunGpu], limits: Limits) -> list[Doing]:
    """Return what those GPUs do that tell their utilisation."""
    found = []
    for gpu in gpus:
        lately = recent(gpu.points, LOOK_S)
        share_pct = mean_pct(lately)
        if lately is None or share_pct is None:
            continue
        powers = [point.power_w for point in lately if point.power_w is not None]
        is_busy = share_pct >= SPIN_PCT
        power_w, usual_w = (
            (median(powers), gpu.usual_power_w) if powers and is_busy else (None, None)
        )
        spins = (
            power_w is not None
            and usual_w is not None
            and power_w <= usual_w * limits.hang_power_pct / 100
        )
        is_idle = share_pct <= limits.idle_pct
        found.append(Doing(gpu, share_pct, power_w, usual_w, is_idle, spins))
    return found


def gpu_evidence(gpus: Sequence[RunGpu], limits: Limits) -> str | None:
    """Say what the GPUs of a silent run do, or None where they tell nothing or seem to work.

    `8 GPUs at 100 % but 140 W instead of 310 W`, or `8 GPUs at 0 %`, or both.
    """
    return _evidence(doing(gpus, limits))


def _evidence(told: Sequence[Doing]) -> str | None:
    spin = [one for one in told if one.spins]
    idle = [one for one in told if one.is_idle]
    if not told or len(spin) + len(idle) < len(told):
        return None
    parts = [_spin_words(spin)] if spin else []
    if idle:
        names = gpus(labels([one.gpu for one in idle])) if spin else _count(idle)
        parts.append(f"{names} at {span([one.share_pct for one in idle])} %")
    return ", ".join(parts)


def _spin_words(spin: Sequence[Doing]) -> str:
    share_pct = median(one.share_pct for one in spin)
    power_w = median(one.power_w for one in spin if one.power_w is not None)
    usual_w = median(one.usual_w for one in spin if one.usual_w is not None)
    return f"{_count(spin)} at {share_pct:.0f} % but {power_w:.0f} W instead of {usual_w:.0f} W"


def _count(told: Sequence[Doing]) -> str:
    return f"{len(told)} GPU{'' if len(told) == 1 else 's'}"


def _longest_silence_s(view: WatchedRun) -> float:
    return max(view.limits.hang_s, view.limits.hang_factor * view.run.longest_silence_s)


def _hang_begun(view: WatchedRun) -> float | None:
    if view.silent_s < _longest_silence_s(view):
        return None
    told = doing(view.gpus, view.limits)
    if not any(one.spins for one in told) or _evidence(told) is None:
        return None
    return max(view.run.last_progress, view.run.attempt_started)


def _hang_over(view: WatchedRun) -> bool:
    if view.silent_s < _longest_silence_s(view):
        return True
    told = doing(view.gpus, view.limits)
    return any(_works(one, view.limits) for one in told)


def _works(one: Doing, limits: Limits) -> bool:
    """Say whether a GPU draws clearly more than one that spins."""
    if one.power_w is None or one.usual_w is None:
        return False
    return one.power_w > one.usual_w * (limits.hang_power_pct + CLEARLY_PCT) / 100


def _hang_words(view: WatchedRun, since: float) -> Words:
    usual_s = view.run.longest_silence_s
    usual = f" (usual: {duration(usual_s)})" if usual_s > 0 else ""
    what = f"no log, results or checkpoint for {duration(view.silent_s)}{usual}"
    evidence = gpu_evidence(view.gpus, view.limits)
    return Words(
        f"{what}, {evidence}" if evidence else what,
        "see where each rank stands: py-spy dump --pid PID, cockpit logs RUN; NCCL's flight "
        "recorder (TORCH_NCCL_TRACE_BUFFER_SIZE) names the collective; then stop and resume",
        AlertLevel.PROBLEM,
    )


def usual_interval_s(run: RunSigns) -> float | None:
    """Return the usual time between two checkpoints; None before two such times were seen."""
    found = _intervals(run)
    return median(found) if len(found) >= 2 else None


def _intervals(run: RunSigns) -> list[float]:
    """Return the last times between checkpoints, without what lay between two attempts."""
    pairs = zip(run.checkpoints, run.checkpoints[1:], strict=False)
    found = [
        later - earlier
        for earlier, later in pairs
        if later > earlier and not earlier < run.attempt_started <= later
    ]
    return found[-INTERVAL_COUNT:]


def _overdue_begun(view: WatchedRun) -> float | None:
    usual_s = usual_interval_s(view.run)
    if usual_s is None:
        return None
    last = max(view.run.checkpoints[-1], view.run.attempt_started)
    patience_s = max(
        LEAST_CHECKPOINT_S,
        view.limits.checkpoint_factor * usual_s,
        UNUSUAL * max(_intervals(view.run)),
    )
    return last + usual_s if view.now_s - last >= patience_s else None


def _overdue_over(view: WatchedRun) -> bool:
    return _overdue_begun(view) is None


def _overdue_words(view: WatchedRun, since: float) -> Words:
    last = max(view.run.checkpoints[-1], view.run.attempt_started)
    usual = duration(usual_interval_s(view.run))
    return Words(
        f"no checkpoint for {duration(view.now_s - last)} (usual: every {usual})",
        "see whether it still trains (cockpit logs RUN), and whether there is room: df -h",
    )


RULES: Final = (
    Rule("run.hang", _hang_begun, _hang_over, _hang_words),
    Rule("run.checkpoint-overdue", _overdue_begun, _overdue_over, _overdue_words),
)
