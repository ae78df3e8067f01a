"""The phases of a run, and which may follow which. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, assert_never

from cockpit.errors import IllegalTransition


class Phase(StrEnum):
    """Where a run stands. The last three are only ever read, never written."""

    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"
    UNSUPERVISED = "unsupervised"
    """The job lives, its supervisor does not."""
    LOST = "lost"
    """Neither lives, and nobody wrote how it ended."""
    OPENED = "opened"
    """Results that another program writes or wrote: nobody here knows whether it still runs."""

    @property
    def is_over(self) -> bool:
        """True when no process of the run is left."""
        return self in _OVER

    @property
    def is_live(self) -> bool:
        """True while the job may be using the machine."""
        return self in _LIVE


_OVER: Final = frozenset({Phase.SUCCEEDED, Phase.FAILED, Phase.STOPPED, Phase.LOST})
_LIVE: Final = frozenset({Phase.RUNNING, Phase.STOPPING, Phase.UNSUPERVISED})

NEXT: Final[Mapping[Phase, frozenset[Phase]]] = {
    Phase.QUEUED: frozenset({Phase.RUNNING, Phase.FAILED, Phase.STOPPED}),
    Phase.RUNNING: frozenset({Phase.STOPPING, Phase.SUCCEEDED, Phase.FAILED}),
    Phase.STOPPING: frozenset({Phase.STOPPED, Phase.SUCCEEDED, Phase.FAILED}),
    Phase.FAILED: frozenset({Phase.QUEUED}),
    Phase.STOPPED: frozenset({Phase.QUEUED}),
}


def advance(now: Phase, to: Phase) -> Phase:
    """Return `to`, or raise IllegalTransition when a run cannot go there."""
    if to not in NEXT.get(now, frozenset()):
        raise IllegalTransition(now, to)
    return to


def glyph(phase: Phase) -> str:
    """Return the one-cell sign of a phase; readable without colour."""
    match phase:
        case Phase.QUEUED:
            return "○"
        case Phase.RUNNING:
            return "●"
        case Phase.STOPPING | Phase.UNSUPERVISED:
            return "◐"
        case Phase.SUCCEEDED:
            return "✓"
        case Phase.FAILED:
            return "✗"
        case Phase.STOPPED:
            return "■"
        case Phase.LOST:
            return "◌"
        case Phase.OPENED:
            return "◇"
        case _:
            assert_never(phase)


def phase_as_read(
    written: Phase | None, *, is_local: bool, has_supervisor: bool, has_processes: bool
) -> Phase:
    """Return the phase that is true now, from what was written last and what the kernel says.

    `written` is None before the supervisor's first word. Of another host's run only what was
    written is known.
    """
    said = Phase.QUEUED if written is None else written
    if said.is_over or has_supervisor or not is_local:
        return said
    return Phase.UNSUPERVISED if has_processes else Phase.LOST
