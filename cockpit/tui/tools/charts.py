"""A chart of a tool: a few curves over a scale, a limit, marked points, words at the axis. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len

from cockpit.tui.axes import Scale, choose_scale, column_of
from cockpit.tui.ink import Line, cells
from cockpit.tui.plot_marks import behind, put
from cockpit.tui.raster import Canvas, draw_means

LOWEST: Final = 4
"""Rows below which there is no room for a chart: legend, two rows of dots, axis."""
COLOURS: Final = ("s1", "s3", "s2")


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve."""

    label: str
    points: tuple[tuple[float, float], ...]
    """From left to right."""
    colour: str = "s1"
    dots: bool = False
    """Its points are marked."""
    value: str = ""
    """Its best, after the label; gives way where the legend has no room."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A sign at a point, with words beside it where there is room."""

    x: float
    y: float
    sign: str
    look: str
    words: str = ""
    falls: bool = False
    """A line leads from it down to the axis."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A height that is not to be passed."""

    y: float
    words: str
    look: str = "danger"


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn; without curves there is nothing to draw."""

    title: str
    by: str
    """What lies on the axis: `by message size`."""
    curves: tuple[Curve, ...]
    ticks: tuple[tuple[float, str], ...] = ()
    """Words on the axis; those that would touch another are left out."""
    limits: tuple[Limit, ...] = ()
    marks: tuple[Mark, ...] = ()
    strong_tick: float | None = None

    @property
    def is_empty(self) -> bool:
        """Say whether there is anything to draw."""
        return not any(curve.points for curve in self.curves)


def chart_lines(
    chart: Chart, width: int, height: int, *, is_mono: bool = False
) -> tuple[Line, ...]:
    """Return legend, canvas and axis in `height` rows; nothing where that is too low."""
    if chart.is_empty or height < LOWEST or width < 20:
        return ()
    x_range = _x_range(chart)
    scale = _scale(chart)
    labels = scale.labels
    columns = width - len(labels[0]) - 1
    rows = list(_drawn(chart, columns, height - 2, x_range, scale, is_mono=is_mono))
    rows = [_with_labels(row, at, labels, height - 2) for at, row in enumerate(rows)]
    gutter = ((" " * len(labels[0]), "line"), ("└", "line"))
    axis = (*gutter, *_axis(chart, columns, x_range))
    legend: Line = ((" " * (len(labels[0]) + 1), "line"), *_legend(chart, columns, is_mono=is_mono))
    return (legend, *rows, axis)


def _x_range(chart: Chart) -> tuple[float, float]:
    xs = [x for curve in chart.curves for x, _ in curve.points] + [mark.x for mark in chart.marks]
    low, high = min(xs), max(xs)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _scale(chart: Chart) -> Scale:
    values = [y for curve in chart.curves for _, y in curve.points]
    values += [mark.y for mark in chart.marks] + [limit.y for limit in chart.limits]
    return choose_scale((0.0, *values))


def _drawn(
    chart: Chart,
    columns: int,
    height: int,
    x_range: tuple[float, float],
    scale: Scale,
    *,
    is_mono: bool,
) -> tuple[Line, ...]:
    canvas = Canvas(columns, height)
    for number, curve in reversed(tuple(enumerate(chart.curves))):
        means = ((column_of(x, x_range, 2 * columns), y, True) for x, y in curve.points)
        draw_means(canvas, means, scale.part, curve.colour, step=number + 1 if is_mono else 1)
    rows = [_whole(row, columns) for row in canvas.lines()]
    for limit in chart.limits:
        rows = _with_limit(rows, limit, scale)
    for curve in chart.curves:
        if curve.dots:
            points = (Mark(x, y, "●", curve.colour) for x, y in curve.points)
            for point in points:
                rows = _with_mark(rows, point, x_range, scale)
    for mark in chart.marks:
        rows = _with_mark(rows, mark, x_range, scale)
    return tuple(rows)


def _whole(row: Line, columns: int) -> Line:
    missing = columns - cells(row)
    return (*row, (" " * missing, "text")) if missing > 0 else row


def _row_of(y: float, scale: Scale, height: int) -> int | None:
    part = scale.part(y)
    return None if part is None else round((1 - part) * (4 * height - 1)) // 4


def _with_limit(rows: list[Line], limit: Limit, scale: Scale) -> list[Line]:
    at = _row_of(limit.y, scale, len(rows))
    if at is None:
        return rows
    line = rows[at]
    words = f" {limit.words} "
    for column in range(cells(line)):
        line = behind(line, column, ("╌", limit.look))
    columns = cells(line)
    if cell_len(words) < columns - 4:
        line = put(line, 2, (words, limit.look))
    return [*rows[:at], line, *rows[at + 1 :]]


def _with_mark(
    rows: list[Line], mark: Mark, x_range: tuple[float, float], scale: Scale
) -> list[Line]:
    at = _row_of(mark.y, scale, len(rows))
    if at is None:
        return rows
    columns = cells(rows[at])
    column = column_of(mark.x, x_range, columns)
    rows = list(rows)
    if mark.falls:
        for row in range(at + 1, len(rows)):
            rows[row] = behind(rows[row], column, ("┊", "muted"))
    if mark.words:
        rows[at] = _with_words(rows[at], column, mark, columns)
    rows[at] = put(rows[at], column, (mark.sign, mark.look))
    return rows


def _with_words(row: Line, column: int, mark: Mark, columns: int) -> Line:
    """Return the row with the words of a mark at its right, or at its left near the edge."""
    words = f" {mark.words} "
    start = column + 1
    if start + len(words) > columns:
        start = column - len(words)
    return put(row, start, (words, mark.look)) if start >= 0 else row


def _with_labels(row: Line, at: int, labels: Sequence[str], height: int) -> Line:
    words = {0: labels[0], height - 1: labels[2]}
    if height >= 5:
        words[height // 2] = labels[1]
    label = words.get(at, "")
    edge = "┤" if label.strip() else "│"
    return ((label.rjust(len(labels[0])), "faint"), (edge, "line"), *row)


def _axis(chart: Chart, columns: int, x_range: tuple[float, float]) -> Line:
    line: Line = (("─" * columns, "line"),)
    taken = [False] * columns
    ticks = sorted(chart.ticks, key=lambda tick: tick[0] != chart.strong_tick)
    edges = [tick for tick in ticks if tick[0] in x_range]
    for x, word in (*ticks[:1], *edges, *ticks[1:]):
        start = column_of(x, x_range, columns) - len(word) // 2
        start = max(0, min(columns - len(word), start))
        span = range(max(0, start - 1), min(columns, start + len(word) + 1))
        if not word or any(taken[cell] for cell in span):
            continue
        for cell in range(start, start + len(word)):
            taken[cell] = True
        line = put(line, start, (word, "strong" if x == chart.strong_tick else "faint"))
    return line


def _legend(chart: Chart, width: int, *, is_mono: bool) -> Line:
    if len(chart.curves) < 2:
        return ()
    for has_values in (True, False):
        line: Line = ()
        for number, curve in enumerate(chart.curves):
            sign = "●━" if curve.dots else "━╸"[: 1 + (is_mono and number > 0)]
            value = f" {curve.value}" if curve.value and has_values else ""
            line += ((f"{sign} {curve.label}{value}", curve.colour), ("   ", "text"))
        if cells(line) - 3 <= width:
            break
    return line
