"""What a newcomer can do now."""

from __future__ import annotations

from dataclasses import dataclass

from textual.reactive import reactive
from textual.widget import Widget


@dataclass(frozen=True, slots=True)
class Step:
    """A key and what it does, in words."""

    key: str
    text: str


class NextSteps(Widget):
    """The title `Next` and one line for each step."""

    DEFAULT_CSS = "NextSteps { height: auto; }"

    steps: reactive[tuple[Step, ...]] = reactive(())

    def __init__(self, steps: tuple[Step, ...] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(NextSteps.steps, steps)
