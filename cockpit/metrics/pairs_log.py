"""Curves out of the lines of any script that names an epoch or a step, and values beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from cockpit.metrics.epoch_course import EpochCourse
from cockpit.metrics.log_lines import clean, parse_attempt_line
from cockpit.metrics.pairs_line import LONGEST, PairsLine, PairsParser, may_tell
from cockpit.metrics.rank_lines import RankLines
from cockpit.metrics.row_table import RowTable
from cockpit.metrics.series import Axis, MetricTable
from cockpit.metrics.table_reader import TableReader

MOST_SERIES: Final = 60
"""More names than these are no curves of one training."""
FEWEST_LINES: Final = 2
"""A log with fewer lines that carry values is none of these."""


class PairsLogReader(TableReader):
    """Reads `step 10 loss 0.5`, `Epoch 3/10 - loss: 0.5 - val_loss: 0.6` and their like.

    By epoch where the first line with values names one, else by step. Of one epoch the last value
    counts, or the mean that stands in brackets. Only the rank that spoke first is followed.
    """

    def restart(self) -> None:
        """Forget everything."""
        super().restart()
        self._parser = PairsParser()
        self._ranks = RankLines()
        self._rank: int | None = None
        """By its prefix."""
        self._named_rank: int | None = None
        """As lines name it."""
        self._course = EpochCourse(infers=True)
        self._steps: RowTable | None = None
        """None until a line names a step, and no epoch was named before."""
        self._step: int | None = None
        self._told: set[str] = set()
        """The names that had a value at this step."""
        self._names: set[str] = set()
        self.lines_with_values = 0

    def table_with(self, unfinished: str) -> MetricTable:
        """Return the curves so far, and how far the epoch is by a line that is still written."""
        table = self.table()
        if self._steps is not None or not self._course.has_begun:
            return table
        for rank, text in self._ranks.look(unfinished):
            for frame in reversed(list(self._frames(text))):
                if rank != self._rank:
                    continue
                said = self._parser.parse(frame.rstrip("0123456789"), follows=True)
                if said is not None and said.part and not said.completes:
                    return replace(table, epoch_part=said.part)
        return table

    def _take(self, line: str) -> None:
        mark = parse_attempt_line(line)
        if mark is not None:
            self._course.start_attempt(mark)
            self._rank = self._named_rank = self._step = None
            return
        rank, text = self._ranks.take(line)
        if not may_tell(text, follows=self._follows):
            return
        if self._follows and rank != self._rank:
            return
        for frame in self._frames(text):
            said = self._parser.parse(frame, follows=self._follows)
            if said is not None and not self._is_of_another_rank(said):
                self._rank = rank
                self._put(said)

    @property
    def _follows(self) -> bool:
        return self._course.has_begun or self._step is not None

    @staticmethod
    def _frames(text: str) -> Iterator[str]:
        for part in text.split("\r") if "\r" in text else (text,):
            if len(part) <= LONGEST and (frame := clean(part)):
                yield frame

    def _is_of_another_rank(self, said: PairsLine) -> bool:
        if said.rank is None:
            return False
        if self._named_rank is None:
            self._named_rank = said.rank
        return said.rank != self._named_rank

    def _put(self, said: PairsLine) -> None:
        values = self._kept(said.values)
        is_by_epoch = said.epoch is not None or self._course.has_begun
        if self._steps is None and said.step is not None and not is_by_epoch:
            self._steps = RowTable(Axis.STEP)
        self.lines_with_values += bool(values)
        if self._steps is not None:
            self._put_step(self._steps, said, values)
            return
        is_new = said.epoch is not None and self._course.see(said.epoch)
        if said.epoch is not None and said.epochs is not None:
            self._course.expect(said.epochs)
        self._course.put(
            {**values, **{name: mean for name, mean in said.means.items() if name in values}}
        )
        if is_new or values or said.part or said.completes:  # not where a header comes again
            self._course.come_to(said.part, completes=said.completes)

    def _put_step(self, rows: RowTable, said: PairsLine, values: Mapping[str, float]) -> None:
        """Take a row by step; what other ranks say of the same step without a name is left out."""
        if said.step is not None and said.step != self._step:
            self._step = said.step
            self._told.clear()
        new = {name: value for name, value in values.items() if name not in self._told}
        if self._step is None or not new:
            return
        self._told.update(new)
        rows.put(self._step, new, epoch=said.epoch)

    def _kept(self, values: Mapping[str, float]) -> Mapping[str, float]:
        for name in values:
            if len(self._names) < MOST_SERIES:
                self._names.add(name)
        return {name: value for name, value in values.items() if name in self._names}

    def _build(self) -> MetricTable:
        return self._course.table() if self._steps is None else self._steps.table()


def holds_pairs(lines: Sequence[str]) -> bool:
    """Say whether a log carries values that the reader takes."""
    reader = PairsLogReader()
    reader.feed(lines)
    return reader.lines_with_values >= FEWEST_LINES
