"""What a run that goes on needs somebody for: noticed, told once, and left alone."""

from __future__ import annotations

import time

from cockpit.runs.alert import Alert
from cockpit.runs.record import StateRecord
from cockpit.supervise.notice_settings import Occasion
from cockpit.supervise.quiet import QuietWatch, limit_from_environment
from cockpit.supervise.signs import progress_files
from cockpit.supervise.station import Station


class Needs:
    """The needs of one attempt."""

    def __init__(self, at: Station) -> None:
        self._journal = at.journal
        self._notices = at.notices
        files = progress_files(at.record, at.paths)
        self.quiet = QuietWatch(files, limit_from_environment(), time.monotonic())
        self._told: str | None = None
        """The kind of need that was told last."""

    @property
    def is_quiet_told(self) -> bool:
        """True while somebody knows that nothing new is seen of the job."""
        return self._told == "quiet"

    def look(
        self,
        state: StateRecord,
        hang: Alert | None = None,
        gpu_words: str | None = None,
        *,
        is_going: bool,
    ) -> str | None:
        """Return what the run needs somebody for, in a sentence; a new need is told.

        A silence is told by `hang` where the GPUs bear it out: that was an alert, and is not told
        a second time.
        """
        quiet = self.quiet.look(time.monotonic(), gpu_words) if is_going else None
        silence = hang.what if hang is not None and is_going else quiet
        disk = self._journal.disk_problem
        kind = "disk" if disk else "quiet" if silence else None
        if kind != self._told:
            self._turn(kind, state, disk or quiet, is_told=hang is not None and kind == "quiet")
        return disk or silence

    def _turn(
        self, kind: str | None, state: StateRecord, needs: str | None, *, is_told: bool
    ) -> None:
        was, self._told = self._told, kind
        if kind == "quiet" and not is_told:
            self._journal.event("quiet", str(needs))
        elif was == "quiet":
            self._journal.event("quiet-over", "something new was seen of the job again")
        if needs is not None and not is_told:
            self._notices.send(Occasion.NEEDS_YOU, state, needs)
