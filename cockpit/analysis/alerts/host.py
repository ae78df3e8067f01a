"""What is noticed of the host."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

from cockpit.analysis.alerts.limits import Limits
from cockpit.analysis.alerts.rule import Rule, Words, lasting
from cockpit.analysis.alerts.window import LENGTH_S, HostPoint, held_for
from cockpit.devices.sample import HostSample
from cockpit.runs.alert import AlertLevel
from cockpit.units import GIB, binary, duration

RATE_S: Final = LENGTH_S / 2
"""A rate rests on at least this much time."""
HALF_S: Final = 0.4 * LENGTH_S
"""What counts as one half of the watched minutes."""
STEADY: Final = 2.0
"""A rate that is so many times that of the other half is none to go by."""
SHM_FLOOR_BYTES: Final = 32 << 20
"""Where the size of /dev/shm is not told: half of what a container has by default."""
PART_COUNT: Final = 10
CLEARLY: Final = 1.2
"""So many times better is clearly better."""


@dataclass(frozen=True, slots=True)
class HostView:
    """All that the rules of the host look at."""

    sample: HostSample
    points: Sequence[HostPoint]
    limits: Limits
    now_s: float


def rate_per_s(
    points: Sequence[HostPoint],
    pick: Callable[[HostPoint], int | None],
    least_s: float = RATE_S,
) -> float | None:
    """Return how fast something grows, bytes/s; None where less than `least_s` is known.

    From the medians of ten parts, so that an outlier is none, and without the largest step in the
    direction of the whole: one large file is no rate, two are.
    """
    told = [(point.time, value) for point in points if (value := pick(point)) is not None]
    if len(told) < 2 * PART_COUNT or told[-1][0] - told[0][0] < least_s:
        return None
    bounds = [len(told) * part // PART_COUNT for part in range(PART_COUNT + 1)]
    parts = [told[first:last] for first, last in pairwise(bounds)]
    times = [median(time for time, _ in part) for part in parts]
    sizes = [median(size for _, size in part) for part in parts]
    steps = [
        (b - a, later - t)
        for (a, b), (t, later) in zip(pairwise(sizes), pairwise(times), strict=True)
    ]
    grows = sizes[-1] > sizes[0]
    steps.remove(max(steps) if grows else min(steps))
    rest, seconds = sum(step for step, _ in steps), sum(time for _, time in steps)
    return rest / seconds if (rest > 0) == grows else 0.0


def disk_full_in_s(points: Sequence[HostPoint]) -> float | None:
    """Return when the disk is full at the rate of the last ten minutes; None: never, or unknown."""
    if not points or (free := points[-1].disk_free_bytes) is None:
        return None
    per_s = rate_per_s(points, lambda point: point.disk_free_bytes)
    return None if per_s is None or per_s >= 0 else free / -per_s


def disk_fills_in_s(points: Sequence[HostPoint]) -> float | None:
    """Return the same where it is steady, for a face that says it all the time; else None.

    Each half of these minutes fills the disk, neither much faster than the other: what a moment
    wrote makes days of one look and hours of the next.
    """
    told = [point for point in points if point.disk_free_bytes is not None]
    halves = told[: len(told) // 2 + 1], told[len(told) // 2 :]
    rates = [rate_per_s(half, lambda one: one.disk_free_bytes, HALF_S) for half in halves]
    falls = [-rate for rate in rates if rate is not None and rate < 0]
    is_steady = len(falls) == len(halves) and max(falls) <= STEADY * min(falls)
    return disk_full_in_s(points) if is_steady else None


def _disk_is_bad(view: HostView, better: float = 1.0) -> bool | None:
    free = view.sample.disk_free_bytes
    if free is None:
        return None
    full_in_s = disk_full_in_s(view.points)
    is_soon = full_in_s is not None and full_in_s < better * view.limits.disk_full_s
    return is_soon or free < better * view.limits.disk_free_gib * GIB


def _disk_begun(view: HostView) -> float | None:
    return view.sample.time if _disk_is_bad(view) else None


def _disk_over(view: HostView) -> bool:
    return _disk_is_bad(view, CLEARLY) is False


def _disk_words(view: HostView, since: float) -> Words | None:
    if view.sample.disk_free_bytes is None:
        return None
    full_in_s = disk_full_in_s(view.points)
    rate = "" if full_in_s is None else f", full in {duration(full_in_s)} at the present rate"
    return Words(
        f"{binary(view.sample.disk_free_bytes)} free on the disk of the runs{rate}",
        "make room there: old checkpoints and runs first (cockpit runs)",
        AlertLevel.PROBLEM,
    )


def _memory_begun(view: HostView) -> float | None:
    bound = 100 - view.limits.host_memory_free_pct

    def is_full(point: HostPoint) -> bool | None:
        return None if point.memory_pct is None else point.memory_pct > bound

    return held_for(view.points, is_full, view.limits.host_memory_s)


def _memory_over(view: HostView) -> bool:
    bound = 100 - CLEARLY * view.limits.host_memory_free_pct

    def has_room(point: HostPoint) -> bool | None:
        return None if point.memory_pct is None else point.memory_pct <= bound

    return held_for(view.points, has_room, view.limits.clear_s) is not None


def _memory_words(view: HostView, since: float) -> Words | None:
    used, total = view.sample.memory_used_bytes, view.sample.memory_total_bytes
    if used is None or total is None:
        return None
    left = f"{binary(max(0, total - used))} of {binary(total)} memory left"
    return Words(
        f"{left} {lasting(since, view.now_s)}",
        "the kernel kills the largest process when none is left: "
        "fewer data-loader workers, or no caching in memory",
        AlertLevel.PROBLEM,
    )


def _shm_is_bad(view: HostView, better: float = 1.0) -> bool | None:
    free, total = view.sample.shm_free_bytes, view.sample.shm_total_bytes
    if free is None or (total is not None and total == 0):
        return None
    floor = SHM_FLOOR_BYTES if total is None else total * view.limits.shm_free_pct / 100
    return free < better * floor


def _shm_begun(view: HostView) -> float | None:
    return view.sample.time if _shm_is_bad(view) else None


def _shm_over(view: HostView) -> bool:
    return _shm_is_bad(view, CLEARLY) is False


def _shm_words(view: HostView, since: float) -> Words | None:
    if view.sample.shm_free_bytes is None:
        return None
    total = view.sample.shm_total_bytes
    of = "" if total is None else f" of {binary(total)}"
    return Words(
        f"{binary(view.sample.shm_free_bytes)}{of} free in /dev/shm",
        "data-loader workers die of a bus error when it is full: fewer workers, "
        "or for containers --shm-size=16g (or --ipc=host)",
        AlertLevel.PROBLEM,
    )


def swap_growth_bytes(points: Sequence[HostPoint]) -> float | None:
    """Return how much the swap in use grew in the last ten minutes; None where it is not known."""
    per_s = rate_per_s(points, lambda point: point.swap_used_bytes)
    return None if per_s is None else per_s * (points[-1].time - points[0].time)


def _swap_is_bad(view: HostView, better: float = 1.0) -> bool | None:
    used, total = view.sample.swap_used_bytes, view.sample.swap_total_bytes
    if used is None:
        return None
    growth = swap_growth_bytes(view.points)
    if growth is not None and growth >= view.limits.swap_growth_gib * GIB / better:
        return True
    return bool(total) and used >= (total or 0) * view.limits.swap_pct / 100 / better


def _swap_begun(view: HostView) -> float | None:
    return view.sample.time if _swap_is_bad(view) else None


def _swap_over(view: HostView) -> bool:
    return _swap_is_bad(view, CLEARLY) is False


def _swap_words(view: HostView, since: float) -> Words | None:
    if view.sample.swap_used_bytes is None:
        return None
    total, growth = view.sample.swap_total_bytes, swap_growth_bytes(view.points)
    of = "" if total is None else f" of {binary(total)}"
    grew = (
        ""
        if growth is None or growth < GIB / 100
        else f", {binary(growth)} more in the last 10 min"
    )
    return Words(
        f"{binary(view.sample.swap_used_bytes)}{of} swap in use{grew}",
        "memory runs short and all gets slow: fewer data-loader workers, or no caching in memory",
    )


RULES: Final = (
    Rule("host.disk", _disk_begun, _disk_over, _disk_words),
    Rule("host.memory", _memory_begun, _memory_over, _memory_words),
    Rule("host.shm", _shm_begun, _shm_over, _shm_words),
    Rule("host.swap", _swap_begun, _swap_over, _swap_words),
)
