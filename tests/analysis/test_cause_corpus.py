"""What real programs printed: each excerpt of the three files names the cause that it must give."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from cockpit.analysis.cause import find_cause
from cockpit.analysis.log_line import parse_log
from cockpit.analysis.meanings import MEANINGS, NARROWER
from cockpit.analysis.patterns import PATTERNS

FAILURES = Path(__file__).parent.parent / "data" / "failures"


@dataclass(frozen=True, slots=True)
class Excerpt:
    code: str | None
    exit_code: int | None
    rank: int | None
    text: str


def excerpts(name: str) -> list[Excerpt]:
    """Return the blocks `=== code [exit code or -] [rank=N]` of a file."""
    text = (FAILURES / name).read_text(encoding="utf-8")
    return [excerpt(block) for block in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]]


def excerpt(block: str) -> Excerpt:
    head, text = block.split("\n", 1)
    code, exit_code, *rest = [*head.split(), "1"] if " " not in head else head.split()
    rank = int(rest[0].removeprefix("rank=")) if rest else None
    return Excerpt(
        None if code == "null" else code, None if exit_code == "-" else int(exit_code), rank, text
    )


def ids(one: Excerpt) -> str:
    return f"{one.code}: {one.text[:40]}"


@pytest.mark.parametrize("one", excerpts("wordings.txt"), ids=ids)
def test_each_wording_gives_its_cause(one: Excerpt) -> None:
    cause = find_cause(parse_log(one.text), one.exit_code)
    assert cause is not None
    assert cause.code == one.code
    assert one.code == "unknown" or cause.evidence


@pytest.mark.parametrize("one", excerpts("healthy.txt"), ids=ids)
def test_a_healthy_log_has_no_cause(one: Excerpt) -> None:
    assert find_cause(parse_log(one.text), one.exit_code) is None


@pytest.mark.parametrize("one", excerpts("hidden.txt"), ids=ids)
def test_the_first_cause_counts_and_not_the_loudest(one: Excerpt) -> None:
    cause = find_cause(parse_log(one.text), one.exit_code)
    assert cause is not None
    assert cause.code == one.code
    assert one.rank is None or (cause.rank, cause.what[:6]) == (one.rank, f"rank {one.rank}")


def test_every_cause_has_two_wordings() -> None:
    seen = Counter(one.code for one in excerpts("wordings.txt"))
    assert {code for code in MEANINGS if code not in NARROWER and seen[code] < 2} == set()


def test_every_row_has_a_meaning() -> None:
    assert {pattern.code for pattern in PATTERNS} <= MEANINGS.keys()


@pytest.mark.parametrize("code", sorted(MEANINGS))
def test_a_meaning_is_a_sentence_without_a_full_stop(code: str) -> None:
    meaning = MEANINGS[code]
    assert not meaning.what.endswith(".")
    assert meaning.remedies or code == "user_bug"
