"""Regular expressions that a person wrote: with a time limit, so that none can freeze us."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cockpit.errors import InputError

if TYPE_CHECKING:
    from regex import Match, Pattern

LIMIT_S: Final = 0.2
"""For one search: whatever takes longer backtracks for ever."""


class TooSlow(Exception):
    """An expression needed longer than its limit: it backtracks."""


@lru_cache(maxsize=64)
def compile_text(expression: str, *, ignore_case: bool = False) -> Pattern[str]:
    """Return an expression for text. Raises InputError that says what is wrong with it."""
    import regex

    try:
        return regex.compile(expression, regex.IGNORECASE if ignore_case else 0)
    except regex.error as error:
        raise InputError(f"{expression!r} is no regular expression: {error}") from None


@lru_cache(maxsize=64)
def compile_bytes(expression: bytes, *, ignore_case: bool = False) -> Pattern[bytes]:
    """Return an expression for bytes. Raises InputError that says what is wrong with it."""
    import regex

    try:
        return regex.compile(expression, regex.IGNORECASE if ignore_case else 0)
    except regex.error as error:
        raise InputError(f"{expression!r} is no regular expression: {error}") from None


def search(pattern: Pattern[str], text: str, limit_s: float = LIMIT_S) -> Match[str] | None:
    """Search a text; other threads go on meanwhile. Raises TooSlow."""
    try:
        return pattern.search(text, timeout=limit_s, concurrent=True)
    except TimeoutError:
        raise TooSlow(pattern.pattern) from None


def search_bytes(
    pattern: Pattern[bytes], data: bytes, start: int = 0, limit_s: float = LIMIT_S
) -> Match[bytes] | None:
    """Search bytes from `start` on; other threads go on meanwhile. Raises TooSlow."""
    try:
        return pattern.search(data, start, timeout=limit_s, concurrent=True)
    except TimeoutError:
        raise TooSlow(repr(pattern.pattern)) from None
