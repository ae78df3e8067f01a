"""Curves by epoch while a log is read: what a resume does again is taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cockpit.metrics.curve_set import CurveSet
from cockpit.metrics.epochs import TrainingClock
from cockpit.metrics.log_lines import AttemptMark
from cockpit.metrics.segments import SegmentBook
from cockpit.metrics.series import MetricTable


@dataclass(slots=True)
class Came:
    """How far an epoch came by its lines, where none of them completes it.

    That something is the best so far is not said of every epoch: it does not count.
    """

    lines: int = 0
    """Those that carried values."""
    names: set[str] = field(default_factory=set)
    part: float = 0.0

    def take(self, values: Iterable[str]) -> None:
        """Take a line that carries values of these names."""
        names = {name for name in values if "best" not in name.lower()}
        self.lines += bool(names)
        self.names |= names

    def least(self, other: Came | None) -> Came:
        """Return what two whole epochs both came to."""
        if other is None:
            return self
        return Came(
            min(self.lines, other.lines), self.names & other.names, min(self.part, other.part)
        )

    def is_as_far_as(self, whole: Came | None) -> bool:
        """Say whether it showed all that a whole one did; without any, all that can be told."""
        if not self.lines:
            return False
        if whole is None:
            return self.part in (0.0, 1.0)
        return self.lines >= whole.lines and self.names >= whole.names and self.part >= whole.part


class EpochCourse:
    """Of values of one epoch the last counts; an epoch that lies before begins a segment.

    Epochs go in as the trainer counts.
    """

    def __init__(
        self, *, infers: bool, counts_from: int | None = None, names: Sequence[str] = ()
    ) -> None:
        """Make an empty one.

        `infers`: an epoch is complete once the next begins, and there are as many as begin;
        `counts_from`: the number of the first, None: 0 once an epoch 0 is seen; `names`: curves
        that have their place before they have values.
        """
        self._infers = infers
        self._curves = CurveSet()
        self._curves.name(names)
        self._segments = SegmentBook()
        self._clock = TrainingClock()
        self._row: int | None = None
        """The epoch of the newest value, over all attempts."""
        self._epoch: int | None = None
        """The one in work, over all attempts."""
        self._completed: int | None = None
        self._came = Came()
        """The epoch in work."""
        self._whole: Came | None = None
        """What all came to that a next one ended, in this attempt."""
        self._epochs: int | None = None
        self._part: float | None = None
        self._offset = 0
        """Epochs of earlier attempts, for a trainer that counts from its first again."""
        self._counts_from = counts_from
        self._shift = int(counts_from == 0)
        self._resumed: list[int] = []
        """Epochs done before each resumed part, 1-based."""
        self._continues = False
        """It was resumed, and nobody has said yet after which epoch."""

    @property
    def has_begun(self) -> bool:
        """True while an epoch is in work in this attempt."""
        return self._epoch is not None

    def is_over(self, shown: int | None = None) -> bool:
        """Say whether an epoch is complete, or has not begun; None: the one in work."""
        epoch = self._epoch if shown is None else shown + self._offset
        return epoch is None or epoch == self._completed

    def expect(self, epochs: int) -> None:
        """Take how many epochs there will be."""
        self._epochs = epochs + self._offset

    def see(self, shown: int, *, again: bool = False) -> bool:
        """Take the epoch that a line names, and say whether it begins.

        `again`: it does even where it is the one in work.
        """
        if shown == 0 and self._counts_from is None:
            self._shift = 1
        epoch = shown + self._offset
        if epoch == self._epoch and not again:
            return False
        has_risen = self._epoch is not None and epoch > self._epoch
        self._whole = self._came.least(self._whole) if has_risen else None
        self._came = Came()
        if self._continues:
            self._resume_after(epoch + self._shift - 1)
            self._cut(epoch, is_resumed=True)
        elif has_risen:
            if self._infers:
                self._completed = epoch - 1
        else:
            self._cut(epoch)
        self._epoch, self._part = epoch, None
        return True

    def put(self, values: Mapping[str, float]) -> None:
        """Take values of the epoch in work."""
        if self._epoch is None or not values:
            return
        epoch = float(self._epoch)
        self._curves.put(epoch, values)
        self._segments.add(epoch, epoch, rows=int(self._row != self._epoch))
        self._row = self._epoch
        self._came.take(values)

    def took(self, length_s: float) -> None:
        """Note how long the epoch in work took."""
        if self._epoch is not None:
            self._clock.add(self._epoch, length_s)

    def come_to(self, part: float | None, *, completes: bool) -> None:
        """Note how far the epoch in work is; `part`: of its training, None: it is not told."""
        if self._epoch is None:
            return
        if completes:
            self._completed, self._part = self._epoch, None
        elif part is not None:
            self._part = part
            self._came.part = max(self._came.part, part)
            if self._completed == self._epoch:
                self._completed = self._epoch - 1  # it was a test in between

    def start_attempt(self, mark: AttemptMark) -> None:
        """Go on where a resumed training does; what lies after that is done again."""
        self._epoch = self._part = self._whole = None
        self._continues = mark.epoch is None and not mark.is_anew
        if self._continues:
            return  # its own numbers will tell what is done again
        done = mark.epoch or 0
        self._offset = done if mark.restarts_count else 0
        self._resume_after(done)
        self._cut(done + 1 - self._shift, is_resumed=True)

    def table(self) -> MetricTable:
        """Return the curves so far."""
        completed = 0 if self._completed is None else self._completed + self._shift
        ended = completed if self._epoch is None else max(completed, self._epoch + self._shift)
        is_ended = self._infers and self._came.is_as_far_as(self._whole)
        return MetricTable(
            series=self._curves.series(self._shift),
            segments=self._segments.segments(self._shift),
            epoch=completed if completed >= 1 else None,
            epoch_at_end=ended if is_ended and ended > completed else None,
            epochs=self._all_epochs(),
            epoch_ends=self._clock.ends(self._shift),
            epoch_part=self._part,
            resumed_after=tuple(map(float, self._resumed)),
        )

    def _all_epochs(self) -> int | None:
        """Return how many there will be; one that counts `24/24` from 0 has 25."""
        if self._epochs is None or not self._infers:
            return self._epochs
        return max(self._epochs, (self._epoch or 0) + self._shift) or None

    def _resume_after(self, done: int) -> None:
        self._continues = False
        self._resumed = [epoch for epoch in self._resumed if epoch < done]
        if done > 0:
            self._resumed.append(done)

    def _cut(self, epoch: int, *, is_resumed: bool = False) -> None:
        """Forget `epoch` and what came after it; what was there is kept with its segment."""
        replaced, before = self._curves.take_back(epoch)
        if replaced or is_resumed:
            self._segments.begin(before, replaced)
            self._row = None
        self._clock.cut(epoch)
        if self._completed is not None and self._completed >= epoch:
            self._completed = epoch - 1
