"""All runs of this user, as both faces show them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cockpit.errors import RunNotFound
from cockpit.runs.catalog import find_run, list_runs
from cockpit.runs.layout import RunPaths
from cockpit.views.naming import why_none
from cockpit.views.run_view import RunView

if TYPE_CHECKING:  # read with the first run
    from cockpit.views.opened_runs import OpenedRuns
    from cockpit.views.watch import RunWatch

CURVES_BUDGET_S: Final = 0.1
"""So long one look may spend on the curves of runs that are over; the rest has its turn later."""


class Registry:
    """Reads the runs folder again and again; remembers what cannot change any more.

    Behind the own runs come those that were opened, where it is told which file lists them.
    """

    def __init__(
        self, runs_dir: Path, *, with_curves: bool = True, opened: Path | None = None
    ) -> None:
        self._runs_dir = runs_dir
        self._opened = opened
        self._opened_runs: OpenedRuns | None = None
        self._with_curves = with_curves
        self._watches: dict[str, RunWatch] = {}

    def read(self, now_s: float) -> tuple[RunView, ...]:
        """Return every run, newest first; then what was opened, the one opened last first."""
        deadline = time.monotonic() + CURVES_BUDGET_S
        views = []
        for paths in list_runs(self._runs_dir):
            has_time = self._with_curves and time.monotonic() < deadline
            watch = self._watch(paths)
            view = watch.read(now_s, with_curves=has_time, patience_s=CURVES_BUDGET_S)
            if view is not None:
                views.append(view)
        self._forget({view.run_id for view in views})
        return (*views, *self._read_opened(now_s, deadline))

    def _read_opened(self, now_s: float, deadline: float) -> tuple[RunView, ...]:
        if self._opened is None or not self._opened.exists():
            return ()
        if self._opened_runs is None:
            from cockpit.views.opened_runs import OpenedRuns

            self._opened_runs = OpenedRuns(self._opened)
        return self._opened_runs.read(
            now_s, deadline if self._with_curves else None, CURVES_BUDGET_S
        )

    def read_one(self, run_id: str, now_s: float) -> RunView:
        """Return one run with its curves; raises RunNotFound."""
        view = self._watch(RunPaths(self._runs_dir / run_id)).read(now_s)
        if view is None:
            raise RunNotFound(why_none(RunPaths(self._runs_dir / run_id)), "cockpit runs")
        return view

    def find(self, text: str) -> str:
        """Return the id that `text` names: a unique prefix, or `last`. Raises RunNotFound."""
        return find_run(text, [paths.run_id for paths in list_runs(self._runs_dir)])

    def _watch(self, paths: RunPaths) -> RunWatch:
        from cockpit.views.watch import RunWatch

        return self._watches.setdefault(paths.run_id, RunWatch(paths))

    def _forget(self, known: set[str]) -> None:
        for run_id in set(self._watches) - known:
            del self._watches[run_id]
