"""What can be done with a run now: stopped, continued, adopted, followed by a step. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from cockpit.runs.phase import Phase
from cockpit.views.run_view import RunView


@dataclass(frozen=True, slots=True)
class Offers:
    """The acts whose keys stand in the footer."""

    stop: bool = False
    resume: bool = False
    """It may be continued; whether it can, its checkpoints tell."""
    adopt: bool = False


def offers(run: RunView | None) -> Offers:
    """Return what can be done with a run; nothing with none, nor with one only opened here."""
    if run is None or run.opened is not None:
        return Offers()
    is_broken = run.phase in (Phase.FAILED, Phase.STOPPED, Phase.LOST)
    return Offers(
        stop=not run.phase.is_over,
        resume=is_broken and not run.is_remote and not is_all_done(run),
        adopt=run.phase is Phase.UNSUPERVISED,
    )


def is_all_done(run: RunView) -> bool:
    """Say whether a run left what its preset's steps need: it succeeded, or did every epoch."""
    if run.opened is not None:
        return False
    did_all = run.epochs is not None and run.epoch is not None and run.epoch >= run.epochs
    return run.phase is Phase.SUCCEEDED or (run.phase.is_over and did_all)
