"""What can be chosen for the curves: a plot, and what is laid over. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from cockpit.metrics.series import MetricSeries, MetricTable
from cockpit.tui.choice import Choice
from cockpit.tui.curve_layout import Source
from cockpit.tui.curve_plots import PlotSpec, common_series
from cockpit.units import metric
from cockpit.views.run_view import RunView

EARLIER = "earlier:"
MOST_OVERLAYS = 3
A_MOMENT_S = 2.0
"""So much later than the end of its run may a file be written: clocks are rounded."""


def starts_of(run: RunView) -> tuple[float, ...]:
    """Return when the clocks of the trainer began: of the run, and of its newest attempt.

    A trainer's clock begins after its imports, seconds or minutes after the attempt. Of the newest
    attempt the other end tells when: its last row was written when the file was. Else, and of the
    first attempt of several, the start of the attempt must do.
    """
    if run.started is None:
        return ()
    is_later = run.attempt > 1 and run.attempt_started is not None
    began = (run.attempt_started or run.started) if is_later else run.started
    newest = _clock_began(run, began)
    return (run.started, newest) if is_later and run.metrics.resumed_after else (newest,)


def _clock_began(run: RunView, began: float) -> float:
    """Return when the newest clock began, for an attempt that began then."""
    ends, written = run.metrics.epoch_ends, run.results_written
    if not ends or written is None or ends[-1][0] != run.metrics.epoch:
        return began
    if run.ended is not None and written > run.ended + A_MOMENT_S:
        return began  # the file is a copy, or was touched
    before = max(run.metrics.resumed_after, default=0.0) if run.attempt > 1 else 0.0
    earlier_s = max((trained_s for epoch, trained_s in ends if epoch <= before), default=0.0)
    return max(began, written - (ends[-1][1] - earlier_s))


def plot_choices(specs: Sequence[PlotSpec]) -> tuple[Choice, ...]:
    """Return every plot with its newest values."""
    return tuple(
        Choice(
            spec.title,
            f"{'* ' if spec.is_favourite else ''}{spec.title}",
            " ".join(
                f"{line.label} {metric(line.ys[-1])}".strip() for line in spec.lines if line.ys
            ),
            also=tuple(line.name for line in spec.lines),
        )
        for spec in specs
    )


def overlay_choices(
    run: RunView, others: Iterable[RunView], chosen: Collection[str]
) -> tuple[Choice, ...]:
    """Return what can be laid over the curves: its own earlier parts, then the runs like it."""
    parts = tuple(
        Choice(key, name, "as it was before it was done again", key in chosen)
        for key, name, _ in _earlier(run.metrics)
    )
    runs = tuple(
        Choice(
            other.run_id,
            other.name,
            f"{count} plot{'s'[: count != 1]} in common · {other.phase} · {other.run_id}",
            other.run_id in chosen,
        )
        for other in others
        if other.run_id != run.run_id
        and (count := common_series(run.metrics, other.metrics.series))
    )
    return parts + runs


def sources_of(
    run: RunView, others: Iterable[RunView], chosen: Sequence[str]
) -> tuple[Source, ...]:
    """Return the tables of what was chosen, in that order; what is gone is left out."""
    known = {key: Source(key, "before", table) for key, _, table in _earlier(run.metrics)}
    for other in others:
        if other.run_id in chosen:
            source = Source(other.run_id, other.name, other.metrics, starts_of(other))
            known[other.run_id] = source
    return tuple(known[key] for key in chosen if key in known)


def toggled(chosen: tuple[str, ...], key: str) -> tuple[str, ...]:
    """Return the choice with one more, or without it; the oldest gives way."""
    if key in chosen:
        return tuple(one for one in chosen if one != key)
    return (*chosen, key)[-MOST_OVERLAYS:]


def _earlier(table: MetricTable) -> list[tuple[str, str, MetricTable]]:
    """Return (key, name, curves) of each part that was done again."""
    return [
        (
            f"{EARLIER}{number}",
            f"{table.axis}s {_first(segment.replaced):g}–{segment.end:g} of part {number}",
            MetricTable(segment.replaced, table.axis, table.scales),
        )
        for number, segment in enumerate(table.segments, 1)
        if segment.replaced
    ]


def _first(replaced: Mapping[str, MetricSeries]) -> float:
    return min((one.x[0] for one in replaced.values() if len(one.x)), default=0.0)
