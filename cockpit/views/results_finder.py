"""Looks for the results of a run whose preset says `auto`, until they are there."""

from __future__ import annotations

import time
from typing import Final

from cockpit.metrics.readers import LOG_READERS
from cockpit.runs.layout import RunPaths
from cockpit.runs.record import RunRecord
from cockpit.views.find_results import FoundResults, find_results

LOOK_AGAIN_S: Final = 5.0
"""Looking reads folders and the heads of files: not each second."""


class ResultsFinder:
    """Finds the results once; what only the log holds gives way to a file that comes later.

    The copy that a supervisor kept at the end comes first: another run may have written since.
    """

    def __init__(self, record: RunRecord, paths: RunPaths) -> None:
        roots = (record.results and record.results.parent, paths.out, record.cwd)
        self._roots = tuple(dict.fromkeys(root for root in roots if root is not None))
        self._since_s = record.created
        self._log = paths.log
        self._kept = paths.kept_results
        self._found: FoundResults | None = None
        self._looked: float | None = None

    def look(self) -> FoundResults | None:
        """Return what was found so far."""
        is_settled = self._found is not None and self._found.path != self._log
        now = time.monotonic()
        is_due = self._looked is None or now - self._looked >= LOOK_AGAIN_S
        if not is_settled and is_due:
            self._looked = now
            self._found = self._best() or self._found
        return self._found

    def _best(self) -> FoundResults | None:
        kept = find_results(self._kept)
        if kept:
            return kept[0]
        found = [
            one for root in self._roots for one in find_results(root, self._since_s, self._log)
        ]
        files = [one for one in found if one.reader not in LOG_READERS and one.path != self._log]
        own = [one for one in found if one.path == self._log]
        return next(iter(files or own or found), None)
