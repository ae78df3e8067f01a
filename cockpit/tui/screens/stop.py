"""Shall this run be stopped?"""

from __future__ import annotations

from cockpit.runs.phase import Phase
from cockpit.tui.ending import consequences, progress_words
from cockpit.tui.screens.question import Asked, Question
from cockpit.tui.store import Snapshot
from cockpit.views.run_view import RunView


class StopDialog(Question):
    """Names the run, its processes and GPUs, what is kept and lost."""

    HELP = "y stops the run; everything else keeps it running."

    def __init__(self, run: RunView, snapshot: Snapshot) -> None:
        forced = run.phase is Phase.STOPPING
        super().__init__(
            Asked(
                title="Kill this run?" if forced else "Stop this run?",
                subject=run.name,
                state=progress_words(run),
                yes="kill it now" if forced else "stop the run",
                no="keep it running",
                lines=consequences(run, snapshot),
                is_danger=True,
            )
        )
