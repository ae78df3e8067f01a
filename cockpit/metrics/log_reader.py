"""Curves out of the lines that a trainer prints, by a declared grammar."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Sequence
from dataclasses import replace

from cockpit.metrics.curve_set import CurveSet
from cockpit.metrics.epochs import TrainingClock
from cockpit.metrics.log_grammar import LinePattern, LogGrammar
from cockpit.metrics.log_lines import AttemptMark, clean, parse_attempt_line
from cockpit.metrics.rank_lines import RankLines
from cockpit.metrics.safe_pattern import LONGEST_FRAME, SLOW_S
from cockpit.metrics.segments import SegmentBook
from cockpit.metrics.series import MetricTable
from cockpit.metrics.trainer_facts import FactBook


class LogReader:
    """Follows the first rank that speaks of an epoch.

    An epoch that begins again takes back what was known of it and of later ones.
    """

    def __init__(self, grammar: LogGrammar) -> None:
        self._grammar = grammar
        self.restart()

    def restart(self) -> None:
        """Forget everything."""
        self._ranks = RankLines()
        self._rank: int | None = None
        self._curves = CurveSet()
        self._curves.name(self._grammar.names)
        self._segments = SegmentBook()
        self._row: int | None = None
        """The epoch of the newest value, as the trainer counts, but over all attempts."""
        self._clock = TrainingClock()
        self._epoch: int | None = None
        """The one in work, as the trainer counts, but over all attempts."""
        self._completed: int | None = None
        self._epochs: int | None = None
        self._part: float | None = None
        self._first = self._grammar.counts_from
        self._offset = 0
        """Epochs of earlier attempts, for a trainer that counts from its first again."""
        self._resumed: list[int] = []
        self._continues = False
        """It was resumed, and nobody has said yet after which epoch."""
        """Epochs done before each resumed part, 1-based."""
        self._facts = FactBook()
        self._patterns = self._grammar.lines
        """Without those that once took too long."""
        self._table: MetricTable | None = None

    def feed(self, lines: Sequence[str]) -> None:
        """Take whole lines of the log, progress bars and colours included."""
        if lines:
            self._table = None
        for line in lines:
            self._take(line)

    def table(self) -> MetricTable:
        """Return the curves so far."""
        if self._table is None:
            self._table = self._build()
        return self._table

    def table_with(self, unfinished: str) -> MetricTable:
        """Return the curves so far, and how far the epoch is by a line that is still written.

        The values of that line do not count yet: half a number is one, too.
        """
        table = self.table()
        for rank, text in self._ranks.look(unfinished):
            for frame in reversed(self._frames(rank, text)):
                for line in self._patterns:
                    found = self._search(line, frame)
                    if found is not None and (part := part_of(found)) is not None:
                        return replace(table, epoch_part=self._part_in(found, line, part))
        return table

    def _take(self, line: str) -> None:
        mark = parse_attempt_line(line)
        if mark is not None:
            self._start_attempt(mark)
            return
        for frame in self._frames(*self._ranks.take(line)):
            for pattern in self._patterns:
                found = self._search(pattern, frame)
                if found is not None:
                    self._take_match(found, pattern)
                    break

    def _search(self, line: LinePattern, frame: str) -> re.Match[str] | None:
        began = time.perf_counter()
        found = line.pattern.search(frame)
        if time.perf_counter() - began > SLOW_S:
            self._patterns = tuple(one for one in self._patterns if one is not line)
        return found

    def _frames(self, rank: int | None, text: str) -> list[str]:
        """Return what a line showed one after the other, if its rank is the one followed."""
        if self._grammar.words is not None and self._grammar.words.search(text) is None:
            return []
        if self._epoch is not None and rank != self._rank:
            return []
        if self._epoch is None:
            self._rank = rank
        parts = (part[:LONGEST_FRAME] for part in text.split("\r"))
        return [frame for part in parts if (frame := clean(part))]

    def _take_match(self, found: re.Match[str], line: LinePattern) -> None:
        groups = found.groupdict()
        if line.tells_facts:
            self._facts.take(groups, line)
        if groups.get("epoch") is not None:
            self._see_epoch(int(groups["epoch"]), line)
        if groups.get("epochs") is not None:
            self._epochs = int(groups["epochs"]) + self._offset
        is_over = line.completes and groups.get("epoch") is None and self._epoch == self._completed
        if self._epoch is None or is_over:
            return
        part = part_of(found)
        if part is not None:
            self._part = self._part_in(found, line, part)
            if part < 1:
                return
        self._take_values(groups, line)
        if line.completes:
            self._completed, self._part = self._epoch, None

    def _part_in(self, found: re.Match[str], line: LinePattern, part: float) -> float | None:
        """Return how much of an epoch's training is done by what a bar shows.

        A bar that completes an epoch is the one of its test: the training is done.
        """
        shown = found.groupdict().get("epoch")
        epoch = self._epoch if shown is None else int(shown) + self._offset
        if epoch is None or epoch == self._completed:
            return None
        return 1.0 if line.completes else part

    def _see_epoch(self, shown: int, line: LinePattern) -> None:
        if self._grammar.counts_from is None and shown == 0:
            self._first = 0
        epoch = shown + self._offset
        if epoch != self._epoch or line.begins:
            was_resumed = self._continues
            if was_resumed:
                self._resume_after(epoch + self._shift - 1)
            self._cut(epoch, is_resumed=was_resumed)
            self._epoch, self._part = epoch, 0.0

    def _take_values(self, groups: dict[str, str | None], line: LinePattern) -> None:
        epoch = float(self._epoch or 0)
        values = {
            name: float(text)
            for group, name in line.series.items()
            if (text := groups.get(group)) is not None
        }
        if values:
            self._curves.put(epoch, values)
            self._segments.add(epoch, epoch, rows=int(self._row != self._epoch))
            self._row = self._epoch
        length_s = float(groups.get("seconds") or math.nan)
        if math.isfinite(length_s) and length_s >= 0:
            self._clock.add(epoch, length_s)

    def _start_attempt(self, mark: AttemptMark) -> None:
        """Go on where a resumed training does; what lies after that is done again."""
        self._epoch = self._part = self._rank = None
        self._continues = mark.epoch is None and not mark.is_anew
        if self._continues:
            return  # its own numbers will tell what is done again
        done = mark.epoch or 0
        self._offset = done if mark.restarts_count else 0
        self._resume_after(done)
        self._cut(done + 1 - self._shift, is_resumed=True)

    def _resume_after(self, done: int) -> None:
        """Note that `done` epochs, 1-based, were kept."""
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

    def _problem(self) -> str | None:
        if len(self._patterns) == len(self._grammar.lines):
            return None
        return "a pattern of the log's grammar takes too long and is used no more"

    @property
    def _shift(self) -> int:
        return 1 if self._first == 0 else 0

    def _build(self) -> MetricTable:
        shift = self._shift
        completed = 0 if self._completed is None else self._completed + shift
        return MetricTable(
            series=self._curves.series(shift),
            segments=self._segments.segments(shift),
            epoch=completed if completed >= 1 else None,
            epochs=self._epochs,
            epoch_ends=self._clock.ends(shift),
            facts=self._facts.facts(),
            problem=self._problem(),
            epoch_part=self._part,
            resumed_after=tuple(map(float, self._resumed)),
        )


def part_of(found: re.Match[str]) -> float | None:
    """Return how much of its way a progress bar shows, 0 to 1; None for other lines."""
    groups = found.groupdict()
    done, steps = groups.get("done"), groups.get("steps")
    if done is not None and steps is not None and int(steps):
        return min(int(done) / int(steps), 1.0)
    percent = groups.get("percent")
    return None if percent is None else min(int(percent) / 100, 1.0)
