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


def starts_of(run: RunView) -> tuple[float, ...]:
    """Return when a run and its newest attempt began, as far as it is known."""
    if run.started is None:
        return ()
    is_resumed = run.attempt > 1 and run.attempt_started is not None
    return (run.started, run.attempt_started or 0.0) if is_resumed else (run.started,)


def plot_choices(specs: Sequence[PlotSpec]) -> tuple[Choice, ...]:
    """Return every plot with its newest values."""
    return tuple(
        Choice(
            spec.title,
            f"{'* ' if spec.is_favourite else ''}{spec.title}",
            " ".join(
                f"{line.label} {metric(line.ys[-1])}".strip() for line in spec.lines if line.ys
            ),
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
            f"{count} plots in common · {other.phase} · {other.run_id}",
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
