"""When a run will end, from the epochs that it did. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cockpit.analysis.forecast.band import NOTHING, Band
from cockpit.analysis.pace import Length, Pace, lengths_of, pace_of
from cockpit.units import DAY_S

LONGEST_S: Final = 100 * DAY_S
"""Nobody plans for longer: such an end says only that something was misread."""
FIRST: Final = (0.5, 0.85, 1.25)
"""What later epochs take of one with a start-up, at least, likely, at most."""
WITHOUT_START: Final = (0.8, 1.0, 1.2)
"""The same of the mean of many: its share of start-ups moves it from here to there."""
FIRST_PART: Final = (0.35, 0.9, 1.6)
"""What an epoch takes of a first one that a bar shows in work: its validation is still to come."""
LEAST_PART: Final = 0.02
"""Before this a bar says nothing."""
TELLING_PART: Final = 0.2
"""From here on a bar says how long the whole epoch will be."""
UNSURE: Final = 0.1
"""The share by which what longer epochs take may be wrong."""
FEW: Final = 6
"""From so many epochs on a run speaks for itself, and not what was expected of it."""
SECOND: Final = 2
MOST_EXTRA: Final = 0.4
"""No larger share of the second epoch is taken for what only it takes."""
WITHOUT_MOSAIC: Final = (0.5, 1.1)
"""What an epoch takes once the mosaic is closed, of one before: as much, where data is quick."""


@dataclass(frozen=True, slots=True)
class Eta:
    """A remaining time with its range, all in seconds from the moment it was computed for."""

    remaining_s: float
    low_s: float
    high_s: float
    basis: str
    """What it rests on, in words: `last 5 epochs`."""
    may_stop_early: bool = False
    """`low_s` is where early stopping may end it; the rest holds for a run of full length."""
    is_finishing: bool = False
    """All is trained: what remains is what follows that, and 0 where nobody knows how long."""

    @property
    def margin_s(self) -> float:
        """What to say after a `±`: the range is not wider than that to either side.

        The end that early stopping may bring is left out: it is another end, not a doubt.
        """
        after_s = self.high_s - self.remaining_s
        return after_s if self.may_stop_early else max(after_s, self.remaining_s - self.low_s)


@dataclass(frozen=True, slots=True)
class Expected:
    """What earlier runs say of this one, in seconds."""

    epoch_s: Band
    end_s: Band = NOTHING
    """What follows the last epoch."""
    second_extra_s: float = 0.0
    """By how much the second epoch is longer than a usual one."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known of the epochs to come, beside how many there are."""

    resumed_after: Collection[float] = ()
    """The epoch after each of these began with a start-up."""
    close_mosaic: int = 0
    """This many last epochs are trained without Ultralytics' mosaic, mostly in less time."""
    earliest_epoch: int | None = None
    """Early stopping may end the run after this one."""
    what: str = "epoch"
    """What is counted."""
    expected: Expected | None = None


PLAIN: Final = Outlook()


def remaining(
    epoch_ends: Sequence[tuple[int, float]],
    epochs: int | None,
    since_last_end_s: float | None,
    *,
    part: float | None = None,
    outlook: Outlook = PLAIN,
) -> Eta | None:
    """Return the time to the end of epoch `epochs`, or None while nothing can be said.

    `epoch_ends` are (epoch, seconds of training up to its end) as in MetricTable;
    `since_last_end_s` is how long the epoch in work lasts so far, None where nobody knows, and
    `part` how much of its training a bar shows as done. A length includes what belongs to an
    epoch: validation, checkpoint. An epoch that takes longer than usual may take as long again,
    which only the upper bound says.
    """
    if epochs is None or epochs < 1:
        return None
    done = epoch_ends[-1][0] if epoch_ends else 0
    if epochs <= done:
        return _finishing(since_last_end_s, outlook)
    work = _InWork(since_last_end_s, part)
    lengths = _as_usual(lengths_of(epoch_ends, outlook.resumed_after), outlook.expected)
    lengths = _comparable(lengths, epochs, outlook)
    pace = pace_of(lengths, epochs - done)
    eta: Eta | None
    if pace is not None:
        eta = _by_pace(_joined(pace, outlook.expected), done, epochs, work, outlook)
    elif epoch_ends:
        eta = _by_first(epoch_ends[-1], epochs, work, outlook)
    else:
        eta = _by_part(epochs, work)
    if eta is None:
        return None
    return _checked(_until_early_stop(_with_end(eta, outlook.expected), done, epochs, outlook))


def _finishing(since_s: float | None, outlook: Outlook) -> Eta:
    """Return what is left of what follows the last epoch; nothing where that is overdue."""
    basis = f"all {outlook.what}s are done"
    end_s = outlook.expected.end_s if outlook.expected is not None else NOTHING
    spent_s, low_s = since_s or 0.0, 0.0 if since_s is None else end_s.low
    if not end_s.likely > spent_s:  # nor is what is no number
        return Eta(0.0, 0.0, 0.0, basis, is_finishing=True)
    return Eta(
        end_s.likely - spent_s,
        max(0.0, low_s - spent_s),
        end_s.high - spent_s,
        f"{basis}, and what followed in earlier runs",
        is_finishing=True,
    )


def _joined(pace: Pace, expected: Expected | None) -> Pace:
    """Return the pace of the first epochs together with the one that was expected.

    Each counts by how sure it is. Where they contradict each other the run is right.
    """
    if expected is None or pace.count >= FEW or pace.low_s <= 0 or expected.epoch_s.low <= 0:
        return pace
    band = expected.epoch_s
    if not (band.low <= pace.usual_s <= band.high and pace.low_s <= band.likely <= pace.high_s):
        return pace
    widths = math.log(pace.high_s / pace.low_s) / 2, math.log(band.width) / 2
    if min(widths) <= 0:
        return pace
    weights = [1 / width**2 for width in widths]
    logs = math.log(pace.usual_s), math.log(band.likely)
    usual_s = math.exp(sum(map(math.prod, zip(weights, logs, strict=True))) / sum(weights))
    factor = math.exp(1 / math.sqrt(sum(weights)))
    return replace(pace, usual_s=usual_s, low_s=usual_s / factor, high_s=usual_s * factor)


def _with_end(eta: Eta, expected: Expected | None) -> Eta:
    """Return the end with what follows the last epoch."""
    if expected is None or not expected.end_s.high:
        return eta
    end_s = expected.end_s
    return replace(
        eta,
        remaining_s=eta.remaining_s + end_s.likely,
        low_s=eta.low_s + end_s.low,
        high_s=eta.high_s + end_s.high,
    )


@dataclass(frozen=True, slots=True)
class _InWork:
    """The epoch in work."""

    since_s: float | None
    part: float | None

    @property
    def spent_s(self) -> float:
        since_s = self.since_s
        return max(since_s, 0.0) if since_s is not None and math.isfinite(since_s) else 0.0

    def rest_s(self, epoch_s: float) -> float:
        """Return what is left of it when it takes `epoch_s`."""
        if self.since_s is None:
            return epoch_s * (1 - self.part) if self.part is not None else epoch_s / 2
        rest_s = epoch_s - self.spent_s
        if rest_s <= 0 and self.part is not None:
            return epoch_s * (1 - self.part)
        return max(rest_s, 0.0)

    def over_s(self, most_s: float) -> float:
        """Return by how much it is, or by its bar will be, longer than `most_s`."""
        whole_s = self.spent_s
        if self.part is not None and self.part >= TELLING_PART:
            whole_s /= min(self.part, 1.0)
        return max(whole_s - most_s, 0.0)


def _as_usual(lengths: tuple[Length, ...], expected: Expected | None) -> tuple[Length, ...]:
    """Return them, the second epoch without what only it takes: none but it may be there."""
    if expected is None or not lengths or lengths[0].epoch != SECOND:
        return lengths
    second, *later = lengths
    most_s = MOST_EXTRA * second.seconds
    extra_s = max(min(expected.second_extra_s, most_s), -most_s)
    return (replace(second, seconds=second.seconds - extra_s), *later)


def _comparable(lengths: tuple[Length, ...], epochs: int, outlook: Outlook) -> tuple[Length, ...]:
    """Return the epochs that speak for the coming ones: none with mosaic once it is closed."""
    first_closed = epochs - outlook.close_mosaic + 1
    if outlook.close_mosaic <= 0:
        return lengths
    closed = tuple(length for length in lengths if length.epoch >= first_closed)
    return closed or lengths


def _by_pace(pace: Pace, done: int, epochs: int, work: _InWork, outlook: Outlook) -> Eta:
    left = epochs - done
    planned_s = pace.planned_s(done + 1, epochs)
    likely_s, most_s = pace.stalls_s(done + 1, epochs)
    now_s = pace.planned_s(done + 1, done + 1)
    closing_s = _closing(done, epochs, outlook) * pace.usual_s
    low_s, usual_s, high_s = (
        (left - 1) * epoch_s + work.rest_s(epoch_s + now_s) + planned_s - now_s
        for epoch_s in (pace.low_s, pace.usual_s, pace.high_s)
    )
    unsure_s = UNSURE * planned_s
    return Eta(
        remaining_s=usual_s + likely_s,
        low_s=low_s - unsure_s - (1 - WITHOUT_MOSAIC[0]) * closing_s,
        high_s=high_s
        + unsure_s
        + (WITHOUT_MOSAIC[1] - 1) * closing_s
        + most_s
        + work.over_s(pace.high_s + now_s),
        basis=_words(pace, outlook),
    )


def _words(pace: Pace, outlook: Outlook) -> str:
    counted = f"last {pace.count} {outlook.what}s" if pace.count > 1 else f"one {outlook.what}"
    return f"{counted}, one in {pace.rhythm.every} is longer" if pace.rhythm else counted


def _closing(done: int, epochs: int, outlook: Outlook) -> int:
    """Return how many epochs will run at a speed that none of those done shows."""
    first_closed = epochs - outlook.close_mosaic + 1
    return min(outlook.close_mosaic, epochs - done) if done < first_closed else 0


def _by_first(end: tuple[int, float], epochs: int, work: _InWork, outlook: Outlook) -> Eta | None:
    """Return the end by what all epochs so far took together, start-up included."""
    epoch, end_s = end
    if epoch < 1 or not 0 < end_s < math.inf:
        return None
    mean_s = end_s / epoch
    starts = 1 + sum(after < epoch for after in outlook.resumed_after)
    part = min(starts / epoch, 1.0)
    shares = [
        part * one + (1 - part) * all_ for one, all_ in zip(FIRST, WITHOUT_START, strict=True)
    ]
    low_s, likely_s, high_s = (
        (epochs - epoch - 1) * share * mean_s + work.rest_s(share * mean_s) for share in shares
    )
    basis = f"the first {outlook.what}" if epoch == 1 else f"{epoch} {outlook.what}s as a whole"
    return Eta(likely_s, low_s, high_s + work.over_s(shares[-1] * mean_s), basis)


def _by_part(epochs: int, work: _InWork) -> Eta | None:
    """Return a first rough end while the first epoch is in work."""
    if work.part is None or work.part < LEAST_PART or work.spent_s <= 0:
        return None
    whole_s = work.spent_s / min(work.part, 1.0)
    low_s, likely_s, high_s = (
        epochs * share * whole_s - work.spent_s * min(share, 1.0) for share in FIRST_PART
    )
    return Eta(likely_s, low_s, high_s, f"first epoch, {min(work.part, 1.0):.0%} done")


def _until_early_stop(eta: Eta, done: int, epochs: int, outlook: Outlook) -> Eta:
    """Return the end with the one that early stopping may bring as its lower bound."""
    earliest = outlook.earliest_epoch
    if earliest is None or earliest >= epochs:
        return eta
    share = max(earliest - done, 0) / (epochs - done)
    return replace(
        eta,
        low_s=eta.low_s * share,
        basis=f"{eta.basis}; may stop after epoch {max(earliest, done + 1)}",
        may_stop_early=True,
    )


def _checked(eta: Eta) -> Eta | None:
    """Return an end with its bounds in order, or None for a silly one."""
    values = (eta.remaining_s, eta.low_s, eta.high_s)
    if not all(map(math.isfinite, values)) or not 0 <= eta.remaining_s <= LONGEST_S:
        return None
    low_s = min(max(eta.low_s, 0.0), eta.remaining_s)
    return replace(eta, low_s=low_s, high_s=max(eta.high_s, eta.remaining_s))
