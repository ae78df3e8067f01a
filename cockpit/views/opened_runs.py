"""The runs that this user opened, read again and again like the own ones."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from cockpit import locations
from cockpit.errors import InputError
from cockpit.files import stamp
from cockpit.views.opened import Watch, watch_path
from cockpit.views.opened_list import read_opened
from cockpit.views.run_view import RunView

TRY_AGAIN_S: Final = 10.0
"""So often a path that holds nothing now is looked at again: its disk may come back."""


class OpenedRuns:
    """Follows the list of what was opened; what is not there now is left out."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stamp: str | None = None
        self._watches: dict[str, Watch | None] = {}
        self._failed_s: dict[str, float] = {}

    def read(self, now_s: float, deadline: float | None, patience_s: float) -> tuple[RunView, ...]:
        """Return what was opened, last first; curves only until `deadline` (monotonic)."""
        self._follow_list()
        views = []
        for path in self._watches:
            watch = self._watch(path, now_s)
            if watch is None:
                continue
            has_time = deadline is not None and time.monotonic() < deadline
            view = watch.read(now_s, with_curves=has_time, patience_s=patience_s)
            if view is not None:
                views.append(view)
        return tuple(views)

    def _follow_list(self) -> None:
        changed = stamp(self._file)
        if changed == self._stamp:
            return
        self._stamp = changed
        self._watches = {path: self._watches.get(path) for path in read_opened(self._file)}

    def _watch(self, path: str, now_s: float) -> Watch | None:
        """Return what reads a path; looked for anew where it was not there."""
        known = self._watches[path]
        if known is None and abs(now_s - self._failed_s.get(path, 0.0)) >= TRY_AGAIN_S:
            try:
                known = watch_path(path, locations.cache_dir())
            except InputError:
                self._failed_s[path] = now_s
            self._watches[path] = known
        return known
