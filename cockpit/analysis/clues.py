"""Everything in a log that may be a cause, in the order of the log. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from cockpit.analysis.log_line import LogLine, parse_log, peel
from cockpit.analysis.matching import Found, has_row, match
from cockpit.analysis.nan_loss import find_nan
from cockpit.analysis.patterns import MEANINGS, WRAPPERS, Pattern, Weight
from cockpit.analysis.progress import (
    HANDLED_AFTER,
    HANDLED_IN_FAILED_AFTER,
    last_progress,
    went_on,
)
from cockpit.analysis.torchrun_report import RankEnd
from cockpit.analysis.traceback_block import MOST_LINES, Raised, find_raised

MOST_TEXT: Final = 500
"""So much of a line is shown."""
MOST_SAID: Final = 160
"""So much of an exception's message stands in the sentence."""
LAST_WORDS: Final = 15
"""An exception so near to the end of a log ended it."""
_SIGNALS: Final = frozenset({-9, -15, -2, -1, 137, 143, 130, 129})
"""Exit codes that no exception gives."""

_WARNING: Final = re.compile(
    r"\bwarn(?:ing)?\b(?<!NCCL WARN)|\w+Warning\b|^W\d{4} |^\[W|NCCL INFO|^\[?INFO\b"
    r"|\bDEBUG\b|retrying|ignored|skipping|falling back|using (?:the )?cpu|^(?:note|hint|tip):",
    re.IGNORECASE,
)
_PYTHON_WARNING: Final = re.compile(r"^\S.*:\d+: \w*Warning: |^\w*Warning: ")
_WARNING_LINES: Final = 6
_LOUD: Final = re.compile(
    r"^(?:\[E\S* |E\d{4} |\s*what\(\): |ERROR\b|\[?ERROR|Fatal |terminate called|\S+ NCCL WARN"
    r"|.{0,60}\bNCCL WARN\b|srun: error|slurmstepd|\[?\w*\]?:?\[?E\d* )"
)


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


def find_clues(
    lines: Sequence[LogLine],
    marks: Sequence[bool],
    exit_code: int | None,
    errors: Sequence[tuple[int | None, str]],
    ends: Sequence[RankEnd],
) -> list[Clue]:
    """Return what may be a cause; `marks` say which lines `is_interesting`.

    `errors` are what ranks left beside the log, earliest first; `ends` how the ranks ended.
    """
    raised = [_of_rank(one, ends) for one in find_raised(lines, marks) if not one.is_ignored]
    covered = _covered(raised)
    clues = [clue for chain in _chains(raised) if (clue := _from_chain(chain, lines))]
    clues += _from_lines(lines, marks, covered)
    progress = last_progress(lines, covered)
    clues = [clue for clue in clues if _counts(clue, len(lines), exit_code, progress)]
    clues.sort(key=lambda clue: clue.at)
    return [*_from_errors(errors), *clues, *_nan(lines)]


def _of_rank(raised: Raised, ends: Sequence[RankEnd]) -> Raised:
    """Return the exception with its rank, where it stands in torchrun's verdict."""
    above = [end for end in ends if 0 < raised.at - end.at < MOST_LINES]
    if raised.rank is not None or not raised.is_indented or not above:
        return raised
    return replace(raised, rank=above[-1].rank)


def _covered(raised: Sequence[Raised]) -> set[int]:
    """Return the lines that belong to exceptions."""
    lines: set[int] = set()
    for one in raised:
        lines.update(range(one.at, one.end + 1))
        lines.update(frame.at for frame in one.frames)
        lines.update(frame.at + 1 for frame in one.frames)
    return lines


def _chains(raised: Sequence[Raised]) -> list[list[Raised]]:
    """Return the exceptions with those that came from them behind them."""
    chains: list[list[Raised]] = []
    by_last: dict[int, list[Raised]] = {}
    for one in raised:
        chain = by_last.pop(one.after_at, None) if one.after_at is not None else None
        if chain is None:
            chain = []
            chains.append(chain)
        chain.append(one)
        by_last[one.at] = chain
    return chains


def _from_chain(chain: Sequence[Raised], lines: Sequence[LogLine]) -> Clue | None:
    """Return the innermost exception that says something; wrappers only when they name a kill."""
    meant = [one for one in chain if not WRAPPERS.search(one.text.split("\n", 1)[0])]
    known = [(one, found) for one in meant if (found := match_raised(one, lines))]
    for one, (pattern, facts) in known:
        if pattern.weight is not Weight.HINT:
            return _raised_clue(one, pattern, facts, lines)
    if meant:
        return _bug(meant[0], lines)
    for one in chain:
        found = match_raised(one, lines)
        if found and found[0].code in ("unknown", "segfault"):
            return _raised_clue(one, *found, lines)
    return None


def match_raised(raised: Raised, lines: Sequence[LogLine]) -> Found | None:
    """Return the row that fits an exception: by its first paragraph, or else by all of it."""
    frames = "\n".join(lines[frame.at].text for frame in raised.frames)
    for text in (raised.text.split("\n\n", 1)[0], raised.text):
        found = match(text, f"{frames}\n{text}")
        if found:
            return found
    return None


def _raised_clue(
    raised: Raised, pattern: Pattern, facts: Mapping[str, str], lines: Sequence[LogLine]
) -> Clue:
    what = f"{_meaning(pattern, facts)} ({_said(raised)})"
    return Clue(
        pattern.code,
        pattern.weight,
        raised.at,
        what,
        _remedies(pattern, facts),
        raised.rank,
        _evidence(raised, lines),
        _numbers(facts),
        is_loud=not raised.is_aside,
        text=raised.text,
        is_raised=raised.has_traceback and not raised.is_aside,
    )


def _bug(raised: Raised, lines: Sequence[LogLine]) -> Clue:
    """Return an exception that is in no table: the script's own."""
    place = raised.place
    facts: dict[str, str | int | float] = {"exception": raised.name}
    remedies: tuple[str, ...] = ()
    if place is not None:
        facts |= {"file": place.file, "line": place.line}
        remedies = (f"look at {place.file}:{place.line}",)
    return Clue(
        "user_bug",
        Weight.FIRST,
        raised.at,
        _said(raised),
        remedies,
        raised.rank,
        _evidence(raised, lines),
        facts,
        is_loud=not raised.is_aside,
        text=raised.text,
        is_raised=raised.has_traceback and not raised.is_aside,
    )


def _said(raised: Raised) -> str:
    message = raised.message.strip().split("\n", 1)[0].strip().rstrip(".")
    if len(message) > MOST_SAID:
        message = message[: MOST_SAID - 1] + "…"
    return f"{raised.name}: {message}" if message else raised.name


def _evidence(raised: Raised, lines: Sequence[LogLine]) -> tuple[Evidence, ...]:
    shown = [raised.place.at] if raised.place else []
    return tuple(evidence(lines[at]) for at in (*shown, raised.at))


def evidence(line: LogLine) -> Evidence:
    """Return a line as it is shown."""
    return Evidence(line.number, line.text.strip()[:MOST_TEXT])


def _meaning(pattern: Pattern, facts: Mapping[str, str]) -> str:
    return _filled(pattern.what or "", facts) or MEANINGS[pattern.code].what


def _remedies(pattern: Pattern, facts: Mapping[str, str]) -> tuple[str, ...]:
    own = tuple(filter(None, (_filled(text, facts) for text in pattern.remedies or ())))
    return own or MEANINGS[pattern.code].remedies


def _filled(text: str, facts: Mapping[str, str]) -> str:
    """Return a sentence with its gaps filled, or nothing when something is missing."""
    try:
        return text.format_map(facts)
    except KeyError:
        return ""


def _numbers(facts: Mapping[str, str]) -> dict[str, str | int | float]:
    return {
        name: int(value) if value.isdecimal() and len(value) < 16 else value.strip()
        for name, value in facts.items()
    }


def _from_lines(lines: Sequence[LogLine], marks: Sequence[bool], covered: set[int]) -> list[Clue]:
    """Return what is said outside exceptions; of one wording in one rank only the first."""
    clues: list[Clue] = []
    seen: set[tuple[str, int | None]] = set()
    warned = -1
    for at, line in enumerate(lines):
        if not marks[at]:
            continue
        if "Warning: " not in line.text and not has_row(line.text):
            continue
        text = peel(line)[1]
        if _PYTHON_WARNING.match(text):
            warned = at + _WARNING_LINES
        is_warning = at <= warned or _WARNING.search(text) is not None
        found = None if is_warning else match(text, text)
        found = found or match(text, text, hints=True)
        if found is None or (at in covered and found[0].weight is not Weight.HOST):
            continue
        key = (found[0].code, line.rank)
        if key not in seen or found[0].weight is Weight.FIRST:
            seen.add(key)
            clues.append(_line_clue(line, text, at, *found))
    return clues


def _line_clue(
    line: LogLine, text: str, at: int, pattern: Pattern, facts: Mapping[str, str]
) -> Clue:
    return Clue(
        pattern.code,
        pattern.weight,
        at,
        _meaning(pattern, facts),
        _remedies(pattern, facts),
        line.rank,
        (evidence(line),),
        _numbers(facts),
        is_loud=pattern.is_said or _LOUD.match(line.text) is not None,
        explains=pattern.explains,
        text=text,
    )


def _counts(clue: Clue, line_count: int, exit_code: int | None, progress: Sequence[int]) -> bool:
    """Say whether a clue is still one, given how the job ended and what the log says after it."""
    if clue.weight is Weight.HINT:
        return True
    is_last_word = clue.is_raised and clue.at >= line_count - LAST_WORDS
    if exit_code == 0:  # `python … | tee`; of ranks only torchrun's verdict tells
        own = clue.rank is None and clue.weight is Weight.FIRST
        return own and is_last_word and not went_on(progress, clue.at, 1)
    if exit_code is None:
        known = clue.is_loud and (clue.code not in _QUIET or is_last_word)
        return known and not went_on(progress, clue.at, HANDLED_AFTER)
    limit = HANDLED_AFTER if exit_code in _SIGNALS else HANDLED_IN_FAILED_AFTER
    return not went_on(progress, clue.at, limit)


_QUIET: Final = frozenset({"nccl_network", "rendezvous_timeout", "unknown"})
"""What a job that went well may say when its ranks leave one after the other."""


def _from_errors(errors: Sequence[tuple[int | None, str]]) -> list[Clue]:
    """Return the first of what the ranks left that is not the echo of another rank's death."""
    for rank, text in errors:
        lines = [LogLine(rank, line.text) for line in parse_log(text, None)]
        marks = [True] * len(lines)
        for chain in _chains(find_raised(lines, marks)):
            clue = _from_chain(chain, lines)
            if clue is not None and clue.weight is Weight.FIRST:
                return [clue]
    return []


def _nan(lines: Sequence[LogLine]) -> list[Clue]:
    at = find_nan(lines)
    if at is None:
        return []
    meaning = MEANINGS["nan_loss"]
    shown = (evidence(lines[at]),)
    return [
        Clue(
            "nan_loss",
            Weight.HINT,
            at,
            meaning.what,
            meaning.remedies,
            lines[at].rank,
            shown,
            stands_alone=True,
        )
    ]
