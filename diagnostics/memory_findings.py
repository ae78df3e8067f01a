"""What the probes of one image size mean, in sentences. Pure."""

from __future__ import annotations

from typing import Iterator, NamedTuple, Sequence

from diagnostics.emit import NOTE, OK, PROBLEM, WARNING, Finding
from diagnostics.memory_fit import Point, fit
from diagnostics.memory_probe import HOST
from diagnostics.memory_probe import OK as RAN

FLAT = 0.97
"""Speed is flat above the smallest batch from which on all have so much of the best."""
GOOD_PCT = 5.0
UNDER_PCT = 2.0
"""A prediction is good within these two."""
NOTHING_LARGER = "; nothing larger was asked for"
MOST_SPREAD_PCT = 10.0
"""Steps that differ by more tell no few percent of speed."""
ENOUGH = 3
"""So many batches make a prediction that can be judged."""


class Measured(NamedTuple):
    """One probe, judged."""

    batch: int
    outcome: str
    used_bytes: int | None
    """What counts against the limit: the driver's view on a GPU, the peak on a host."""
    samples_per_s: float | None = None
    is_finite: bool = True
    held: str = ""
    """For what it held, in words."""
    needed_bytes: int | None = None
    """What it had and wanted when it ran out of memory, where that is known."""
    spread_pct: float = 0.0
    """Slowest less fastest step, in percent of the middle one."""


class Limit(NamedTuple):
    """How much memory there is, of what kind, and how much of it shall be used."""

    limit_bytes: int
    kind: str
    margin_pct: float

    @property
    def budget_bytes(self) -> float:
        """The limit without the margin."""
        return self.limit_bytes * (1 - self.margin_pct / 100)

    @property
    def where(self) -> str:
        """What is said behind a figure that is no GPU's."""
        return " of host memory (no GPU)" if self.kind == HOST else ""


class Verdict(NamedTuple):
    """Which batch is the answer, and how sure that is."""

    batch: int
    used_bytes: int
    held: str
    """For what it held when it was tried again for longer; empty: measured like all others."""
    most: int
    """The largest batch that was allowed."""
    too_large: int | None
    """The smallest batch that is known not to fit."""


def largest(verdict: Verdict, measured: Sequence[Measured], limit: Limit) -> Finding:
    """Say which batch to take."""
    spare_pct = 100 * (1 - verdict.used_bytes / limit.limit_bytes)
    words = [f"take batch {verdict.batch}: peak {gib(verdict.used_bytes)} of "]
    words.append(f"{gib(limit.limit_bytes)}{limit.where}, {spare_pct:.0f} % spare")
    share = share_of_best(verdict.batch, measured)
    if share is not None:
        words.append(f", {100 * share:.0f} % of the best speed")
    if verdict.held:
        words.append(f"; it held for {verdict.held}")
    if verdict.batch >= verdict.most:
        is_search = bool(verdict.held)
        words.append(f"; stopped at --max {verdict.most}" if is_search else NOTHING_LARGER)
    elif verdict.too_large is not None and verdict.too_large > verdict.batch + 1:
        open_ones = f"{verdict.batch + 1} to {verdict.too_large - 1}"
        words.append(f"; {open_ones} were not measured, {verdict.too_large} does not fit")
    return Finding(OK, "memory.largest", "".join(words))


def stepped_down(batch: int, to: int, why: str) -> Finding:
    """Say that a batch that fitted for a few steps did not hold."""
    then = f"batch {to} is tried instead" if to else "no smaller batch is left"
    return Finding(WARNING, "memory.unverified", f"batch {batch} did not hold: {why}; {then}")


def first_does_not_fit(one: Measured, limit: Limit, image_size: int | None) -> Finding:
    """Say that not even the smallest batch fits."""
    at = "" if image_size is None else f" at {image_size} px"
    what = f"batch {one.batch}{at} does not fit into {gib(limit.limit_bytes)}{limit.where}"
    if one.used_bytes is not None:
        what += f" with a margin of {limit.margin_pct:g} %: it needs {gib(one.used_bytes)}"
    elif one.needed_bytes is not None:
        what += f": it needs more than {gib(one.needed_bytes)}"
    if image_size is None:
        remedy = "a smaller image or model, or mixed precision, in the preset"
        return Finding(PROBLEM, "memory.oom-first", what, remedy)
    smaller = max(32, image_size * 3 // 4 // 32 * 32)
    remedy = f"a smaller image (--imgsz {smaller}), a smaller model, --optimizer sgd, or --amp on"
    return Finding(PROBLEM, "memory.oom-first", what, remedy)


def none_ran(one: Measured, why: str) -> Finding:
    """Say that no probe came to its end, and not for want of memory."""
    return Finding(
        PROBLEM, "memory.failed", f"no batch could be measured: batch {one.batch}: {why}"
    )


def given_up(batch: int, fits: int) -> Finding:
    """Say that a batch failed again, so that nothing is known from there on."""
    what = f"nothing is known above batch {fits}" if fits else "no batch could be measured"
    if fits == batch:
        what = "no batch is known to hold for long"
    what += f": batch {batch} failed twice, and not for want of memory; see above"
    remedy = f"--batch-sizes with others than {batch} measures those"
    return Finding(PROBLEM, "memory.failed", what, remedy)


def unread(batch: int) -> Finding:
    """Say that a batch was trained and nobody can say what it took."""
    what = f"batch {batch} was trained, but the memory that it took cannot be read"
    return Finding(PROBLEM, "memory.unread", what, "cockpit check tells what is amiss")


def prediction(measured: Sequence[Measured]) -> Finding | None:
    """Say how far each batch was from what those probed before it told; None for too few."""
    points = [Point(one.batch, one.used_bytes) for one in measured if one.used_bytes]
    errors_pct = list(_errors_pct(points))
    if not errors_pct:
        return None
    worst, lowest = max(errors_pct, key=abs), min(errors_pct)
    under = f"at most {-lowest:.1f} % under" if lowest < 0 else "never under"
    count = "1 batch" if len(errors_pct) == 1 else f"{len(errors_pct)} batches"
    is_good = abs(worst) <= GOOD_PCT and lowest >= -UNDER_PCT
    what = f"the prediction was {abs(worst):.1f} % off over {count}, {under}"
    level, what = (OK, what) if is_good else (WARNING, what + ": the curve is no straight line")
    remedy = None if is_good else "trust the measured batches only"
    return Finding(level, "memory.prediction", what, remedy)


def flat(measured: Sequence[Measured], chosen: int) -> Finding | None:
    """Say from which batch on more of it gives no speed; None when that is the chosen one.

    None as well where steps differ so much that a few percent cannot be told.
    """
    ran = sorted(one for one in measured if one.outcome == RAN and one.samples_per_s)
    least = FLAT * _best(measured)
    slow = [one.batch for one in ran if (one.samples_per_s or 0.0) < least]
    level = [one for one in ran if one.batch > max(slow, default=0)]
    top = next((one for one in level if one.batch == chosen), None)
    if top is None or level[0].batch == chosen:
        return None
    if max(one.spread_pct for one in level) > MOST_SPREAD_PCT:
        return None
    freed_bytes = (top.used_bytes or 0) - (level[0].used_bytes or 0)
    less_pct = 100 * (1 - (level[0].samples_per_s or 0.0) / (top.samples_per_s or 1.0))
    price = f"for {less_pct:.0f} % of the speed" if less_pct >= 0.5 else "and is as fast"
    what = f"speed is flat above batch {level[0].batch}: it frees {gib(freed_bytes)} {price}"
    return Finding(NOTE, "memory.flat", what)


def not_finite(measured: Sequence[Measured]) -> Finding | None:
    """Say that a loss was no number; None when all were."""
    bad = [str(one.batch) for one in measured if not one.is_finite]
    if not bad:
        return None
    what = f"the loss was not a finite number at batch {', '.join(bad)}"
    remedy = "the memory is right all the same; try --amp off to see whether float16 is the cause"
    return Finding(WARNING, "memory.nan", what, remedy)


def failed(batch: int, why: str) -> Finding:
    """Say that a probe ended badly, and not for want of memory."""
    return Finding(WARNING, "memory.probe", f"the probe of batch {batch} failed: {why}")


def ddp_note(ranks: int, weight_bytes: int) -> Finding:
    """Say what training on several GPUs takes besides."""
    much = f"about {gib(weight_bytes)}" if weight_bytes else "as much as the weights"
    what = f"on {ranks} GPUs each rank takes {much} more for DDP's buckets"
    what += ", and NCCL a few hundred MiB: neither is in what was measured"
    return Finding(NOTE, "memory.ddp", what, "leave a margin of 10 % or more")


def own_command(shown: str) -> Finding:
    """Say what is run for each batch, exactly, and what cannot be seen of it."""
    what = "each batch is trained for a moment by the preset's own command; what begins in a later "
    return Finding(NOTE, "memory.command", f"{what}epoch is not measured: {shown}")


def doubtful(batch: int, why: str) -> Finding:
    """Say why the memory of a batch may be more than what was measured."""
    return Finding(WARNING, "memory.doubt", f"batch {batch}: {why}")


def share_of_best(batch: int, measured: Sequence[Measured]) -> float | None:
    """Return how fast a batch is beside the fastest, from 0 to 1."""
    speed = next((one.samples_per_s for one in measured if one.batch == batch), None)
    best = _best(measured)
    return speed / best if speed and best else None


def gib(count: float) -> str:
    """Return `7.1 GiB`, or `812 MiB` below one."""
    if abs(count) >= 1 << 30:
        return f"{count / (1 << 30):.1f} GiB"
    return f"{count / (1 << 20):.0f} MiB"


def _best(measured: Sequence[Measured]) -> float:
    return max((one.samples_per_s or 0.0 for one in measured), default=0.0)


def _errors_pct(points: Sequence[Point]) -> Iterator[float]:
    for count in range(ENOUGH, len(points)):
        found = fit(points[:count])
        if found is not None:
            point = points[count]
            yield 100 * (found.predict(point.batch) / point.used_bytes - 1)
