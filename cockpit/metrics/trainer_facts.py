"""What a trainer says of itself in its log: how many GPUs and ranks, how much data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cockpit.metrics.grammar_toml import shipped_grammar
from cockpit.metrics.line_search import LONGEST_FRAME, LineSearch
from cockpit.metrics.log_grammar import FACTS, GPU_ORDINAL, LinePattern, LogGrammar
from cockpit.metrics.log_lines import clean, split_prefix
from cockpit.metrics.match_numbers import whole_of
from cockpit.metrics.series import TrainerFacts

GENERAL: Final = "trainer-facts"
"""The lines that trainers of many kinds print."""


class FactBook:
    """Collects facts; of one that is told again the first counts.

    A trainer that lists its GPUs uses as many as it lists.
    """

    def __init__(self) -> None:
        self._facts: dict[str, int] = {}
        self._ordinals: set[int] = set()
        self.lines: dict[str, int] = {}
        """Fact to the number of the line that told it, from 1."""

    def take(self, groups: Mapping[str, str | None], line: LinePattern, number: int = 0) -> None:
        """Take what a line tells that fits a pattern; `number` is its own."""
        for fact, value in line.means.items():
            self._note(fact, value, number)
        for fact in FACTS:
            if (told := whole_of(groups, fact)) is not None:
                self._note(fact, told, number)
        if (ordinal := whole_of(groups, GPU_ORDINAL)) is not None:
            self._ordinals.add(ordinal)
            self.lines.setdefault("gpus_used", number)

    def facts(self) -> TrainerFacts:
        """Return what is known."""
        known = dict(self._facts)
        if self._ordinals:
            known["gpus_used"] = len(self._ordinals)
        return TrainerFacts(**known)

    def _note(self, fact: str, value: int, number: int) -> None:
        if fact not in self._facts:
            self._facts[fact] = value
            self.lines.setdefault(fact, number)


class FactReader:
    """Reads a log from its start for what the trainer says of itself."""

    def __init__(self, grammar: LogGrammar | None = None) -> None:
        """Make an empty one; `grammar`: one that knows more of this trainer."""
        general = shipped_grammar(GENERAL)
        known = [general] if grammar is None else [grammar, general]
        self._known = [(one.words, _telling(one)) for one in known]
        self.restart()

    def restart(self) -> None:
        """Forget everything."""
        self._book = FactBook()
        self._searches = [(words, LineSearch(lines)) for words, lines in self._known]
        self._number = 0
        self._facts: TrainerFacts | None = TrainerFacts()

    @property
    def lines(self) -> Mapping[str, int]:
        """Fact to the number of the line that told it, from 1."""
        return self._book.lines

    def feed(self, lines: Sequence[str]) -> None:
        """Take the next whole lines."""
        for line in lines:
            self._number += 1
            for part in split_prefix(line)[1].split("\r"):
                if part:
                    self._take(clean(part[:LONGEST_FRAME]))
        self._facts = None

    def facts(self) -> TrainerFacts:
        """Return what is known so far."""
        if self._facts is None:
            self._facts = self._book.facts()
        return self._facts

    def _take(self, frame: str) -> None:
        for words, search in self._searches:
            if words is not None and words.search(frame) is None:
                continue
            found = search.first(frame)
            if found is not None:
                line, groups = found
                self._book.take(groups, line, self._number)


def _telling(grammar: LogGrammar) -> tuple[LinePattern, ...]:
    return tuple(line for line in grammar.lines if line.tells_facts)
