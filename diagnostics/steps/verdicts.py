"""What the rows of `scaling` mean: efficiency, where to stop, DDP against DataParallel. Pure."""

from __future__ import annotations

from typing import Sequence

from diagnostics.emit import NOTE, OK, WARNING, Finding
from diagnostics.steps.cause import BUSY, GOOD_EFFICIENCY, REMEDY_SPREAD
from diagnostics.steps.laws import (
    FARTHEST,
    STOP_GAIN,
    Point,
    baseline,
    find_doubt,
    find_stop,
    gain_of_doubling,
    karp_flatt,
    predict,
    scaling_efficiency,
    speedup,
)

RISE = 0.05
"""A serial fraction that rises by more is contention."""


def judge_efficiency(points: Sequence[Point], mode: str) -> Finding | None:
    """Say how much of linear scaling the largest world size reaches; None for one rank alone."""
    base, ordered = baseline(points), _ordered(points)
    if base is None or len(ordered) < 2:
        return None
    last = ordered[-1]
    times = speedup(last.samples_per_s, base.samples_per_s)
    reached = scaling_efficiency(last.samples_per_s, base.samples_per_s, last.world_size)
    what = "{} scaling: {} ranks are {:.2f} times as fast as one, {:.0%} of linear"
    what = what.format(mode, last.world_size, times, reached)
    now = karp_flatt(times, last.world_size)
    what += f"; serial fraction (Karp-Flatt) {_fraction(now)}"
    first = karp_flatt(speedup(ordered[1].samples_per_s, base.samples_per_s), ordered[1].world_size)
    if first is not None and now is not None and now - first > RISE and now <= 1:
        what += f", up from {first:.3f} on {ordered[1].world_size} ranks: contention"
    return Finding(OK if reached >= GOOD_EFFICIENCY else NOTE, "scaling.efficiency", what)


def judge_stop(points: Sequence[Point], mode: str) -> Finding | None:
    """Say after which world size more ranks are not worth it; None for one rank alone."""
    ordered = _ordered(points)
    if len(ordered) < 2:
        return None
    doubt = find_doubt(ordered)
    if doubt is not None:
        what = "{} scaling: where to stop cannot be told: blocks spread by {:.0f} %"
        return Finding(NOTE, "scaling.stop", what.format(mode, doubt.spread_pct), REMEDY_SPREAD)
    stop = find_stop(ordered)
    if stop is not None:
        what = "{} scaling: stop at {}; {} ranks bring {:+.0%} for a doubling, less than {:.0%}"
        size = "1 rank" if stop.world_size == 1 else f"{stop.world_size} ranks"
        what = what.format(mode, size, stop.next_size, stop.gain, STOP_GAIN)
        return Finding(NOTE, "scaling.stop", what)
    last = ordered[-1].world_size
    gain = gain_of_doubling(ordered[-2], ordered[-1])
    what = "{} scaling: no reason to stop up to {} ranks; the last doubling brings {:+.0%}"
    what = what.format(mode, last, gain)
    band = predict(ordered, FARTHEST * last)
    if band is not None:
        what += "; Amdahl's law would give {} ranks {:.1f}x to {:.1f}x, which was not measured"
        what = what.format(FARTHEST * last, *band)
    return Finding(OK, "scaling.stop", what)


def judge_dp(ddp: Sequence[Point], dp: Sequence[Point]) -> Finding | None:
    """Say how DataParallel does beside DDP; None where either is missing."""
    base = baseline(ddp)
    both = {one.world_size for one in ddp} & {one.world_size for one in dp}
    if base is None or not both:
        return None
    size = max(both)
    rates = [
        next(one.samples_per_s for one in points if one.world_size == size) for points in (dp, ddp)
    ]
    what = "DataParallel on {} GPUs is {:.2f} times as fast as one GPU, DDP {:.2f} times"
    what = what.format(size, *(speedup(rate, base.samples_per_s) for rate in rates))
    remedy = "start with torchrun: each GPU gets a process of its own"
    return Finding(NOTE, "scaling.dp", what, remedy if rates[1] > rates[0] else None)


def judge_threads(threads: int, cores: int) -> Finding:
    """Say how the cores were shared out, so that one rank and many can be compared."""
    count = "1 thread" if threads == 1 else f"{threads} threads"
    have = "1 core" if cores == 1 else f"{cores} cores"
    what = "on the CPU every rank computes with {}, one rank alone too: it is not given all of {}"
    return Finding(NOTE, "scaling.threads", what.format(count, have))


def judge_busy(tool: str, others: float, cores: int) -> Finding | None:
    """Say whether somebody else used the cores meanwhile; None where that was little."""
    if others < BUSY * cores:
        return None
    what = "other processes kept {:.1f} of {} cores busy meanwhile: slower, and not to be repeated"
    return Finding(WARNING, tool + ".busy", what.format(others, cores), "top shows who it is")


def _fraction(serial: float | None) -> str:
    """Return a serial fraction; one that no serial part explains is none."""
    if serial is None:
        return "–"
    if serial > 1:
        return "–, slower than one rank"
    return "–, faster than linear" if serial < 0 else f"{serial:.3f}"


def _ordered(points: Sequence[Point]) -> list[Point]:
    return sorted(points, key=lambda point: point.world_size)
