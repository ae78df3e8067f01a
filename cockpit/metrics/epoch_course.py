"""Curves by epoch while a log is read: what a resume does again is taken back."""

from __future__ import annotations

from collections.abc import Mapping

from cockpit.metrics.curve_set import CurveSet
from cockpit.metrics.log_lines import AttemptMark
from cockpit.metrics.segments import SegmentBook
from cockpit.metrics.series import MetricTable


class EpochCourse:
    """Of values of one epoch the last counts; an epoch that lies before begins a segment.

    Epochs go in as the trainer counts.
    """

    def __init__(self) -> None:
        self._curves = CurveSet()
        self._segments = SegmentBook()
        self._row: int | None = None
        """The epoch of the newest value, over all attempts."""
        self._epoch: int | None = None
        """The one in work, over all attempts."""
        self._completed: int | None = None
        self._epochs: int | None = None
        self._part: float | None = None
        self._offset = 0
        """Epochs of earlier attempts, for a trainer that counts from its first again."""
        self._shift = 0
        self._resumed: list[int] = []
        """Epochs done before each resumed part, 1-based."""
        self._continues = False
        """It was resumed, and nobody has said yet after which epoch."""

    @property
    def has_begun(self) -> bool:
        """True while an epoch is in work in this attempt."""
        return self._epoch is not None

    def see(self, shown: int, epochs: int | None) -> bool:
        """Take the epoch that a line names, and how many there will be; say whether it is new."""
        if shown == 0:
            self._shift = 1
        epoch = shown + self._offset
        if epochs is not None:
            self._epochs = epochs + self._offset
        if epoch == self._epoch:
            return False
        if self._continues:
            self._resume_after(epoch + self._shift - 1)
            self._cut(epoch, is_resumed=True)
        elif self._epoch is not None and epoch > self._epoch:
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

    def come_to(self, part: float | None, *, completes: bool) -> None:
        """Note how far the epoch in work is; `part`: of its training, None: it is not told."""
        if self._epoch is None:
            return
        if completes:
            self._completed, self._part = self._epoch, None
        elif part is not None:
            self._part = part
            if self._completed == self._epoch:
                self._completed = self._epoch - 1  # it was a test in between

    def start_attempt(self, mark: AttemptMark) -> None:
        """Go on where a resumed training does; what lies after that is done again."""
        self._epoch = self._part = None
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
        return MetricTable(
            series=self._curves.series(self._shift),
            segments=self._segments.segments(self._shift),
            epoch=completed if completed >= 1 else None,
            epochs=self._all_epochs(),
            epoch_part=self._part,
            resumed_after=tuple(map(float, self._resumed)),
        )

    def _all_epochs(self) -> int | None:
        """Return how many there will be; one that counts `24/24` from 0 has 25."""
        if self._epochs is None:
            return None
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
        if self._completed is not None and self._completed >= epoch:
            self._completed = epoch - 1
