"""What an exception in a log means: the row that it fits, or the script's own mistake. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cockpit.analysis.clue import Clue, Evidence, evidence, meaning_of, numbers_of, remedies_of
from cockpit.analysis.log_line import LogLine
from cockpit.analysis.matching import Found, match
from cockpit.analysis.patterns import WRAPPERS, Pattern, Weight
from cockpit.analysis.traceback_block import Raised

MOST_SAID: Final = 160
"""So much of an exception's message stands in the sentence."""


def clue_of(chain: Sequence[Raised], lines: Sequence[LogLine]) -> Clue | None:
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
    what = f"{meaning_of(pattern, facts)} ({_said(raised)})"
    return Clue(
        pattern.code,
        pattern.weight,
        raised.at,
        what,
        remedies_of(pattern, facts),
        raised.rank,
        _evidence(raised, lines),
        numbers_of(facts),
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
