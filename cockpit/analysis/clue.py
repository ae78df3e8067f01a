"""What may be a cause, as a value. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cockpit.analysis.log_line import LogLine
from cockpit.analysis.meanings import MEANINGS
from cockpit.analysis.patterns import Pattern, Weight

MOST_TEXT: Final = 500
"""So much of a line is shown."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A line that a judgement rests on."""

    line: int | None
    """Its number in the log, from 1; None when it is not from the log or nobody counted."""
    text: str


@dataclass(frozen=True, slots=True)
class Clue:
    """Something that may be the cause."""

    code: str
    weight: Weight
    at: int
    """Index of its line; -1 when it does not stand in the log."""
    what: str
    remedies: tuple[str, ...]
    rank: int | None = None
    evidence: tuple[Evidence, ...] = ()
    facts: Mapping[str, str | int | float] = field(default_factory=dict)
    is_loud: bool = True
    """It ended something; a clue that is not only stands in the text."""
    stands_alone: bool = False
    """As a HINT: it counts when there is nothing else."""
    explains: frozenset[str] = frozenset()
    text: str = ""
    """All that was said."""
    is_raised: bool = False
    """It is an exception that nobody caught."""


def evidence(line: LogLine) -> Evidence:
    """Return a line as it is shown."""
    return Evidence(line.number, line.text.strip()[:MOST_TEXT])


def meaning_of(pattern: Pattern, facts: Mapping[str, str]) -> str:
    """Return what a row means, in words."""
    return _filled(pattern.what or "", facts) or MEANINGS[pattern.code].what


def remedies_of(pattern: Pattern, facts: Mapping[str, str]) -> tuple[str, ...]:
    """Return what to try."""
    own = tuple(filter(None, (_filled(text, facts) for text in pattern.remedies or ())))
    return own or MEANINGS[pattern.code].remedies


def _filled(text: str, facts: Mapping[str, str]) -> str:
    """Return a sentence with its gaps filled, or nothing when something is missing."""
    try:
        return text.format_map(facts)
    except KeyError:
        return ""


def numbers_of(facts: Mapping[str, str]) -> dict[str, str | int | float]:
    """Return what a row caught, whole numbers as such."""
    return {
        name: int(value) if value.isdecimal() and len(value) < 16 else value.strip()
        for name, value in facts.items()
    }
