"""The question before a tool is ended by leaving."""

from __future__ import annotations

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
        lines = (
            Consequence("kept", "what it measured so far, marked as partial"),
            Consequence("lost", "the rest of the measurement"),
            Consequence("untouched", "every run: they go on"),
        )
        super().__init__(
            Asked(
                "Leave and end the tool?", record.tool, state,
                "leave, end it", "stay", lines,
            )
        )  # fmt: skip
