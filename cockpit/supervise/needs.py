"""What a run that goes on needs somebody for: noticed, told once, and left alone."""

from __future__ import annotations

import time
from pathlib import Path

from cockpit.runs.layout import RunPaths
from cockpit.runs.record import RunRecord, StateRecord
from cockpit.supervise.notice_settings import Occasion
from cockpit.supervise.quiet import QuietWatch, limit_from_environment
from cockpit.supervise.station import Station


class Needs:
    """The needs of one attempt."""

    def __init__(self, at: Station) -> None:
        self._journal = at.journal
        self._notices = at.notices
        files = progress_files(at.record, at.paths)
        self._quiet = QuietWatch(files, limit_from_environment(), time.monotonic())
        self._told: str | None = None
        """The kind of need that was told last."""

    def look(self, state: StateRecord, *, is_going: bool) -> str | None:
        """Return what the run needs somebody for, in a sentence; a new need is told."""
        quiet = self._quiet.look(time.monotonic()) if is_going else None
        kind = "disk" if self._journal.disk_problem else "quiet" if quiet else None
        needs = self._journal.disk_problem or quiet
        if kind == self._told:
            return needs
        if kind == "quiet":
            self._journal.event("quiet", str(quiet))
        elif self._told == "quiet":
            self._journal.event("quiet-over", "something new was seen of the job again")
        self._told = kind
        if needs is not None:
            self._notices.send(Occasion.NEEDS_YOU, state, needs)
        return needs


def progress_files(record: RunRecord, paths: RunPaths) -> tuple[Path, ...]:
    """Return the files in which a job shows that it goes on."""
    own = (paths.log, record.results, record.checkpoint)
    return tuple(dict.fromkeys(file for file in own if file is not None))
