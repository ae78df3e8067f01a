"""Shall this run go on? Says from which checkpoint, as soon as one was found."""

from __future__ import annotations

from dataclasses import dataclass

from textual import on, work
from textual.message import Message
from textual.widgets import Button

from cockpit.errors import CockpitError, GpusBusy
from cockpit.supervise.wishes import Resumed
from cockpit.tui.acts import look_at_resume
from cockpit.tui.going_on import LOOKING, busy_lines, end_words, outlook, refusal_lines
from cockpit.tui.screens.question import Asked, Question
from cockpit.views.run_view import RunView


class ResumeDialog(Question):
    """Names the checkpoint, those that were skipped, and how many epochs are left."""

    HELP = "y starts the next attempt of the run; everything else leaves it as it is."

    def __init__(self, run: RunView) -> None:
        super().__init__(
            Asked(
                title="Resume this run?",
                subject=run.name,
                state=end_words(run),
                yes="resume it",
                no="leave it as it is",
                lines=LOOKING,
            )
        )
        self._run = run
        self._is_known = False

    @dataclass
    class Looked(Message):
        """The checkpoints were looked at."""

        resumed: Resumed | None
        error: CockpitError | None

    def on_mount(self) -> None:
        """Look for a checkpoint; until one is found there is nothing to say yes to."""
        self.query_one("#question-yes", Button).display = False
        self.look()

    @work(thread=True, group="resume", exit_on_error=False)
    def look(self) -> None:
        """Find the newest checkpoint that can be read."""
        try:
            self.post_message(self.Looked(look_at_resume(self._run.directory), None))
        except CockpitError as error:
            self.post_message(self.Looked(None, error))

    @on(Looked)
    def show_outlook(self, event: Looked) -> None:
        """Say from where it goes on, or why it cannot."""
        if event.resumed is not None:
            self._is_known = True
            self.query_one("#question-yes", Button).display = True
            self.show_lines(outlook(self._run, event.resumed))
        elif event.error is not None:
            self.show_lines(refusal_lines(event.error))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Take no yes before it is known what that means."""
        return self._is_known if (action, parameters) == ("answer", (True,)) else True


class QueueDialog(Question):
    """Others hold the GPUs: shall the run wait for them?"""

    HELP = "y lets the run wait until its GPUs are free; everything else leaves it as it is."

    def __init__(self, run: RunView, busy: GpusBusy) -> None:
        super().__init__(
            Asked(
                title="Wait for the GPUs?",
                subject=run.name,
                state="it can go on, but others use its GPUs",
                yes="wait in the queue",
                no="leave it as it is",
                lines=busy_lines(busy),
            )
        )
