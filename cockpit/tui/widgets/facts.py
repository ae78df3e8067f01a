"""Labels left, values right."""

from __future__ import annotations

from dataclasses import dataclass

from textual.reactive import reactive
from textual.widget import Widget


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of facts."""

    label: str
    """Empty label and value: a blank line."""
    value: str
    tone: str = "text"
    """Token: text, muted, strong, attention, danger, good."""


class Facts(Widget):
    """A column of facts; a value too long is cut at its start when it is a path, else its end."""

    DEFAULT_CSS = "Facts { height: auto; }"

    facts: reactive[tuple[Fact, ...]] = reactive(())

    def __init__(self, facts: tuple[Fact, ...] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(Facts.facts, facts)
