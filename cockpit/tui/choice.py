"""An entry of a list to choose from. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry."""

    key: str
    name: str
    note: str = ""
    is_on: bool = False
    """It is chosen already: to choose it again takes it away."""
    also: tuple[str, ...] = ()
    """Other names that it is found by."""
