"""The question before a tool is ended by leaving."""

from __future__ import annotations

from cockpit.tools.estimate import DEFINITION as ESTIMATE
from cockpit.tui.ending import Consequence
from cockpit.tui.screens.question import Asked, Question
from cockpit.tui.tools.record import ToolRecord, took_s
from cockpit.tui.tools.words import share_words
from cockpit.units import duration


class EndTool(Question):
    """True when the tool shall end with the screen."""

    HELP = "A tool runs inside this screen and ends with it; runs go on by themselves."

    def __init__(self, record: ToolRecord, now_s: float) -> None:
        done = share_words(record)
        took = took_s(record, now_s)
        state = f"running {duration(took)}" + (f", {done} done" if done else "")
        lines = (*_comes_of_it(record), Consequence("untouched", "every run: they go on"))
        super().__init__(
            Asked(
                "Leave and end the tool?", record.tool, state,
                "leave, end it", "stay", lines,
            )
        )  # fmt: skip


def _comes_of_it(record: ToolRecord) -> tuple[Consequence, ...]:
    if record.tool == ESTIMATE.name:  # its probe is kept once it is done, and never a part of it
        return (Consequence("lost", "what its probe measured so far"),)
    return (
        Consequence("kept", "what it measured so far, marked as partial"),
        Consequence("lost", "the rest of the measurement"),
    )
