"""How `check` tells what it finds."""

from __future__ import annotations

from typing import Any, Callable, Iterable, TextIO

from diagnostics import trials
from diagnostics.emit import PROBLEM, Finding, emit, emit_finding

Ask = Callable[[], Finding]


class Report:
    """Emits what is found, and counts the problems."""

    def __init__(self, out: TextIO) -> None:
        self.problems = 0
        self._out = out
        self._asked = 0

    def add(self, *findings: Finding) -> None:
        """Emit findings."""
        for finding in findings:
            self.problems += finding.level == PROBLEM
            emit_finding(finding, self._out)

    def measure(self, name: str, value: float | None, unit: str, **labels: Any) -> None:
        """Emit one measurement."""
        emit("measurement", self._out, name=name, value=value, unit=unit, **labels)

    def ask(self, code: str, what: str, question: Ask) -> None:
        """Emit the answer, or the reason why there is none; `what` is said first.

        When a driver hangs, these words are the last that a reader has.
        """
        self.announce(what)
        try:
            self.add(question())
        except trials.TRIAL_ERRORS as error:
            trials.show_traceback()
            words = f"{what} failed: {trials.first_line(error)}"
            self.add(Finding(PROBLEM, code, words, "see stderr for the traceback"))

    def look(self, what: str, question: Callable[[], Iterable[Finding]]) -> None:
        """Emit what there is to say of the host; where it shows nothing, nothing is said."""
        try:
            self.add(*question())
        except (OSError, ValueError):
            trials.show_traceback()
            self.announce(f"{what} could not be read")

    def announce(self, what: str) -> None:
        """Say what is being looked at now."""
        self._asked += 1
        emit("progress", self._out, done=self._asked, total=None, what=what)
