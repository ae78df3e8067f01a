"""Which plots a run has: its own curves, those of other runs behind them, its GPUs. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from cockpit.metrics.series import MetricSeries, MetricTable, Point
from cockpit.tui.curve_axis import AxisMap
from cockpit.tui.grouping import Group, group, split_part
from cockpit.tui.plot_line import PlotLine

NAME_CELLS: Final = 14
"""So much of another run's name stands in a title."""
METRICS_BEFORE_DEVICES: Final = 2
"""By the clock, so many plots of metrics come before those of the GPUs."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """Curves of another run, or of an earlier part of this one, drawn behind."""

    key: str
    label: str
    series: Mapping[str, MetricSeries] = field(default_factory=lambda: MappingProxyType({}))
    axis: AxisMap | None = None
    """The way to the axis shown; None where its x are the same."""
    gaps: tuple[tuple[float, float], ...] = ()
    """What of it was not read."""


@dataclass(frozen=True, slots=True)
class PlotSpec:
    """One plot."""

    title: str
    lines: tuple[PlotLine, ...]
    ghosts: tuple[PlotLine, ...] = ()
    """Of overlays; a small plot has room for some."""
    best: Point | None = None
    is_favourite: bool = False
    includes: tuple[float, ...] = ()
    """Values that its scale always holds: from 0 to 100 %."""

    def shown_lines(self, *, is_large: bool) -> tuple[PlotLine, ...]:
        """Return the curves; of a pair a small plot shows the last one of another run only."""
        if is_large or len(self.lines) == 1:
            return (*self.lines, *self.ghosts)
        last = self.lines[-1].name
        return (*self.lines, *(one for one in self.ghosts if one.name.endswith(f":{last}")))


def plots_of(
    table: MetricTable,
    headline: Sequence[str],
    axis: AxisMap | None = None,
    overlays: Sequence[Overlay] = (),
    favourites: Collection[str] = (),
    devices: Sequence[PlotSpec] = (),
) -> tuple[PlotSpec, ...]:
    """Return the plots of a table: favourites first, those of the GPUs where they can be seen."""
    named = [name for name, one in table.series.items() if len(one.values)]
    specs = [_spec(one, table, axis, overlays, favourites) for one in group(named, headline)]
    specs.sort(key=lambda spec: not spec.is_favourite)
    loved = sum(spec.is_favourite for spec in specs)
    at = max(METRICS_BEFORE_DEVICES, loved)
    return (*specs[:at], *devices, *specs[at:])


def _spec(
    one: Group,
    table: MetricTable,
    axis: AxisMap | None,
    overlays: Sequence[Overlay],
    favourites: Collection[str],
) -> PlotSpec:
    members = [table.series[line.name] for line in one.lines]
    lines = tuple(
        PlotLine(
            line.name,
            line.label,
            series.x,
            series.values,
            line.colour,
            axis,
            gaps=table.gaps,
            best=series.record,
        )
        for line, series in zip(one.lines, members, strict=True)
    )
    ghosts = tuple(
        ghost
        for line in one.lines
        for overlay in overlays
        if (ghost := _ghost(line.name, one, overlay)) is not None
    )
    best = members[0].record if _marks_best(one, members[0]) else None
    return PlotSpec(one.title, lines, ghosts, best, one.title in favourites)


def _ghost(name: str, one: Group, overlay: Overlay) -> PlotLine | None:
    """Return the curve of the same name of an overlay; else of the same title and part."""
    series = overlay.series.get(name)
    if series is None:
        wanted = (split_part(name)[0] or "train", one.title)
        series = next(
            (
                other
                for key, other in overlay.series.items()
                if (split_part(key)[0] or "train", split_part(key)[1]) == wanted
            ),
            None,
        )
    if series is None or not len(series.values):
        return None
    label = overlay.label[:NAME_CELLS]
    part = next(line.label for line in one.lines if line.name == name)
    return PlotLine(
        f"{overlay.key}:{name}",
        f"{label} {part}".strip(),
        series.x,
        series.values,
        "ghost",
        overlay.axis,
        gaps=overlay.gaps,
        best=series.record,
    )


def _marks_best(one: Group, series: MetricSeries) -> bool:
    """Mark the best of a curve that is alone; of a pair the title would be too long."""
    is_known = series.extremes is not None or any(map(math.isfinite, series.values))
    return len(one.lines) == 1 and one.title != "lr" and is_known


def common_series(one: MetricTable, other: Mapping[str, MetricSeries]) -> int:
    """Return how many plots of a table another one has curves for."""
    titles = {split_part(name)[1] for name in other}
    return len({split_part(name)[1] for name in one.series} & titles)
