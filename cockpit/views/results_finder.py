"""Looks for the results of a run whose preset says `auto`, until they are there."""

from __future__ import annotations

from time import monotonic
from typing import Final

from cockpit.files import stamp
from cockpit.metrics.readers import LOG_READERS
from cockpit.runs.layout import RunPaths
from cockpit.runs.record import RunRecord
from cockpit.views.find_results import FoundResults, find_results

LOOK_AGAIN_S: Final = 5.0
"""Looking reads folders and the heads of files: not each second."""
LONGEST_S: Final = 300.0
"""So seldom a whole tree is walked for what may never come."""


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
        self._kept_stamp: str | None = None
        self._due = 0.0
        self._looks = 0
        """So often there were curves in the log alone."""

    def look(self) -> FoundResults | None:
        """Return what was found so far."""
        is_settled = self._found is not None and self._found.path != self._log
        if is_settled:
            return self._found
        kept = stamp(self._kept)
        if kept != self._kept_stamp or monotonic() >= self._due:
            self._kept_stamp = kept
            self._found = self._best() or self._found
            self._due = monotonic() + wait_s(self._looks, has_curves=self._found is not None)
            self._looks += self._found is not None
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


def wait_s(looks: int, *, has_curves: bool) -> float:
    """Return how long not to look: twice as long after each look that found the log alone."""
    return min(LONGEST_S, LOOK_AGAIN_S * 2 ** min(looks, 20)) if has_curves else LOOK_AGAIN_S
