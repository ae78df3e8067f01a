"""The curves of a plot on their canvas, with the scale beside it. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cockpit.metrics.blocks import Blocks
from cockpit.metrics.envelope import Bucket, bucketed, even_edges
from cockpit.tui.axes import Scale, choose_scale, column_of, wants_log, without_extremes
from cockpit.tui.curve_axis import to_own, to_shown
from cockpit.tui.ink import Line
from cockpit.tui.plot_line import PlotLine
from cockpit.tui.raster import Canvas, draw_band, draw_means, smoothed

GUTTER: Final = 5
"""Cells of a usual scale with its rule."""
DENSE: Final = 3
"""From so many points a dot on, from least to most is a faint band around the mean."""
WARM_UP: Final = 150
"""So many points before the view a smooth line still remembers: 0.95 ** 150 is nothing."""

BlocksOf = Callable[[PlotLine], Blocks]


@dataclass(frozen=True, slots=True)
class Sight:
    """What of the curves is shown, and how."""

    x_range: tuple[float, float]
    """On the axis that is shown."""
    width: int
    """Of the plot in cells, with its scale."""
    height: int
    """Of the canvas in cells."""
    is_log: bool = False
    smooth: float = 0.0
    is_mono: bool = False
    """Without colours: the second curve has every other dot left out."""
    includes: tuple[float, ...] = ()
    """Values that the scale always holds."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """A value that lies off the scale."""

    column: int
    """Cell of the canvas."""
    is_above: bool
    colour: str


@dataclass(frozen=True, slots=True)
class Picture:
    """What stands between title and axis."""

    rows: tuple[Line, ...]
    scale: Scale
    labels: tuple[str, str, str]
    beyond: tuple[Beyond, ...] = ()
    points_a_dot: float = 1.0
    """So many points of the longest curve share a dot; smoothing is over what is drawn."""


@dataclass(frozen=True, slots=True)
class _Course:
    """One curve in the columns of the canvas, two dots to a cell."""

    line: PlotLine
    raw: tuple[Bucket, ...]
    means: tuple[tuple[int, float, bool], ...]
    """Column, value and whether a line leads there; smooth where that is wanted."""
    breaks: frozenset[int] = field(default=frozenset())
    """Dot columns to which no line leads: a pause lies before them."""


def draw(lines: Sequence[PlotLine], sight: Sight, blocks_of: BlocksOf) -> Picture:
    """Return the picture of the curves in sight."""
    width = max(1, sight.width - GUTTER)
    courses = [_course(line, sight, width, blocks_of) for line in lines]
    scale = _scale(courses, sight)
    labels = scale.labels
    if sight.width - len(labels[0]) - 1 != width:
        width = max(1, sight.width - len(labels[0]) - 1)
        courses = [_course(line, sight, width, blocks_of) for line in lines]
    canvas = Canvas(width, sight.height)
    for course in courses:
        _draw_behind(canvas, course, scale, sight)
    for number, course in reversed(tuple(enumerate(courses))):
        step = number + 1 if sight.is_mono else 1
        draw_means(
            canvas, course.means, scale.part, course.line.colour, step=step, breaks=course.breaks
        )
    points = max((_points_in_sight(line, sight) for line in lines), default=0)
    return Picture(
        canvas.lines(), scale, labels, _beyond(courses, scale), max(1.0, points / (2 * width))
    )


def smooth_at(line: PlotLine, x: float | None, weight: float) -> float | None:
    """Return the smooth value of the points up to `x`."""
    at = line.at(x)
    if at < 0:
        return None
    return smoothed(line.ys[max(0, at - WARM_UP) : at + 1], weight)[-1]


def _course(line: PlotLine, sight: Sight, width: int, blocks_of: BlocksOf) -> _Course:
    columns = 2 * width
    low, high = sight.x_range
    edges = _own_edges(line, even_edges(low, high, columns))
    raw = _banded(line, edges) if line.highs else blocks_of(line).buckets(edges)
    broken = frozenset(
        column
        for start, end in _breaks(line)
        for column in range(
            column_of(start, sight.x_range, columns) + 1, column_of(end, sight.x_range, columns) + 1
        )
    )
    plain = tuple((bucket.column, bucket.mean, bucket.is_joined) for bucket in raw)
    means = plain
    if sight.smooth > 0 and not line.highs:
        means = _smooth(line, raw, edges, sight, blocks_of)
    return _Course(line, raw, means, broken)


def _breaks(line: PlotLine) -> Iterator[tuple[float, float]]:
    """Yield from where to where no line leads, on the axis shown: pauses, and what was not read."""
    if line.axis is not None:
        yield from (
            (start - line.axis.zero, end - line.axis.zero) for start, end in line.axis.pauses
        )
    yield from ((to_shown(line.axis, start), to_shown(line.axis, end)) for start, end in line.gaps)


def _own_edges(line: PlotLine, edges: Sequence[float]) -> Sequence[float]:
    return edges if line.axis is None else [to_own(line.axis, edge) for edge in edges]


def _banded(line: PlotLine, edges: Sequence[float]) -> tuple[Bucket, ...]:
    """Return the means with the extremes of the band."""
    lows = {bucket.column: bucket.low for bucket in bucketed(line.xs, line.lows, edges)}
    highs = {bucket.column: bucket.high for bucket in bucketed(line.xs, line.highs, edges)}
    return tuple(
        Bucket(
            bucket.column,
            lows.get(bucket.column, bucket.low),
            highs.get(bucket.column, bucket.high),
            bucket.mean,
            bucket.first,
            bucket.last,
            bucket.is_joined,
        )
        for bucket in bucketed(line.xs, line.ys, edges)
    )


def _smooth(
    line: PlotLine,
    raw: Sequence[Bucket],
    edges: Sequence[float],
    sight: Sight,
    blocks_of: BlocksOf,
) -> tuple[tuple[int, float, bool], ...]:
    """Return the smooth line: over the points where each has a dot, else over the dots' means."""
    first, last = _bounds(line, edges)
    if last - first > 2 * len(edges):
        before = _before(line, edges, blocks_of)
        means = smoothed([*before, *(bucket.mean for bucket in raw)], sight.smooth)
        smooth = means[len(before) :]
        return tuple(
            (bucket.column, mean, bucket.is_joined)
            for bucket, mean in zip(raw, smooth, strict=True)
        )
    start = max(0, first - WARM_UP)
    values = smoothed(line.ys[start:last], sight.smooth)[first - start :]
    of_view = bucketed(line.xs[first:last], values, edges)
    return tuple((bucket.column, bucket.last, bucket.is_joined) for bucket in of_view)


def _before(line: PlotLine, edges: Sequence[float], blocks_of: BlocksOf) -> list[float]:
    """Return the means of columns before the view, for what the smooth line remembers."""
    width = (edges[-1] - edges[0]) / max(1, len(edges) - 1)
    if line.xs[0] >= edges[0] or width <= 0:
        return []
    low = max(line.xs[0], edges[0] - WARM_UP * width)
    columns = max(1, round((edges[0] - low) / width))
    return [one.mean for one in blocks_of(line).buckets(even_edges(low, edges[0], columns))]


def _bounds(line: PlotLine, edges: Sequence[float]) -> tuple[int, int]:
    return bisect_left(line.xs, edges[0]), bisect_right(line.xs, edges[-1])


def _points_in_sight(line: PlotLine, sight: Sight) -> int:
    first, last = _bounds(line, _own_edges(line, sight.x_range))
    return max(0, last - first)


def _scale(courses: Iterable[_Course], sight: Sight) -> Scale:
    """Return the scale of what is in sight; a few extremes do not flatten the rest."""
    values: list[float] = []
    for course in courses:
        values += [bucket.low for bucket in course.raw]
        values += [bucket.high for bucket in course.raw if bucket.high != bucket.low]
    if sight.is_log and wants_log(values):
        return choose_scale(values, log=True)
    return choose_scale((*(without_extremes(values) or ()), *sight.includes))


def _draw_behind(canvas: Canvas, course: _Course, scale: Scale, sight: Sight) -> None:
    """Draw the range of each column, and under a smooth line the points as they are."""
    is_dense = _points_in_sight(course.line, sight) > DENSE * 2 * canvas.width
    is_faint = is_dense or sight.smooth > 0 or bool(course.line.highs)
    look = "faint" if is_faint else course.line.colour
    for bucket in course.raw:
        if bucket.high > bucket.low:
            draw_band(canvas, bucket.column, bucket.low, bucket.high, scale, look)
        elif sight.smooth > 0:
            draw_means(canvas, ((bucket.column, bucket.mean, False),), scale.part, "faint")


def _beyond(courses: Iterable[_Course], scale: Scale) -> tuple[Beyond, ...]:
    """Return where values lie off the scale, one for each cell and side."""
    if scale.is_log:
        return ()
    found: Mapping[tuple[int, bool], Beyond] = {
        (bucket.column // 2, is_above): Beyond(bucket.column // 2, is_above, course.line.colour)
        for course in courses
        for bucket in course.raw
        for is_above, value in ((True, bucket.high), (False, bucket.low))
        if scale.side(value) == (1 if is_above else -1)
    }
    return tuple(found.values())
