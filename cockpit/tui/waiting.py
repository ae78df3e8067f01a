"""What a run waits for, in words: its GPUs, its next attempt, its first curve. Pure."""

from __future__ import annotations

import re
from typing import Final

from cockpit.runs.phase import Phase
from cockpit.units import duration
from cockpit.views.run_view import RunView

_IN_SECONDS: Final = re.compile(r"; attempt \d+ in \d+ s")
"""What a supervisor wrote once, of a wait that grows shorter since."""


def queue_words(run: RunView) -> str:
    """Return what a queued run waits for: `waits for GPUs, place 2`, `again in 25 s`."""
    if run.next_attempt is not None:
        left = duration(max(0.0, run.next_attempt - run.time))
        return f"again in {left}, attempt {run.attempt + 1}"
    if run.queue_place is not None:
        return f"waits for GPUs, place {run.queue_place}"
    return "waits for its start"


def queued_why(run: RunView) -> str:
    """Return why a queued run waits: who holds its GPUs, or how its last attempt failed."""
    words = _IN_SECONDS.sub("; again", one_line(run.problem or ""))
    return words.removesuffix("; again")


def one_line(text: str) -> str:
    """Return a text of several lines as one: `2 GPUs wanted, 0 of 2 free; GPU 0: run x`."""
    return "; ".join(line.strip() for line in text.splitlines())


def waiting_words(run: RunView) -> str:
    """Return `waiting for results.csv · 8 s`, or why there will be no curve; empty with curves."""
    if any(series.values for series in run.metrics.series.values()):
        return ""
    if run.phase.is_over or run.phase is Phase.OPENED:
        return f"no results were read: {_reason(run)}"
    if run.metrics.problem:
        return run.metrics.problem
    if run.phase is Phase.QUEUED:
        if run.next_attempt is not None:
            return queue_words(run)
        since = None if run.created is None else max(0.0, run.time - run.created)
        return f"queued: {queue_words(run)} · {duration(since)}"
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
        return "no results file was found" if run.opened else "the preset names no results file"
    return f"no epoch stands in {run.results.name}"
