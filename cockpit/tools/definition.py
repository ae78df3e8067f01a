"""What a tool is to its user: a name, a sentence, options; forms and commands follow from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class OptionKind(StrEnum):
    """How an option is typed."""

    TEXT = "text"
    COUNT = "count"
    FLAG = "flag"
    """Given without a value; `on` in a form."""
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a tool; its flag is `--name`, for `cockpit` and for the tool alike."""

    name: str
    kind: OptionKind
    help: str
    default: str = ""
    """As a user would type it; empty leaves the choice to the tool."""
    choices: tuple[str, ...] = ()


WAITS: Final = ("limit", "limit-probe")
"""Options that tell how many seconds a tool waits for a part of its own."""
Values = Mapping[str, str]
"""What was chosen, by option; a flag is `on` or absent. An empty value is one not chosen."""


def no_problems(_: Values) -> list[str]:
    """Return nothing: every value is fine."""
    return []


def nothing_more(_: Values) -> str:
    """Return nothing: it takes no more than any tool."""
    return ""


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A diagnostic as its user sees it."""

    name: str
    summary: str
    """One line: what it tells."""
    options: tuple[Option, ...] = ()
    silence_s: float = 1800.0
    """It is ended when it says nothing for so long; a sweep that gets on may take its time."""
    takes_preset: bool = False
    is_own: bool = False
    """Cockpit answers it itself: no training interpreter is asked."""
    problems_of: Callable[[Values], list[str]] = no_problems
    """One sentence for each value that is wrong, all at once. Pure."""
    price_of: Callable[[Values], str] = nothing_more
    """What it does to this machine with these values, where that is more than usual. Pure."""


def silence_of(definition: ToolDefinition, values: Values) -> float:
    """Return how long a tool may say nothing: at least twice what it may wait for itself. Pure."""
    kinds = {option.name: option.kind for option in definition.options}
    own = [values.get(name, "") for name in WAITS if kinds.get(name) is OptionKind.COUNT]
    return max(definition.silence_s, *(2 * float(one) for one in own if one.isdecimal()), 0.0)


def arguments_of(definition: ToolDefinition, values: Values) -> tuple[str, ...]:
    """Return the command line of a tool: flags alone, everything else with its value. Pure."""
    words: list[str] = []
    for option in definition.options:
        value = values.get(option.name, "")
        if option.kind is OptionKind.FLAG:
            words += [f"--{option.name}"] if value == "on" else []
        elif value:
            words += [f"--{option.name}", value]
    return tuple(words)
