"""GPUs of a run that have nothing to do, or too little."""

from __future__ import annotations

from statistics import fmean
from typing import Final

from cockpit.analysis.alerts.rule import Rule, Words, gpus, lasting
from cockpit.analysis.alerts.run import RunGpu, WatchedRun, labels, mean_of, span
from cockpit.analysis.alerts.window import Point, held_for
from cockpit.runs.alert import AlertLevel

CLEARLY_PCT: Final = 10.0
"""So much more utilisation is clearly better."""
FULL_CPU_PCT: Final = 90.0


def _idle_since(gpu: RunGpu, view: WatchedRun) -> float | None:
    def is_idle(point: Point) -> bool | None:
        if point.time < view.run.attempt_started or point.utilization_pct is None:
            return None
        return point.utilization_pct <= view.limits.idle_pct

    return held_for(gpu.points, is_idle, view.limits.idle_s)


def idle_gpus(view: WatchedRun) -> dict[str, float]:
    """Return which GPUs have been idle for long, by key, and since when."""
    since = ((gpu.sample.key, _idle_since(gpu, view)) for gpu in view.gpus)
    return {key: moment for key, moment in since if moment is not None}


def _idle_begun(view: WatchedRun) -> float | None:
    idle = {} if view.is_starting else idle_gpus(view)
    return max(idle.values()) if idle else None


def _still_idle(view: WatchedRun) -> list[RunGpu]:
    """Return the GPUs that are not clearly at work."""
    bound = view.limits.idle_pct + CLEARLY_PCT
    shares = [(gpu, gpu.mean_pct(view.limits.clear_s)) for gpu in view.gpus]
    return [gpu for gpu, share in shares if share is not None and share < bound]


def _idle_over(view: WatchedRun) -> bool:
    telling = [gpu for gpu in view.gpus if _tells(gpu)]
    all_tell_now = all(gpu.mean_pct(view.limits.clear_s) is not None for gpu in telling)
    return view.is_starting or (bool(telling) and all_tell_now and not _still_idle(view))


def _tells(gpu: RunGpu) -> bool:
    """Say whether it told its utilisation lately; a MIG device never does."""
    return any(point.utilization_pct is not None for point in gpu.points)


def _idle_words(view: WatchedRun, since: float) -> Words:
    idle = _still_idle(view) or list(view.gpus)
    told = [gpu.sample.utilization_pct for gpu in idle if gpu.sample.utilization_pct is not None]
    share = f" at {span(told)} %" if told else ""
    total, names = len(view.run.gpu_ranks), gpus(labels(idle))
    if len(idle) < len(view.gpus):
        used = len(view.gpus) - len(idle)
        what = f"run uses {used} of its {total} GPUs: {names}{share} {lasting(since, view.now_s)}"
        return Words(what, _idle_remedy(view, idle), AlertLevel.PROBLEM)
    what = f"{names}{share} {lasting(since, view.now_s)} while the run goes on"
    return Words(
        what,
        "see what it waits for: cockpit logs RUN, or py-spy dump --pid PID of a rank",
        AlertLevel.PROBLEM,
    )


def _idle_remedy(view: WatchedRun, idle: list[RunGpu]) -> str:
    ranks = [view.run.gpu_ranks.get(gpu.sample.gpu_uuid) for gpu in idle]
    rank = next((rank for rank in ranks if rank is not None), None)
    if rank is not None:
        return (
            f"see what rank {rank} waits for: cockpit logs RUN --rank {rank}, "
            "or py-spy dump --pid PID of it"
        )
    total = len(view.run.gpu_ranks)
    return (
        f"start one process for each GPU (torchrun --nproc-per-node {total}), "
        "or give the run fewer GPUs"
    )


def _working(view: WatchedRun) -> list[RunGpu]:
    """Return the GPUs that are not idle now; those that are, are told of apart."""
    shares = [(gpu, gpu.mean_pct(view.limits.clear_s)) for gpu in view.gpus]
    return [gpu for gpu, share in shares if share is not None and share > view.limits.idle_pct]


def _mean_pct(view: WatchedRun, seconds: float) -> float | None:
    return mean_of([gpu.mean_pct(seconds) for gpu in _working(view)])


def _low_begun(view: WatchedRun) -> float | None:
    seconds = view.limits.low_utilization_s
    if view.is_starting or view.age_s < seconds:
        return None
    share = _mean_pct(view, seconds)
    if share is None or share >= view.limits.low_utilization_pct:
        return None
    return view.now_s - seconds


def _low_over(view: WatchedRun) -> bool:
    if view.is_starting or (view.gpus and len(idle_gpus(view)) == len(view.gpus)):
        return True  # that is told as idle
    share = _mean_pct(view, 2 * view.limits.clear_s)
    return share is not None and share >= view.limits.low_utilization_pct + CLEARLY_PCT


def _low_words(view: WatchedRun, since: float) -> Words:
    seconds = view.limits.low_utilization_s
    told = [share for gpu in _working(view) if (share := gpu.mean_pct(seconds)) is not None]
    mean = f"{fmean(told):.0f} %" if told else f"under {view.limits.low_utilization_pct:.0f} %"
    names = gpus(labels(_working(view)))
    cpu_pct = view.host.cpu_pct if view.host is not None else None
    cpu = "" if cpu_pct is None else f", CPU {cpu_pct:.0f} %"
    what = f"{names} at {mean} on average {lasting(since, view.now_s)}{cpu}"
    return Words(what, _low_remedy(view, cpu_pct))


def _low_remedy(view: WatchedRun, cpu_pct: float | None) -> str:
    workers, cores = view.run.worker_count, view.run.cpu_count
    now = f"{workers} worker{'' if workers == 1 else 's'} now, {cores} CPU cores"
    if cpu_pct is not None and cpu_pct >= FULL_CPU_PCT:
        return f"the CPU is the limit ({now}): cache the data set, or do less work for each sample"
    if workers < cores:
        return f"raise num_workers: {now}"
    return f"there are workers enough ({now}): a larger batch, or faster storage and decoding"


RULES: Final = (
    Rule("run.gpu-idle", _idle_begun, _idle_over, _idle_words),
    Rule("run.low-utilization", _low_begun, _low_over, _low_words),
)
