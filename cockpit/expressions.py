"""Regular expressions that a person wrote: with a time limit, so that none can freeze us."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cockpit.errors import InputError

if TYPE_CHECKING:
    from regex import Match, Pattern

LIMIT_S: Final = 0.2
"""For one search: whatever takes longer backtracks for ever."""


LINE_LIMIT_S: Final = 0.5
"""For a line in a search of many: long enough for a machine that is busy."""


class TooSlow(Exception):
    """An expression needed longer than its limit: it backtracks."""


MOST_COPIES: Final = 10_000
"""So often a part may be asked for by numbers, all together: each is a copy in memory."""
_COUNTS: Final = re.compile(r"\{(\d*),?(\d*)\}")


@lru_cache(maxsize=64)
def compile_text(expression: str, *, ignore_case: bool = False) -> Pattern[str]:
    """Return an expression for text. Raises InputError that says what is wrong with it."""
    import regex

    _refuse_large(expression)
    try:
        return regex.compile(expression, regex.IGNORECASE if ignore_case else 0)
    except (regex.error, RecursionError, OverflowError) as error:
        raise InputError(f"{expression!r} is no regular expression: {error}") from None


def _refuse_large(expression: str) -> None:
    copies = 1
    for first, last in _COUNTS.findall(expression):
        copies *= max(1, int(first[:9] or 0), int(last[:9] or 0))
    if copies > MOST_COPIES:
        raise InputError(f"{expression!r}: its counts ask for more than {MOST_COPIES:,} copies")


def search(pattern: Pattern[str], text: str, limit_s: float = LIMIT_S) -> Match[str] | None:
    """Search a text; other threads go on meanwhile. Raises TooSlow."""
    try:
        return pattern.search(text, timeout=limit_s, concurrent=True)
    except TimeoutError:
        raise TooSlow(pattern.pattern) from None


class Expression:
    """A person's expression for many texts, given up for good once one takes too long."""

    def __init__(self, text: str) -> None:
        """Take it, without regard to case. Raises InputError."""
        self._pattern = compile_text(f"(?m:{text})", ignore_case=True)
        self.is_too_slow = False

    def search(self, text: str) -> Match[str] | None:
        """Return the first place in a line; None also after it was given up."""
        if self.is_too_slow:
            return None
        try:
            return search(self._pattern, text, LINE_LIMIT_S)
        except TooSlow:
            self.is_too_slow = True
            return None

    def may_hold(self, text: str) -> bool:
        """Say whether many lines together are worth a look at each; True where it takes long."""
        if self.is_too_slow:
            return False
        try:
            return search(self._pattern, text) is not None
        except TooSlow:
            return True


@lru_cache(maxsize=16)
def expression(text: str) -> Expression:
    """Return what was asked for; the same for the same text. Raises InputError."""
    return Expression(text)
