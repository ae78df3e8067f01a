"""The last minutes of a GPU or of the host as few, small points."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final, Generic, Protocol, TypeVar

from cockpit.devices.sample import GpuSample, HostSample

STEP_S: Final = 4.5
"""At most one point in this time: readings come every second or every five, never exactly."""
LENGTH_S: Final = 600.0
GAP_S: Final = 20.0
"""Nobody knows what was between two points that are further apart."""


class Timed(Protocol):
    """Something of one moment."""

    @property
    def time(self) -> float:
        """Epoch seconds."""


P = TypeVar("P", bound=Timed)


@dataclass(frozen=True, slots=True)
class Point:
    """What the rules need of a GPU at one moment; None where it does not tell."""

    time: float
    utilization_pct: float | None
    temperature_c: float | None
    power_w: float | None
    memory_pct: float | None
    """In use, with what the driver reserves."""
    sm_clock_mhz: float | None
    throttle: int | None
    pcie_width: int | None


@dataclass(frozen=True, slots=True)
class HostPoint:
    """What the rules need of the host at one moment."""

    time: float
    memory_pct: float | None
    swap_used_bytes: int | None
    shm_free_bytes: int | None
    disk_free_bytes: int | None


class Window(Generic[P]):
    """Points of the last ten minutes, oldest first. It starts anew when the clock jumps back."""

    def __init__(self) -> None:
        self.points: deque[P] = deque()

    def is_due(self, moment: float) -> bool:
        """Say whether a reading of this moment is to become a point."""
        if not self.points:
            return True
        last = self.points[-1].time
        if moment < last:
            self.points.clear()
            return True
        return moment - last >= STEP_S

    def add(self, point: P) -> None:
        """Take a point that is due, and let go of what is too old."""
        self.points.append(point)
        while point.time - self.points[0].time > LENGTH_S:
            self.points.popleft()


def point_of(sample: GpuSample) -> Point:
    """Return what the rules need of a reading."""
    used, total = used_bytes(sample), sample.memory_total_bytes
    return Point(
        sample.time,
        sample.utilization_pct,
        sample.temperature_c,
        sample.power_w,
        None if used is None or not total else 100 * used / total,
        sample.sm_clock_mhz,
        None if sample.throttle is None else int(sample.throttle),  # a flag is slow to ask
        None if sample.pcie is None else sample.pcie.width,
    )


def host_point_of(host: HostSample) -> HostPoint:
    """Return what the rules need of a reading of the host."""
    used, total = host.memory_used_bytes, host.memory_total_bytes
    return HostPoint(
        host.time,
        None if used is None or not total else 100 * used / total,
        host.swap_used_bytes,
        host.shm_free_bytes,
        host.disk_free_bytes,
    )


def used_bytes(sample: GpuSample) -> int | None:
    """Return the memory that no process can have any more."""
    if sample.memory_used_bytes is None:
        return None
    return sample.memory_used_bytes + (sample.memory_reserved_bytes or 0)


def streak(points: Sequence[P], is_so: Callable[[P], bool | None]) -> tuple[float, float] | None:
    """Return from when to when it is so without a break up to the newest point, or None.

    A point that does not tell is passed over; a gap between those that tell ends the search.
    """
    first = last = None
    for point in reversed(points):
        if (points[-1].time if first is None else first) - point.time > GAP_S:
            break
        told = is_so(point)
        if told is None:
            continue
        if not told:
            break
        first = point.time
        last = point.time if last is None else last
    return None if first is None or last is None else (first, last)


def held_for(
    points: Sequence[P], is_so: Callable[[P], bool | None], seconds: float
) -> float | None:
    """Return since when it is so, where that is at least `seconds`, or else None."""
    found = streak(points, is_so)
    return found[0] if found is not None and found[1] - found[0] >= seconds else None


def recent(points: Sequence[P], seconds: float) -> tuple[P, ...] | None:
    """Return the points of the last `seconds`, or None where they do not cover that time."""
    found: list[P] = []
    for point in reversed(points):
        if found and found[-1].time - point.time > GAP_S:
            return None
        found.append(point)
        if points[-1].time - point.time >= seconds:
            return tuple(reversed(found))
    return None


def mean_pct(points: Sequence[Point] | None) -> float | None:
    """Return the mean utilisation, or None where over half of the points do not tell."""
    told = [point.utilization_pct for point in points or () if point.utilization_pct is not None]
    return fmean(told) if points and len(told) > len(points) / 2 else None
