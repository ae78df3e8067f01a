"""A run that makes no progress: GPUs that spin, checkpoints that do not come."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Final

from cockpit.analysis.alerts.limits import Limits
from cockpit.analysis.alerts.rule import Rule, Words, gpus
from cockpit.analysis.alerts.run import RunGpu, RunSigns, RunView, labels, span
from cockpit.runs.alert import AlertLevel
from cockpit.units import duration

LOOK_S: Final = 60.0
"""What a GPU does now is judged over this time."""
SPIN_PCT: Final = 90.0
"""Ranks that wait for each other in a collective keep their GPU as busy as this."""
LEAST_CHECKPOINT_S: Final = 60.0
INTERVAL_COUNT: Final = 10
"""The usual interval rests on so many of the last ones."""
UNUSUAL: Final = 1.5
"""So many times the longest of them is no usual interval, even where they differ much."""


def spinning(tracks: Sequence[RunGpu], limits: Limits) -> list[RunGpu]:
    """Return the GPUs that are busy and yet draw far less than the run usually makes them."""
    return [gpu for gpu in tracks if _spins(gpu, limits)]


def _spins(gpu: RunGpu, limits: Limits) -> bool:
    share, power_w = gpu.mean_pct(LOOK_S), gpu.power_w(LOOK_S)
    if share is None or power_w is None or gpu.usual_power_w is None:
        return False
    return share >= SPIN_PCT and power_w <= gpu.usual_power_w * limits.hang_power_pct / 100


def _idles(gpu: RunGpu, limits: Limits) -> bool:
    share = gpu.mean_pct(LOOK_S)
    return share is not None and share <= limits.idle_pct


def gpu_evidence(tracks: Sequence[RunGpu], limits: Limits) -> str | None:
    """Say what the GPUs of a silent run do, or None where they tell nothing or seem to work.

    `8 GPUs at 100 % but 140 W instead of 310 W`, or `8 GPUs at 0 %`, or both.
    """
    spin = spinning(tracks, limits)
    idle = [gpu for gpu in tracks if _idles(gpu, limits)]
    told = [gpu for gpu in tracks if gpu.mean_pct(LOOK_S) is not None]
    if not told or len(spin) + len(idle) < len(told):
        return None
    parts = [_spin_words(spin)] if spin else []
    if idle:
        shares = [share for gpu in idle if (share := gpu.mean_pct(LOOK_S)) is not None]
        names = gpus(labels(idle)) if spin else _count(idle)
        parts.append(f"{names} at {span(shares)} %")
    return ", ".join(parts)


def _spin_words(spin: Sequence[RunGpu]) -> str:
    shares = [share for gpu in spin if (share := gpu.mean_pct(LOOK_S)) is not None]
    powers = [power_w for gpu in spin if (power_w := gpu.power_w(LOOK_S)) is not None]
    usual = [gpu.usual_power_w for gpu in spin if gpu.usual_power_w is not None]
    return (
        f"{_count(spin)} at {median(shares):.0f} % but {median(powers):.0f} W "
        f"instead of {median(usual):.0f} W"
    )


def _count(tracks: Sequence[RunGpu]) -> str:
    return f"{len(tracks)} GPU{'' if len(tracks) == 1 else 's'}"


def _longest_silence_s(view: RunView) -> float:
    return max(view.limits.hang_s, view.limits.hang_factor * view.run.longest_silence_s)


def _hang_begun(view: RunView) -> float | None:
    if view.silent_s < _longest_silence_s(view) or not spinning(view.gpus, view.limits):
        return None
    since = max(view.run.last_progress, view.run.attempt_started)
    return None if gpu_evidence(view.gpus, view.limits) is None else since


def _hang_over(view: RunView) -> bool:
    if view.silent_s < _longest_silence_s(view):
        return True
    is_told = any(gpu.power_w(LOOK_S) is not None for gpu in view.gpus)
    is_at_work = gpu_evidence(view.gpus, view.limits) is None
    return is_told and is_at_work


def _hang_words(view: RunView, since: float) -> Words:
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


def _overdue_begun(view: RunView) -> float | None:
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


def _overdue_over(view: RunView) -> bool:
    return _overdue_begun(view) is None


def _overdue_words(view: RunView, since: float) -> Words:
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
