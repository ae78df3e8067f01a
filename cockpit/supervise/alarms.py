"""What becomes of an alert: an event when it is raised and when it is over, and one notice."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from cockpit.runs.alert import Alert, AlertLevel
from cockpit.runs.record import StateRecord
from cockpit.supervise.journal import Journal
from cockpit.supervise.notice_settings import Occasion
from cockpit.supervise.notices import Notices

SILENCE_S: Final = 600.0
"""So long nothing more is sent of one topic."""
WORTH_A_NOTICE: Final = frozenset(
    {"run.hang", "run.checkpoint-overdue", "run.loss-diverged", "gpu.lost", "gpu.xid", "host.disk"}
)
"""Sent also where it is only a warning."""
HANG: Final = "run.hang"


class Alarms:
    """The alerts of one attempt: which stand, and of which somebody was told."""

    def __init__(self, journal: Journal, notices: Notices) -> None:
        self._journal = journal
        self._notices = notices
        self._standing: dict[str, Alert] = {}
        self._sent: dict[str, float] = {}

    @property
    def hang(self) -> Alert | None:
        """The alert that says that the run hangs, while it stands."""
        return next((one for one in self._standing.values() if one.code == HANG), None)

    def take(self, alerts: Sequence[Alert], state: StateRecord, *, is_quiet_told: bool) -> None:
        """Write what was raised and what is over since the last call, and tell somebody.

        `is_quiet_told`: the silence of the run was told already, so a hang is no news.
        """
        now = {alert.topic: alert for alert in alerts}
        for topic, alert in self._standing.items():
            if topic not in now:
                self._write("alert-over", alert, "is over: ")
        raised = [alert for topic, alert in now.items() if topic not in self._standing]
        self._standing = now
        for alert in raised:
            self._write("alert", alert)
        self._tell([one for one in raised if not (is_quiet_told and one.code == HANG)], state)

    def _write(self, kind: str, alert: Alert, before: str = "") -> None:
        self._journal.event(
            kind,
            f"{alert.subject}: {before}{alert.what}",
            code=alert.code,
            level=alert.level,
            subject=alert.subject,
            remedy=alert.remedy,
            gpu_uuid=alert.gpu_uuid,
        )

    def _tell(self, raised: Sequence[Alert], state: StateRecord) -> None:
        """Send one notice of all that was raised at once and not said lately."""
        now = time.monotonic()
        fresh = [one for one in raised if is_worth_a_notice(one) and self._is_fresh(one, now)]
        if not fresh:
            return
        self._sent.update((one.topic, now) for one in fresh)
        first, more = fresh[0], len(fresh) - 1
        rest = f", and {more} more" if more else ""
        problem = f"{first.subject}: {first.what}{rest}"
        self._notices.send(Occasion.NEEDS_YOU, replace(state, remedy=first.remedy), problem)

    def _is_fresh(self, alert: Alert, now: float) -> bool:
        sent = self._sent.get(alert.topic)
        return sent is None or now - sent >= SILENCE_S


def is_worth_a_notice(alert: Alert) -> bool:
    """Say whether somebody is to be told who does not look."""
    return alert.level is AlertLevel.PROBLEM or alert.code in WORTH_A_NOTICE
