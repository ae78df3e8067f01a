"""What of a long file was not read: curves have a gap there, and its segments end at it. Pure."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace

from cockpit.metrics.series import Axis, MetricTable, Segment


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Where reading was broken off, to go on further down."""

    after: float
    """x of the last row before."""
    segments: tuple[Segment, ...]
    """Those there were by then."""


def left_out_after(table: MetricTable) -> LeftOut | None:
    """Return the place after which what comes next is left out; None before the first row."""
    ends = [one.x[-1] for one in table.series.values() if len(one.x)]
    return LeftOut(max(ends), table.segments) if ends else None


def with_gap(table: MetricTable, left_out: LeftOut) -> MetricTable:
    """Return the curves with a gap up to the first row after what was left out."""
    after = left_out.after
    nexts = [
        one.x[at]
        for one in table.series.values()
        if (at := bisect_right(one.x, after)) < len(one.x)
    ]
    if not nexts:
        return table
    segments = _split(table.segments, left_out.segments, min(nexts))
    return replace(table, gaps=((after, min(nexts)),), segments=segments)


def _split(
    now: tuple[Segment, ...], before: tuple[Segment, ...], start: float
) -> tuple[Segment, ...]:
    """Return the segments, the one that goes on over the gap as two; `start`: after the gap."""
    at = len(before) - 1
    if not 0 <= at < len(now) or now[at].rows <= before[at].rows or now[at].end < start:
        return now
    rest = replace(now[at], start=start, rows=now[at].rows - before[at].rows)
    return (*now[:at], before[at], rest, *now[at + 1 :])


def gap_words(table: MetricTable) -> str:
    """Return `epochs 3–187 not read`; empty where nothing was left out."""
    inner = 1 if table.axis is Axis.EPOCH else 0
    parts = [f"{low + inner:.0f}–{high - inner:.0f}" for low, high in table.gaps]
    return f"{table.axis}s {', '.join(parts)} not read" if parts else ""
