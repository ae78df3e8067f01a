"""Which batch to probe next, from the probes so far. Pure: it starts nothing.

Every batch that is proposed lies between the largest that fits and the smallest that does not, so
that whatever a curve looks like, each probe tells something.
"""

from __future__ import annotations

from typing import NamedTuple, Sequence

from diagnostics.memory_fit import Fit, Point, fit

MOST_PROBES = 7
LARGEST_BATCH = 512
SECOND = 8
"""Far enough from 1 to give a slope, small enough to fit where anything useful does."""
LEAP = 8
"""A slope is not trusted beyond so many times the largest batch that was measured."""


class Probed(NamedTuple):
    """What one probe told."""

    batch: int
    used_bytes: int | None
    """None when it ran out of memory, or could not tell."""
    has_run: bool
    """It came to its end, within the budget or not; else it ran out of memory, nothing else."""


class Bracket(NamedTuple):
    """What is known of the largest batch that fits."""

    fits: int
    """The largest batch that was measured within the budget; 0 for none."""
    too_large: int
    """The smallest one that was not; one above the largest allowed for none."""

    @property
    def is_closed(self) -> bool:
        """Whether nothing lies between."""
        return self.too_large - self.fits <= 1


def next_batch(
    probes: Sequence[Probed], budget_bytes: float, largest: int = LARGEST_BATCH, first: int = 1
) -> int | None:
    """Return the batch to probe next, or None when the search is over.

    It begins with `first`, and is over after seven probes, or when the next larger batch is known
    not to fit.
    """
    known = bracket(probes, budget_bytes, largest)
    left = MOST_PROBES - len(probes)
    if known.is_closed or left <= 0:
        return None
    if not probes:
        return min(first, largest)
    if len(probes) == 1 and known.fits:
        return min(max(SECOND, 2 * first), largest)
    wish = _expected(probes, budget_bytes, known, left)
    return _within(wish, known, left)


def bracket(probes: Sequence[Probed], budget_bytes: float, largest: int = LARGEST_BATCH) -> Bracket:
    """Return between which batches the answer lies."""
    too_large = min(
        (probe.batch for probe in probes if _is_too_much(probe, budget_bytes)), default=largest + 1
    )
    fits = max(
        (probe.batch for probe in probes if _fits(probe, budget_bytes) and probe.batch < too_large),
        default=0,
    )
    return Bracket(fits, too_large)


def curve(probes: Sequence[Probed]) -> Fit | None:
    """Return the fitted curve of those that ran, or None for fewer than two."""
    return fit([Point(one.batch, one.used_bytes) for one in probes if one.used_bytes is not None])


def step_down(batch: int) -> int:
    """Return the batch to verify when `batch` did not hold; 0 when there is none."""
    return min(batch - 1, batch * 15 // 16)


def _fits(probe: Probed, budget_bytes: float) -> bool:
    return probe.has_run and probe.used_bytes is not None and probe.used_bytes <= budget_bytes


def _is_too_much(probe: Probed, budget_bytes: float) -> bool:
    return not probe.has_run or (probe.used_bytes is not None and probe.used_bytes > budget_bytes)


def _expected(probes: Sequence[Probed], budget_bytes: float, known: Bracket, left: int) -> int:
    """Return the batch that the curve names, or the middle where it has been refuted."""
    line = curve(probes)
    middle = (known.fits + known.too_large) // 2
    if line is None:
        return middle
    # The last probe should not be lost on a batch that just fails, where much is still open.
    is_open = known.too_large - known.fits > known.fits / 8
    spare_bytes = budget_bytes / 100 if left == 1 and is_open else 0.0
    furthest = LEAP * line.points[-1].batch
    wish = min(line.largest(budget_bytes - spare_bytes), furthest)
    if wish <= known.fits:
        return known.fits + _next_step(probes, known)
    if wish < known.too_large:
        return wish
    has_broken = any(not probe.has_run for probe in probes if probe.batch == known.too_large)
    return middle if has_broken else known.too_large - 1


def _next_step(probes: Sequence[Probed], known: Bracket) -> int:
    """Return how far to go beyond what fits already: 1 proves it, more gets on along a step."""
    was_slow = any(known.fits * 0.9 <= probe.batch < known.fits for probe in probes)
    return max(1, min(known.fits // 10, (known.too_large - known.fits) // 2)) if was_slow else 1


def _within(wish: int, known: Bracket, left: int) -> int:
    """Return the batch nearest to the wish from which halving still finds the exact answer.

    Where the bracket is too wide for that, the wish itself.
    """
    wish = min(max(wish, known.fits + 1), known.too_large - 1)
    half = 1 << (left - 1)
    lowest, highest = known.too_large - half, known.fits + half
    if lowest > highest:
        return wish
    return min(max(wish, lowest, known.fits + 1), highest, known.too_large - 1)
