"""How the curves of a run and those laid over them share one axis. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cockpit.metrics.series import Axis, MetricTable
from cockpit.tui.curve_axis import AxisMap, AxisWords, table_axis, to_own, to_shown
from cockpit.tui.curve_plots import Overlay
from cockpit.tui.curve_range import Range
from cockpit.tui.grouping import epoch_range


@dataclass(frozen=True, slots=True)
class Source:
    """Another table whose curves are laid over."""

    key: str
    label: str
    table: MetricTable
    starts: tuple[float, ...] = ()
    """When it and its resumed parts began, epoch seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """One axis for all."""

    axis: AxisMap | None
    """The way from the table's own axis to the one shown; None where it is that."""
    words: AxisWords
    whole: Range
    overlays: tuple[Overlay, ...] = ()
    points: int = 0
    """Of the longest curve."""


def axes_of(table: MetricTable, starts: Sequence[float] = ()) -> tuple[Axis, ...]:
    """Return the axes on which the curves can be laid, their own first."""
    others = (one for one in Axis if one is not table.axis)
    return (table.axis, *(one for one in others if table_axis(table, one, starts) is not None))


def lay_out(
    table: MetricTable,
    epochs: int | None,
    wanted: Axis | None,
    starts: tuple[float, ...] = (),
    sources: Sequence[Source] = (),
    recorded: Range | None = None,
) -> Layout:
    """Return the layout on the wanted axis, or on the table's own where that is not known.

    `recorded`: over which time of the clock other plots stand beside the curves.
    """
    axis = wanted or table.axis
    own = None if axis is table.axis else table_axis(table, axis, starts)
    if own is None:
        axis = table.axis
    is_since = axis is Axis.TIME and bool(sources)
    overlays = tuple(one for one in (_overlay(one, axis) for one in sources) if one is not None)
    if own is not None and is_since:
        own = replace(own, zero=starts[0] if starts else own.shown[0])
    whole = _whole(table, epochs, own)
    for overlay in overlays:
        whole = _joined(whole, _ends(overlay))
    if axis is Axis.TIME and recorded is not None:
        zero = own.zero if own is not None else 0.0
        whole = _joined(whole, (recorded[0] - zero, recorded[1] - zero))
    points = max((len(one.x) for one in table.series.values()), default=0)
    return Layout(own, AxisWords(axis, is_since), whole, overlays, points)


def same_range(view: Range, before: Layout, after: Layout) -> Range | None:
    """Return the range at the same place of another axis; None for all of it."""
    low, high = (
        max(after.whole[0], min(after.whole[1], to_shown(after.axis, to_own(before.axis, x))))
        for x in view
    )
    is_part = 0 < high - low < (after.whole[1] - after.whole[0]) * 0.999
    return (low, high) if is_part else None


def _overlay(source: Source, axis: Axis) -> Overlay | None:
    if source.table.axis is axis:
        return Overlay(source.key, source.label, source.table.series, gaps=source.table.gaps)
    own = table_axis(source.table, axis, source.starts)
    if own is None:
        return None
    if axis is Axis.TIME:
        own = replace(own, zero=source.starts[0] if source.starts else own.shown[0])
    return Overlay(source.key, source.label, source.table.series, own, source.table.gaps)


def _whole(table: MetricTable, epochs: int | None, own: AxisMap | None) -> Range:
    curves = [one.x for one in table.series.values() if len(one.x)]
    last = max((x[-1] for x in curves), default=1.0)
    first = min((x[0] for x in curves), default=1.0)
    if own is not None:
        low = own.shown[0] - own.zero if own.own[0] < first else own.to_shown(first)
        return low, own.to_shown(last)
    if table.axis is Axis.STEP:
        return first, last
    return epoch_range(last, epochs if epochs is not None else table.epochs)


def _ends(overlay: Overlay) -> Range | None:
    curves = [one.x for one in overlay.series.values() if len(one.x)]
    if not curves:
        return None
    low, high = min(x[0] for x in curves), max(x[-1] for x in curves)
    if overlay.axis is None:
        return low, high
    return overlay.axis.to_shown(low), overlay.axis.to_shown(high)


def _joined(one: Range, other: Range | None) -> Range:
    return one if other is None else (min(one[0], other[0]), max(one[1], other[1]))
