"""What is worth the bell: a run that ended, or that came to need somebody. Once each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, assert_never

from cockpit.metrics.log_lines import strip_codes
from cockpit.runs.phase import Phase
from cockpit.tui.needs import need_of
from cockpit.tui.noticed import Noticed, noticed
from cockpit.tui.store import Snapshot
from cockpit.views.run_view import RunView

MOST_CHARACTERS: Final = 200
SILENCE_S: Final = 600.0
"""So long the same alert does not ring again."""
OPENING_S: Final = 5.0
"""What is noticed so soon was there when the program was opened."""
_NO_DIGITS: Final = str.maketrans("", "", "0123456789")


class Bulletin:
    """Remembers what was told, so that each event is told once; what was there before, never."""

    def __init__(self) -> None:
        self._ended: set[str] | None = None
        self._needs: set[str] = set()
        self._standing: set[str] = set()
        self._seen: dict[str, float] = {}
        """When each alert was seen last, by its topic."""

    def take(self, snapshot: Snapshot) -> tuple[str, ...]:
        """Return what happened since the last snapshot, one line each; nothing for the first."""
        ended, needs, alerts = _ended(snapshot), _needs(snapshot), self._take_alerts(snapshot)
        known, known_needs = self._ended, self._needs
        self._ended, self._needs = {*(known or ()), *ended}, set(needs)
        if known is None:
            return ()
        fresh = (text for key, text in ended.items() if key not in known)
        told = (text for key, text in needs.items() if key not in known_needs)
        return (*fresh, *told, *alerts)

    def _take_alerts(self, snapshot: Snapshot) -> tuple[str, ...]:
        """Return the problems that are new: not there at the start, nor in the last minutes."""
        now = {one.topic: one for one in noticed(snapshot) if one.is_problem}
        raised = [one for topic, one in now.items() if topic not in self._standing]
        fresh = [one for one in raised if self._is_news(one, snapshot)]
        self._standing = set(now)
        self._seen.update((topic, snapshot.time) for topic in now)
        return tuple(_alert_words(one) for one in fresh)

    def _is_news(self, one: Noticed, snapshot: Snapshot) -> bool:
        if one.alert.since < snapshot.opened + OPENING_S:
            return False
        seen = self._seen.get(one.topic)
        return seen is None or snapshot.time - seen >= SILENCE_S


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
        if run.phase.is_over and run.opened is None and not _is_old(run, snapshot)
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


def _alert_words(one: Noticed) -> str:
    about = one.alert.subject
    name = one.run.name if one.run is not None else ""
    subject = name if about == "run" else f"{name} {about}".lstrip()
    return f"{subject}: {one.alert.what}"


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
        case Phase.QUEUED | Phase.RUNNING | Phase.STOPPING | Phase.UNSUPERVISED | Phase.OPENED:
            return f"{run.name} is {run.phase}"
        case _:
            assert_never(run.phase)
