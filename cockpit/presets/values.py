"""Values of a preset: are they of the right type, and what does a text on the command line mean?"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Final, assert_never

from cockpit import locations
from cockpit.errors import nearest
from cockpit.presets.model import ArgValue, Scalar
from cockpit.presets.schema import READER, Key, ValueType

Document = Mapping[str, object]
"""A TOML document: nested tables of plain values."""

_SIZE: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]i?B|B)\s*", re.IGNORECASE)
_GPUS: Final = re.compile(r"auto|all|cpu|[1-9]\d*|\d+,|\d+(,\d+)+,?")
_SIZE_UNITS: Final = {"b": 0, "k": 10, "m": 20, "g": 30, "t": 40}


def parse_size(text: str) -> int | None:
    """Return the bytes of `8 GiB` (binary, whether or not the `i` is there), or None."""
    match = _SIZE.fullmatch(text)
    if match is None:
        return None
    return int(float(match[1]) * (1 << _SIZE_UNITS[match[2][0].lower()]))


def parse_text(text: str) -> object:
    """Return the value that a command line text means: a TOML value, else the text itself."""
    try:
        plain = tomllib.loads(f"value = {text}")
        within = tomllib.loads(f"table = {{ value = {text} }}")
    except tomllib.TOMLDecodeError:
        return text
    # The second form has no room for a comment or a next line, which the first would drop.
    is_whole = len(plain) == 1 and repr(within) == repr({"table": plain})  # nan is never equal
    return plain["value"] if is_whole else text


def problem_of(key: Key, value: object) -> str | None:
    """Say what is wrong with the value of a schema key, or return None."""
    if not _has_type(key.type, value):
        return f"must be {key.type.value}, is {_shown(value)}"
    choices = choices_of(key)
    if choices and value not in choices:
        return f"{value!r} is not one of {', '.join(choices)}{nearest(str(value), choices)}"
    if key.least is not None and isinstance(value, int | float) and value < key.least:
        return f"must be at least {key.least:g}, is {value}"
    return None


def choices_of(key: Key) -> tuple[str, ...]:
    """Return the words that may stand behind a key, empty for any; one's own grammars are some."""
    if key.name != READER:
        return key.choices
    own = sorted(file.stem for file in locations.grammars_dir().glob("*.toml"))
    return (*key.choices, *own)


def arg_problem(value: object, before: object = None) -> str | None:
    """Say what is wrong with an argument's value; `before` is what it replaces, if anything."""
    if "\0" in str(value):
        return "holds a NUL, which no command line can"
    if isinstance(value, Mapping):
        return "a nested table cannot be an argument; write the key at the top of [args]"
    if isinstance(value, list):
        wrong = [item for item in value if not isinstance(item, str | int | float | bool)]
        return "a list may hold plain values only" if wrong else None
    if not isinstance(value, str | int | float | bool):
        return f"must be a text, a number, true, false or a list, is {_shown(value)}"
    if isinstance(before, bool) and not isinstance(value, bool):
        return f"must be true or false, is {_shown(value)}"
    is_number = isinstance(before, int | float) and not isinstance(before, bool)
    if is_number and (isinstance(value, str | bool)):
        return f'must be a number, is {_shown(value)} (quote it, "{value}", if you mean the text)'
    return None


def as_arg(value: object) -> ArgValue:
    """Return a checked argument value in its frozen form."""
    if isinstance(value, list):
        return tuple(_scalar(item) for item in value)
    return _scalar(value)


def _scalar(value: object) -> Scalar:
    assert isinstance(value, str | int | float | bool)
    return value


def _has_type(kind: ValueType, value: object) -> bool:
    match kind:
        case ValueType.TEXT:
            return isinstance(value, str)
        case ValueType.INTEGER:
            return isinstance(value, int) and not isinstance(value, bool)
        case ValueType.NUMBER:
            return isinstance(value, int | float) and not isinstance(value, bool)
        case ValueType.SIZE:
            return isinstance(value, str) and parse_size(value) is not None
        case ValueType.TEXTS:
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
        case ValueType.GPUS:
            return not isinstance(value, bool) and bool(_GPUS.fullmatch(str(value)))
        case _:
            assert_never(kind)


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return "a table"
    return repr(value)
