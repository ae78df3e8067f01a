"""Why training on several ranks is slow: one cause, with the figure that proves it. Pure."""

from __future__ import annotations

from typing import NamedTuple, Sequence

from diagnostics.emit import NOTE, OK, WARNING, Finding
from diagnostics.steps.laws import Point, baseline, scaling_efficiency

CODE = "scaling.cause"

GOOD_EFFICIENCY = 0.85
"""From here on nobody looks for a cause."""
LARGE_SHARE = 0.2
"""A part of a step that takes so much of it is worth a change."""
FIXED_SHARE = 0.3
"""So much of the compute time that does not shrink with the batch: the device is not filled."""
BUSY = 0.15
"""Other processes may use so much of the cores before it counts."""
CLEAR_PART = 1 / 3
"""The largest part of what is lost must be at least this much of it."""

DATA = "data loading bottleneck"
BATCH = "batch too small per rank"
NETWORK = "network overhead"
CORES = "ranks share the cores"
GOOD = "scaling is good"
UNKNOWN = "the cause cannot be told"
PART = {DATA: "waiting for data", NETWORK: "communication"}
"""What the time goes to under these causes."""

REMEDY_DATA = (
    "more workers (--workers), smaller or cached images; "
    "cockpit steptime --sweep-workers 0,2,4,8 tells what workers bring"
)
REMEDY_BATCH = "a larger --batch-per-rank: cockpit memory finds the largest that fits"
REMEDY_NETWORK = (
    "cockpit collectives measures the links; a larger batch or accumulation communicates less often"
)
REMEDY_CORES = "fewer ranks on this CPU; on GPUs each rank has a device of its own"

REMEDY_SPREAD = "a machine that does nothing else, more --blocks, more --steps"


class Around(NamedTuple):
    """What else is known of the measurement."""

    cores: int | None = None
    """CPU cores that the ranks compute on; None when they compute on GPUs."""
    threads_per_rank: int = 1
    fixed_share: float | None = None
    """Share of the compute time that stays when the batch gets smaller, 0 to 1."""
    others: float = 0.0
    """Cores that other processes kept busy meanwhile."""


class Lost(NamedTuple):
    """By how much a step is longer than the same samples would take one rank, in ms."""

    total_ms: float
    data_ms: float
    communication_ms: float
    compute_ms: float


def fixed_share(batch: int, compute_ms: float, smaller: int, smaller_ms: float) -> float | None:
    """Return the share of `compute_ms` that the line through both batches has at batch 0.

    Launching kernels takes as long for one sample as for many; None where batches are alike.
    """
    if smaller >= batch or compute_ms <= 0:
        return None
    slope_ms = (compute_ms - smaller_ms) / (batch - smaller)
    return min(max((compute_ms - slope_ms * batch) / compute_ms, 0.0), 1.0)


def lost_time(base: Point, point: Point) -> Lost | None:
    """Return where the time of a step goes that linear scaling would not spend; None if untold."""
    ratio = point.batch_per_rank / base.batch_per_rank
    data, before = point.data_wait_ms, base.data_wait_ms
    compute, alone = point.compute_ms, base.compute_ms
    communication = point.communication_ms
    if data is None or before is None or compute is None or alone is None or communication is None:
        return None
    return Lost(
        point.step_ms - ratio * base.step_ms,
        data - ratio * before,
        communication,
        compute - ratio * alone,
    )


def cause_of_scaling(points: Sequence[Point], around: Around) -> Finding:
    """Return the one finding that says what holds the largest world size back."""
    base = baseline(points)
    ordered = sorted(points, key=lambda one: one.world_size)
    if base is None or not ordered or ordered[-1].world_size == 1:
        count = "nothing but one" if points else "no"
        return _unknown(f"{count} world size was measured")
    return cause_between(base, ordered[-1], around)


def cause_between(base: Point, point: Point, around: Around) -> Finding:
    """Return what makes `point` fall short of linear scaling from one rank."""
    reached = scaling_efficiency(point.samples_per_s, base.samples_per_s, point.world_size)
    at = f"{point.world_size} ranks reach {reached:.0%} of linear"
    spread = max(point.spread_pct, base.spread_pct)
    if reached >= GOOD_EFFICIENCY:
        is_told = spread <= 100 * max(1 - GOOD_EFFICIENCY, reached - GOOD_EFFICIENCY)
        return _good(point, reached) if is_told else _noisy(spread, at)
    if 100 * (1 - reached) <= spread:
        return _noisy(spread, at)
    shared = _shared_cores(point, around)
    if shared is not None:
        return Finding(NOTE, CODE, f"{CORES}: {shared}; {at}", REMEDY_CORES)
    lost = lost_time(base, point)
    if lost is None or lost.total_ms <= 0:
        return _unknown(at + "; the parts of a step are not known")
    return _of_parts(base, point, lost, around, at)


def cause_of_step(point: Point, around: Around) -> Finding:
    """Return what a single world size tells: which part of a step is too large, if one is."""
    shares = {
        DATA: _share(point.data_wait_ms, point),
        NETWORK: _share(point.communication_ms, point),
    }
    worst = max(shares, key=lambda name: shares[name])
    shared = _shared_cores(point, around)
    if shared is not None:
        return Finding(NOTE, CODE, f"{CORES}: {shared}", REMEDY_CORES)
    if point.spread_pct > 100 * max(shares[worst], LARGE_SHARE):
        return _noisy(point.spread_pct, f"{shares[worst]:.0%} of a step is {PART[worst]}")
    if shares[worst] >= LARGE_SHARE:
        if worst == DATA:
            return _data(point)
        return _communication(point, around)
    what = "{:.0%} of a step waits for data, {:.0%} communicates unhidden"
    what = what.format(shares[DATA], shares[NETWORK])
    if around.fixed_share is not None and around.fixed_share >= FIXED_SHARE:
        return _batch(point, around.fixed_share)
    if point.world_size == 1:
        return _unknown(what + "; one rank alone does not scale", "cockpit scaling")
    return Finding(OK, CODE, f"none of the three: {what}")


def _of_parts(base: Point, point: Point, lost: Lost, around: Around, at: str) -> Finding:
    parts = {
        "data": lost.data_ms,
        "communication": lost.communication_ms,
        "compute": lost.compute_ms,
    }
    largest = max(parts, key=lambda name: parts[name])
    if parts[largest] < CLEAR_PART * lost.total_ms:
        listed = ", ".join(f"{name} {ms:.1f} ms" for name, ms in parts.items())
        return _unknown(f"{at}; no part stands out: {listed}")
    if largest == "data":
        return _data(point)
    if largest == "communication":
        return _communication(point, around)
    return _slower_compute(base, point, around, at)


def _slower_compute(base: Point, point: Point, around: Around, at: str) -> Finding:
    alone, now = _per_sample(base), _per_sample(point)
    rise = "compute takes {:.2f} ms a sample on {} ranks, {:.2f} on one"
    rise = rise.format(now, point.world_size, alone)
    if point.batch_per_rank < base.batch_per_rank:
        what = "{}: {}, with {} instead of {} samples in a batch"
        what = what.format(BATCH, rise, point.batch_per_rank, base.batch_per_rank)
        return Finding(WARNING, CODE, what, REMEDY_BATCH)
    if around.cores is not None:
        what = f"{CORES}: {rise}; caches and memory of one CPU serve all"
        return Finding(NOTE, CODE, what, REMEDY_CORES)
    remedy = "cockpit gpus: heat, power limits and other processes slow GPUs that work together"
    return _unknown(f"{at}; {rise} at the same batch", remedy)


def _communication(point: Point, around: Around) -> Finding:
    if around.fixed_share is not None and around.fixed_share >= FIXED_SHARE:
        return _batch(point, around.fixed_share)
    what = (
        "{}: {:.1f} ms of communication that compute does not hide, {:.0%} of a step of {:.1f} ms"
    )
    share = _share(point.communication_ms, point)
    what = what.format(NETWORK, point.communication_ms or 0.0, share, point.step_ms)
    what += f" ({point.world_size} ranks, {point.compute_ms or 0.0:.1f} ms compute)"
    return Finding(WARNING, CODE, what, REMEDY_NETWORK)


def _batch(point: Point, share: float) -> Finding:
    what = "{}: {:.0%} of the compute time stays when the batch shrinks, so that {} samples do not"
    what += " fill the device; {:.0%} of a step communicates unhidden"
    communicating = _share(point.communication_ms, point)
    what = what.format(BATCH, share, point.batch_per_rank, communicating)
    return Finding(WARNING, CODE, what, REMEDY_BATCH)


def _data(point: Point) -> Finding:
    what = "{}: {:.0%} of a step waits for data, {:.1f} of {:.1f} ms on {}"
    ranks = "1 rank" if point.world_size == 1 else f"{point.world_size} ranks"
    share = _share(point.data_wait_ms, point)
    what = what.format(DATA, share, point.data_wait_ms or 0.0, point.step_ms, ranks)
    return Finding(WARNING, CODE, what, REMEDY_DATA)


def _good(point: Point, reached: float) -> Finding:
    what = f"{GOOD}: {point.world_size} ranks reach {reached:.0%} of linear"
    waiting = _share(point.data_wait_ms, point)
    if waiting >= LARGE_SHARE:
        what += f"; but {waiting:.0%} of a step waits for data, on any number of ranks"
        return Finding(NOTE, CODE, what, REMEDY_DATA)
    return Finding(OK, CODE, what)


def _shared_cores(point: Point, around: Around) -> str | None:
    if around.cores is None:
        return None
    have = "1 core" if around.cores == 1 else f"{around.cores} cores"
    ranks = "1 rank" if point.world_size == 1 else f"{point.world_size} ranks"
    if point.world_size * around.threads_per_rank > around.cores:
        return f"{ranks} share {have}"
    is_full = point.world_size * around.threads_per_rank + around.others > around.cores
    if is_full and around.others >= BUSY * around.cores:
        return f"{ranks} and other processes, which keep {around.others:.1f} busy, share {have}"
    return None


def _noisy(spread_pct: float, at: str) -> Finding:
    return _unknown(f"blocks spread by {spread_pct:.0f} %; {at}", REMEDY_SPREAD)


def _unknown(why: str, remedy: str | None = None) -> Finding:
    return Finding(NOTE, CODE, f"{UNKNOWN}: {why}", remedy)


def _share(part_ms: float | None, point: Point) -> float:
    return part_ms / point.step_ms if part_ms is not None and point.step_ms > 0 else 0.0


def _per_sample(point: Point) -> float:
    return (point.compute_ms or 0.0) / point.batch_per_rank
