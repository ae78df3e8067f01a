"""What stands in the place of curves that are not there: what is waited for, and how long. Pure."""

from __future__ import annotations

from cockpit.runs.phase import Phase
from cockpit.units import duration
from cockpit.views.run_view import RunView


def waiting_words(run: RunView) -> str:
    """Return `waiting for results.csv · 8 s`, or why there will be no curve; empty with curves."""
    if any(series.values for series in run.metrics.series.values()):
        return ""
    if run.phase.is_over:
        return f"no results were read: {_reason(run)}"
    if run.metrics.problem:
        return run.metrics.problem
    if run.phase is Phase.QUEUED:
        since = None if run.created is None else max(0.0, run.time - run.created)
        return f"queued: waits for its start · {duration(since)}"
    return f"{_waited_for(run)} · {duration(run.duration_s)}"


def _waited_for(run: RunView) -> str:
    if run.log_bytes == 0:
        return "starting: no output yet"
    if run.results is None:
        return "no curves: the preset names no results file"
    if run.results == run.log:
        return f"waiting for the first epoch in {run.log.name}"
    return f"waiting for {run.results.name}"


def _reason(run: RunView) -> str:
    if run.metrics.problem:
        return run.metrics.problem
    if run.results is None:
        return "the preset names no results file"
    return f"no epoch stands in {run.results.name}"
