"""How training scales over ranks: speed-up, efficiency, serial part, where to stop. Pure."""

from __future__ import annotations

import math
from typing import NamedTuple, Sequence

STOP_GAIN = 0.25
"""A doubling of the ranks that brings less than this is not worth its GPUs; ideal is 1.0."""
FARTHEST = 2
"""So many times the largest measured world size may be predicted; beyond it is guessing."""


class Point(NamedTuple):
    """What was measured at one world size; times are of one step, None where none was seen."""

    world_size: int
    batch_per_rank: int
    samples_per_s: float
    """Over all ranks."""
    step_ms: float
    data_wait_ms: float | None = None
    compute_ms: float | None = None
    communication_ms: float | None = None
    """The part that is not hidden behind the backward pass."""
    spread_pct: float = 0.0
    """Largest less smallest of the repeats, in percent of their median."""


class Stop(NamedTuple):
    """Where more ranks are no longer worth it."""

    world_size: int
    next_size: int
    gain: float
    """What a doubling from `world_size` brings: 1.0 is twice the throughput, below 0 a loss."""


def speedup(samples_per_s: float, baseline_samples_per_s: float) -> float:
    """Return how many times the throughput of one rank is reached."""
    return samples_per_s / baseline_samples_per_s


def scaling_efficiency(
    samples_per_s: float, baseline_samples_per_s: float, world_size: int
) -> float:
    """Return the share of the ideal speed-up that is reached: 1.0 is linear scaling."""
    return speedup(samples_per_s, baseline_samples_per_s) / world_size


def karp_flatt(times: float, world_size: int) -> float | None:
    """Return the serial fraction e = (1/S - 1/n) / (1 - 1/n) that a speed-up S comes to.

    Karp and Flatt, CACM 33(5), 1990. The same e at every n means a serial part, a rising one
    contention; below 0 the speed-up is more than linear. None for one rank.
    """
    if world_size < 2 or times <= 0:
        return None
    return (1 / times - 1 / world_size) / (1 - 1 / world_size)


def amdahl(serial_fraction: float, world_size: int) -> float:
    """Return the speed-up 1 / (e + (1 - e) / n) with a serial fraction e, 0 to 1."""
    return 1 / (serial_fraction + (1 - serial_fraction) / world_size)


def doublings(most: int) -> list[int]:
    """Return 1, 2, 4, … up to `most`, and `most` itself."""
    sizes = [2**power for power in range(most.bit_length()) if 2**power <= most]
    return sizes if sizes[-1] == most else [*sizes, most]


def spread_pct(rates: Sequence[float]) -> float:
    """Return largest less smallest, in percent of the median."""
    middle = median(rates)
    return 100 * (max(rates) - min(rates)) / middle if middle else 0.0


def median(values: Sequence[float]) -> float:
    """Return the middle value; of an even number of them the mean of the middle two."""
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


def gain_of_doubling(smaller: Point, larger: Point) -> float:
    """Return what twice the ranks bring, also where the step between the two is no doubling."""
    steps = math.log2(larger.world_size / smaller.world_size)
    ratio: float = (larger.samples_per_s / smaller.samples_per_s) ** (1 / steps)
    return ratio - 1


def is_within_spread(ratio: float, limit: float, *points: Point) -> bool:
    """Say whether the blocks spread so much that `ratio` could lie on the other side of `limit`.

    The ratio of two medians is off by no more than the larger spread, if by both at once.
    """
    spread = max((point.spread_pct for point in points), default=0.0)
    return spread > 0 and 100 * abs(ratio - limit) / limit <= spread


def find_doubt(points: Sequence[Point], least_gain: float = STOP_GAIN) -> Point | None:
    """Return the noisiest point on the way to the stop that could undo it; None: it is firm."""
    ordered = sorted(points, key=lambda point: point.world_size)
    for smaller, larger in zip(ordered, ordered[1:]):
        gain = gain_of_doubling(smaller, larger)
        if is_within_spread(1 + gain, 1 + least_gain, smaller, larger):
            return max(smaller, larger, key=lambda point: point.spread_pct)
        if gain < least_gain:
            return None
    return None


def find_stop(points: Sequence[Point], least_gain: float = STOP_GAIN) -> Stop | None:
    """Return where a further doubling brings less than `least_gain`; None: nowhere measured."""
    ordered = sorted(points, key=lambda point: point.world_size)
    for smaller, larger in zip(ordered, ordered[1:]):
        gain = gain_of_doubling(smaller, larger)
        if gain < least_gain:
            return Stop(smaller.world_size, larger.world_size, gain)
    return None


def predict(points: Sequence[Point], world_size: int) -> tuple[float, float] | None:
    """Return the lowest and highest speed-up that the measured serial fractions come to.

    None where nothing but one rank was measured, or for a world size that is too far off.
    """
    base = baseline(points)
    if base is None or world_size > FARTHEST * max(point.world_size for point in points):
        return None
    fractions = []
    for point in points:
        found = karp_flatt(speedup(point.samples_per_s, base.samples_per_s), point.world_size)
        if found is not None:
            fractions.append(min(max(found, 0.0), 1.0))
    if not fractions:
        return None
    return amdahl(max(fractions), world_size), amdahl(min(fractions), world_size)


def baseline(points: Sequence[Point]) -> Point | None:
    """Return the point of one rank, which all others are compared with."""
    return next((point for point in points if point.world_size == 1), None)
