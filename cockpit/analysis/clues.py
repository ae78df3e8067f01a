"""Everything in a log that may be a cause, in the order of the log. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from cockpit.analysis.clue import Clue, evidence, meaning_of, numbers_of, remedies_of
from cockpit.analysis.log_line import LogLine, parse_log, peel
from cockpit.analysis.matching import Found, has_row, match
from cockpit.analysis.meanings import MEANINGS
from cockpit.analysis.nan_loss import find_nan
from cockpit.analysis.patterns import Pattern, Weight
from cockpit.analysis.progress import (
    HANDLED_AFTER,
    HANDLED_IN_FAILED_AFTER,
    last_progress,
    went_on,
)
from cockpit.analysis.raised_clue import clue_of
from cockpit.analysis.torchrun_report import RankEnd
from cockpit.analysis.traceback_block import MOST_LINES, Raised, find_raised

LAST_WORDS: Final = 15
"""An exception so near to the end of a log ended it."""
_SIGNALS: Final = frozenset({-9, -15, -2, -1, 137, 143, 130, 129})
"""Exit codes that no exception gives."""

_WARNING: Final = re.compile(
    r"\bwarn(?:ing)?\b(?<!NCCL WARN)|\w+Warning\b|(?:^|: )W\d{4} |^\[W|NCCL INFO|^\[?INFO\b"
    r"|\bDEBUG\b|retrying|ignored|skipping|falling back|using (?:the )?cpu|^(?:note|hint|tip):",
    re.IGNORECASE,
)
_PYTHON_WARNING: Final = re.compile(r"^\S.*:\d+: \w*Warning: |^\w*Warning: ")
_WARNING_LINES: Final = 6
_LOUD: Final = re.compile(
    r"^(?:\[E\S* |E\d{4} |\s*what\(\): |ERROR\b|\[?ERROR|Fatal |terminate called|\S+ NCCL WARN"
    r"|.{0,60}\bNCCL WARN\b|srun: error|slurmstepd)"
)


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
    clues = [clue for chain in _chains(raised) if (clue := clue_of(chain, lines))]
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
        found = match(text, text)
        if at <= warned or (_WARNING.search(line.text) and not _is_order(found)):
            found = None
        found = found or match(text, text, hints=True)
        if found is None or (at in covered and found[0].weight is not Weight.HOST):
            continue
        key = (found[0].code, line.rank)
        if key not in seen or found[0].weight is Weight.FIRST:
            seen.add(key)
            clues.append(_line_clue(line, text, at, *found))
    return clues


def _is_order(found: Found | None) -> bool:
    """Say whether it is the order to end, which torchrun only warns of."""
    return found is not None and found[0].is_said and found[0].weight is Weight.AFTERMATH


def _line_clue(
    line: LogLine, text: str, at: int, pattern: Pattern, facts: Mapping[str, str]
) -> Clue:
    return Clue(
        pattern.code,
        pattern.weight,
        at,
        meaning_of(pattern, facts),
        remedies_of(pattern, facts),
        line.rank,
        (evidence(line),),
        numbers_of(facts),
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
            clue = clue_of(chain, lines)
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
