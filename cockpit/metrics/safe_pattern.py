"""Regular expressions that a user wrote, kept from taking for ever."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any, Final

LONGEST_FRAME: Final = 2048
"""No pattern is shown more of a line than this: its cost may grow with the square of it."""
SLOW_S: Final = 0.5
"""A pattern that once takes this long on such a piece is used no more."""
MANY: Final = 16
"""A repeat of at most so many is no danger."""
_REPEATS: Final = ("MAX_REPEAT", "MIN_REPEAT")


def danger_of(pattern: re.Pattern[str]) -> str | None:
    """Return why a pattern could take for ever on an unlucky line, or None."""
    parser = import_module("re._parser")
    if _has_nested_repeats(parser.parse(pattern.pattern, pattern.flags), is_repeated=False):
        return (
            "a repeat without end inside another one can take for ever; "
            f"give the outer one an end, such as {{1,{MANY}}}"
        )
    return None


def _has_nested_repeats(tree: Any, *, is_repeated: bool) -> bool:
    """Look through a parsed pattern: a list of (operation, argument), of any depth."""
    for operation, argument in tree:
        if str(operation) in _REPEATS:
            _, most, body = argument
            is_long = int(most) > MANY
            if (is_long and is_repeated) or _has_nested_repeats(
                body, is_repeated=is_repeated or is_long
            ):
                return True
        else:
            for part in _parts(argument):
                if _has_nested_repeats(part, is_repeated=is_repeated):
                    return True
    return False


def _parts(argument: Any) -> list[Any]:
    """Return the patterns inside the argument of an operation."""
    if isinstance(argument, tuple | list):
        return [part for one in argument for part in _parts(one)]
    return [argument] if hasattr(argument, "getwidth") else []
