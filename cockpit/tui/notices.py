"""What is worth the bell: a run that ended, or that came to need somebody. Once each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, assert_never

from cockpit.metrics.log_lines import strip_codes
from cockpit.runs.phase import Phase
from cockpit.tui.store import Snapshot, need_of
from cockpit.views.run_view import RunView

MOST_CHARACTERS: Final = 200
_NO_DIGITS: Final = str.maketrans("", "", "0123456789")


class Bulletin:
    """Remembers what was told, so that each event is told once; what was there before, never."""

    def __init__(self) -> None:
        self._ended: set[str] | None = None
        self._needs: set[str] = set()

    def take(self, snapshot: Snapshot) -> tuple[str, ...]:
        """Return what happened since the last snapshot, one line each; nothing for the first."""
        ended, needs = _ended(snapshot), _needs(snapshot)
        known, known_needs = self._ended, self._needs
        self._ended, self._needs = {*(known or ()), *ended}, set(needs)
        if known is None:
            return ()
        fresh = (text for key, text in ended.items() if key not in known)
        return (*fresh, *(text for key, text in needs.items() if key not in known_needs))


def escape_codes(texts: Iterable[str]) -> str:
    """Return what makes a terminal ring, and those that can (OSC 9) show each text."""
    notices = (f"\x1b]9;cockpit: {strip_codes(text)[:MOST_CHARACTERS]}\x07" for text in texts)
    shown = "".join(notices)
    return f"\x07{shown}" if shown else ""


def _ended(snapshot: Snapshot) -> Mapping[str, str]:
    """Return the attempts that are over; one that ended before this program began is no news."""
    return {
        f"{run.run_id} {run.attempt}": _end_words(run)
        for run in snapshot.runs
        if run.phase.is_over and not _is_old(run, snapshot)
    }


def _is_old(run: RunView, snapshot: Snapshot) -> bool:
    return run.ended is not None and run.ended < snapshot.opened


def _needs(snapshot: Snapshot) -> Mapping[str, str]:
    found = {}
    for run in snapshot.runs:
        need = None if run.phase.is_over else need_of(run, snapshot)
        if need is not None:  # a growing number in its words makes no new event
            found[need.topic.translate(_NO_DIGITS) + run.run_id] = f"{run.name}: {need.text}"
    return found


def _end_words(run: RunView) -> str:
    why = f": {run.problem}" if run.problem else ""
    match run.phase:
        case Phase.SUCCEEDED:
            return f"{run.name} is done"
        case Phase.FAILED:
            return f"{run.name} failed{why}"
        case Phase.STOPPED:
            return f"{run.name} was stopped"
        case Phase.LOST:
            return f"{run.name} is lost{why}"
        case Phase.QUEUED | Phase.RUNNING | Phase.STOPPING | Phase.UNSUPERVISED:
            return f"{run.name} is {run.phase}"
        case _:
            assert_never(run.phase)
