"""Which time the histories of GPUs cover, and where they are taken from. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from typing import Final

from cockpit.devices.sample import GpuSample
from cockpit.runs.layout import RunPaths
from cockpit.tui.gpu_history import GpuHistory
from cockpit.units import HOUR_S
from cockpit.views.gpu_history import FIGURES, Cells, Figure, Recorded, joined
from cockpit.views.run_view import RunView

TEN_MINUTES_S: Final = 600


class Span(Enum):
    """The spans that can be chosen, the shortest first."""

    TEN_MINUTES = "10 min"
    HOUR = "1 h"
    RUN = "run"


SPANS: Final = tuple(Span)


def span_s(span: Span, runs: Iterable[RunView], now: float) -> float:
    """Return the seconds of a span; that of the run is the longest of these runs."""
    match span:
        case Span.TEN_MINUTES:
            return TEN_MINUTES_S
        case Span.HOUR:
            return HOUR_S
        case Span.RUN:
            began = min((run.started for run in runs if run.started is not None), default=None)
            return TEN_MINUTES_S if began is None else max(TEN_MINUTES_S, now - began)


def other_span(span: Span, steps: int, *, has_runs: bool) -> Span:
    """Return the next longer or shorter span; that of a run only where there is one."""
    offered = SPANS if has_runs else SPANS[:-1]
    at = SPANS.index(span) + steps
    return offered[max(0, min(len(offered) - 1, at))]


def records_of(
    runs: Iterable[RunView], wanted_s: float, now: float
) -> tuple[tuple[Path, float], ...]:
    """Return the file of each run on this host, and from when on it is wanted."""
    return tuple(
        (RunPaths(run.directory).gpu_samples, max(now - wanted_s, run.started or 0.0))
        for run in runs
        if not run.is_remote
    )


def past(
    history: GpuHistory, recorded: Recorded, sample: GpuSample, figure: Figure, cells: Cells
) -> tuple[float | None, ...]:
    """Return one value for each cell: seen by this program, or else recorded by a supervisor."""
    live = history.values(sample.key, figure, cells)
    trace = recorded.get(sample.key, {}).get(figure)
    return live if trace is None else joined(live, trace.sampled(cells))


def all_past(
    history: GpuHistory, recorded: Recorded, sample: GpuSample, cells: Cells
) -> dict[Figure, tuple[float | None, ...]]:
    """Return every quantity of a GPU over these cells."""
    return {figure: past(history, recorded, sample, figure, cells) for figure in FIGURES}
