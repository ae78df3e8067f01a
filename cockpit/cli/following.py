"""A run followed in short: one line for each epoch and each event, for notebooks and CI logs."""

from __future__ import annotations

import json
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from cockpit import units
from cockpit.views.eta_words import finishing

if TYPE_CHECKING:
    from cockpit.files import LineTail
    from cockpit.runs.layout import RunPaths
    from cockpit.views.run_view import RunView

NOTEBOOKS: Final = (
    "COLAB_RELEASE_TAG",
    "COLAB_GPU",
    "JPY_PARENT_PID",
    "KAGGLE_KERNEL_RUN_TYPE",
    "DATABRICKS_RUNTIME_VERSION",
)
"""Set in the shell of a notebook's cell: its output keeps every state of a progress bar."""
PERIOD_S: Final = 1.0
MOST_CURVES: Final = 4


def is_notebook_cell(environ: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Say whether standard output ends in a notebook."""
    return not is_terminal and any(name in environ for name in NOTEBOOKS)


def brief_lines(paths: RunPaths, is_over: Callable[[], bool]) -> Iterator[str]:
    """Yield a line for each epoch and each event of a run, until it is over and all is said."""
    from cockpit.files import LineTail
    from cockpit.views.registry import Registry

    registry = Registry(paths.root.parent)
    events = LineTail(paths.events)
    said = 0
    while True:
        was_over = is_over()
        yield from _events(events)
        view = registry.read_one(paths.run_id, time.time())
        newest = view.epoch or 0
        for epoch in range(min(said, newest) + 1, newest + 1):
            yield epoch_line(view, epoch)
        said = newest
        if was_over:
            return
        time.sleep(PERIOD_S)


def epoch_line(view: RunView, epoch: int) -> str:
    """Return `epoch 3/10  train/loss 0.412  metrics/accuracy 0.93  ends in 2m 05s`."""
    whole = f"/{view.epochs}" if view.epochs else ""
    parts = [f"epoch {epoch}{whole}"]
    for name in _shown(view):
        value = _value_at(view, name, epoch)
        if value is not None:
            parts.append(f"{name} {units.metric(value)}")
    if view.eta is not None and epoch == view.epoch:
        eta = view.eta
        left = f"ends in {units.duration(eta.remaining_s)}"
        parts.append(finishing(eta) if eta.is_finishing else left)
    return "  ".join(parts)


def _shown(view: RunView) -> list[str]:
    """Return the names of the curves that are told: a loss, then those that matter most."""
    known = view.metrics.series
    loss = next((name for name in known if "loss" in name.lower()), None)
    names = dict.fromkeys(([loss] if loss else []) + list(view.headline))
    return [name for name in names if name in known][:MOST_CURVES]


def _value_at(view: RunView, name: str, epoch: int) -> float | None:
    series = view.metrics.series[name]
    place = bisect_left(series.x, epoch)
    if place == len(series.x) or series.x[place] != epoch:
        return None
    return series.values[place]


def _events(tail: LineTail) -> Iterator[str]:
    while True:
        found = tail.read()
        yield from filter(None, map(_event_line, found.lines))
        if not found.has_more:
            return


def _event_line(line: str) -> str:
    """Return `21:05 the job runs as pid 7`, or nothing for a line that is no event."""
    try:
        value = json.loads(line)
        moment, what = float(value["time"]), str(value["what"])
    except (ValueError, TypeError, KeyError):
        return ""
    first = " ".join(what.split())
    return f"{units.clock(moment, moment)} {first}"
