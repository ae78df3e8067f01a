"""What a newcomer is told on the Deck. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cockpit.tui.widgets.next_steps import Step
from cockpit.views.run_view import RunView

FIRST_PRESET: Final = "quickstart"
NEWCOMER: Final = (
    Step("n", "start a first training: quickstart needs no data and takes under a minute"),
    Step("2", "see all presets"),
    Step("q", "leave; the same from the shell:  cockpit run quickstart"),
)
AFTER_THE_FIRST: Final = (
    Step("⏎", "open this run: curves, log, facts"),
    Step("2", "choose a preset for your own training"),
    Step("q", "leave: the run goes on, come back with  cockpit"),
)
AFTER_ITS_END: Final = (*AFTER_THE_FIRST[:2], Step("q", "leave; come back with  cockpit"))


def first_steps(runs: Sequence[RunView]) -> tuple[Step, ...]:
    """Return what can be done before, during and after the first run."""
    if not runs:
        return NEWCOMER
    return AFTER_ITS_END if all(run.phase.is_over for run in runs) else AFTER_THE_FIRST
