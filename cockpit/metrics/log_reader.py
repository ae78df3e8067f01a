"""Curves out of the lines that a trainer prints, by a declared grammar."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from cockpit.metrics.epoch_course import EpochCourse
from cockpit.metrics.line_search import LONGEST_FRAME, LineSearch
from cockpit.metrics.log_grammar import LinePattern, LogGrammar, part_of
from cockpit.metrics.log_lines import clean, parse_attempt_line
from cockpit.metrics.match_numbers import number_of, whole_of
from cockpit.metrics.rank_lines import RankLines
from cockpit.metrics.row_table import MOST_EPOCHS
from cockpit.metrics.series import MetricTable
from cockpit.metrics.table_reader import TableReader
from cockpit.metrics.trainer_facts import FactBook


class LogReader(TableReader):
    """Follows the first rank that speaks of an epoch.

    An epoch that begins again takes back what was known of it and of later ones.
    """

    def __init__(self, grammar: LogGrammar) -> None:
        self._grammar = grammar
        super().__init__()

    def restart(self) -> None:
        """Forget everything."""
        super().restart()
        self._ranks = RankLines()
        self._rank: int | None = None
        self._course = EpochCourse(
            infers=False, counts_from=self._grammar.counts_from, names=self._grammar.names
        )
        self._facts = FactBook()
        self._search = LineSearch(self._grammar.lines)

    def table_with(self, unfinished: str) -> MetricTable:
        """Return the curves so far, and how far the epoch is by a line that is still written.

        The values of that line do not count yet: half a number is one, too.
        """
        table = self.table()
        for rank, text in self._ranks.look(unfinished):
            for frame in reversed(self._frames(rank, text)):
                for line, groups in self._search.all(frame):
                    if (part := part_of(groups)) is not None:
                        return replace(table, epoch_part=self._part_in(groups, line, part))
        return table

    def _take(self, line: str) -> None:
        mark = parse_attempt_line(line)
        if mark is not None:
            self._course.start_attempt(mark)
            self._rank = None
            return
        for frame in self._frames(*self._ranks.take(line)):
            found = self._search.first(frame)
            if found is not None:
                line_pattern, groups = found
                self._take_match(groups, line_pattern)

    def _frames(self, rank: int | None, text: str) -> list[str]:
        """Return what a line showed one after the other, if its rank is the one followed."""
        if self._grammar.words is not None and self._grammar.words.search(text) is None:
            return []
        if not self._course.has_begun:
            self._rank = rank
        elif rank != self._rank:
            return []
        parts = (part[:LONGEST_FRAME] for part in text.split("\r"))
        return [frame for part in parts if (frame := clean(part))]

    def _take_match(self, groups: Mapping[str, str | None], line: LinePattern) -> None:
        if line.tells_facts:
            self._facts.take(groups, line)
        shown = whole_of(groups, "epoch", MOST_EPOCHS)
        if shown is None and groups.get("epoch") is not None:
            return  # nobody knows which it speaks of
        if shown is not None and self._course.see(shown, again=line.begins):
            self._course.come_to(0.0, completes=False)
        epochs = whole_of(groups, "epochs", MOST_EPOCHS)
        if epochs is not None:
            self._course.expect(epochs)
        if not self._course.has_begun:
            return
        if line.completes and shown is None and self._course.is_over():
            return
        part = part_of(groups)
        if part is not None:
            self._course.come_to(self._part_in(groups, line, part), completes=False)
            if part < 1:
                return
        self._take_values(groups, line)
        if line.completes:
            self._course.come_to(None, completes=True)

    def _part_in(
        self, groups: Mapping[str, str | None], line: LinePattern, part: float
    ) -> float | None:
        """Return how much of an epoch's training is done by what a bar shows.

        A bar that completes an epoch is the one of its test: the training is done.
        """
        if self._course.is_over(whole_of(groups, "epoch", MOST_EPOCHS)):
            return None
        return 1.0 if line.completes else part

    def _take_values(self, groups: Mapping[str, str | None], line: LinePattern) -> None:
        self._course.put(
            {
                name: number
                for group, name in line.series.items()
                if (number := number_of(groups, group)) is not None
            }
        )
        length_s = number_of(groups, "seconds")
        if length_s is not None and math.isfinite(length_s) and length_s >= 0:
            self._course.took(length_s)

    def _build(self) -> MetricTable:
        return replace(
            self._course.table(), facts=self._facts.facts(), problem=self._search.problem
        )
