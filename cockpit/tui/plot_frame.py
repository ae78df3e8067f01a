"""The rows of a plot: canvas, scale, cursor and marks put together. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cockpit.metrics.series import Point
from cockpit.tui.axes import column_of, x_axis
from cockpit.tui.curve_axis import AxisMap, AxisWords, to_shown
from cockpit.tui.ink import Line
from cockpit.tui.plot_line import Places, PlotLine, readout
from cockpit.tui.plot_marks import PlotMark, behind, legend_line, put, with_marks
from cockpit.tui.plot_picture import Picture, smooth_at


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture, and what is laid over it."""

    picture: Picture
    x_range: tuple[float, float]
    columns: int
    """Cells of the canvas."""
    cursor_x: float | None = None
    best: Point | None = None
    resumed: tuple[float, ...] = ()
    marks: tuple[PlotMark, ...] = ()
    axis: AxisMap | None = None
    """From best, resumed and marks to the axis shown."""
    words: AxisWords = field(default_factory=AxisWords)
    smooth: float = 0.0

    @property
    def span(self) -> float:
        """How long the axis is."""
        return self.x_range[1] - self.x_range[0]

    def shows(self, x: float) -> bool:
        """Say whether an x lies in sight."""
        return self.x_range[0] <= x <= self.x_range[1]

    def column(self, x: float) -> int:
        """Return the cell of the canvas that an x falls into."""
        return column_of(x, self.x_range, self.columns)


def canvas_line(frame: Frame, row: int) -> Line:
    """Return a row of the canvas with the scale at its left."""
    rows, labels = frame.picture.rows, frame.picture.labels
    height = len(rows)
    words = {0: labels[0], height - 1: labels[2]}
    if height >= 5:
        words[height // 2] = labels[1]
    label = words.get(row, "")
    edge = "┤" if label.strip() else "│"
    head: Line = ((label.rjust(len(labels[0])), "faint"), (edge, "line"))
    return (*head, *_laid_over(frame, row, rows[row] if row < height else ()))


def _laid_over(frame: Frame, row: int, body: Line) -> Line:
    last = len(frame.picture.rows) - 1
    for x in (to_shown(frame.axis, x) for x in frame.resumed):
        if frame.shows(x):
            body = behind(body, frame.column(x), ("┊", "faint"))
    for one in frame.picture.beyond:
        if row == (0 if one.is_above else last):
            body = put(body, one.column, ("▴" if one.is_above else "▾", one.colour))
    if row == 0 and frame.best is not None:
        best = to_shown(frame.axis, frame.best.x)
        if frame.shows(best):
            body = put(body, frame.column(best), ("▾", "strong"))
    if frame.cursor_x is not None and frame.shows(frame.cursor_x):
        body = put(body, frame.column(frame.cursor_x), ("│", "muted"))
    return body


def axis_line(frame: Frame) -> Line:
    """Return the axis with its words, its marks and the number of the cursor."""
    low, high = frame.x_range
    width = frame.columns
    axis = x_axis(low, high, width, frame.words.short(frame.span))
    axis = with_marks(axis, frame.marks, frame.axis, frame.x_range)
    if frame.cursor_x is not None and frame.shows(frame.cursor_x):
        word = f" {frame.words.exact(frame.cursor_x, frame.span)} "
        start = max(0, min(width - len(word), frame.column(frame.cursor_x) - len(word) // 2))
        axis = put(axis, start, (word, "strong on select"))
    gutter = len(frame.picture.labels[0])
    return ((" " * gutter, "line"), ("└", "line"), *axis)


def readout_lines(
    lines: Sequence[PlotLine], frame: Frame, width: int, rows: int
) -> tuple[Line, ...]:
    """Return what is exactly at the cursor, a row for each curve; the marks last."""
    x = frame.cursor_x
    out: list[Line] = []
    for line in lines:
        at = line.at(x)
        place = to_shown(line.axis, line.xs[at]) if at >= 0 else None
        word = (
            f"{frame.words.axis} {frame.words.exact(place, frame.span)}"
            if place is not None
            else "–"
        )
        smooth = smooth_at(line, x, frame.smooth) if frame.smooth > 0 else None
        best = Point(to_shown(line.axis, line.best.x), line.best.value) if line.best else None
        best_word = frame.words.exact(best.x, frame.span) if best else ""
        out.append(readout(line, best, x, Places(word, best_word), smooth, width))
    out = out[: rows - bool(frame.marks)] if frame.marks else out[:rows]
    legend = legend_line(frame.marks, width)
    out += [legend] if frame.marks else []
    return tuple(out) + ((),) * (rows - len(out))
