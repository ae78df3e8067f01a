"""The rows of a plot: canvas, scale, cursor and marks put together. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cockpit.metrics.series import Point
from cockpit.tui.axes import column_of, x_axis
from cockpit.tui.curve_axis import AxisMap, AxisWords, to_shown
from cockpit.tui.ink import Line, cut
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
    best_is_low: bool = False
    """The best is the least: its mark stands below it."""
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
            body = put(body, one.column, ("⇑" if one.is_above else "⇓", one.colour))
    place = best_place(frame)
    if place is not None and place[0] == row:
        body = put(body, place[1], ("▴" if frame.best_is_low else "▾", "strong"))
    if frame.cursor_x is not None and frame.shows(frame.cursor_x):
        body = put(body, frame.column(frame.cursor_x), ("│", "muted"))
    return body


def best_place(frame: Frame) -> tuple[int, int] | None:
    """Return row and cell of the mark of the best: above it, of a least below it, else beside it.

    A place where nothing is drawn is taken before one with a curve; at the edge it stands on it.
    """
    if frame.best is None or not frame.shows(x := to_shown(frame.axis, frame.best.x)):
        return None
    part = frame.picture.scale.part(frame.best.value)
    if part is None:
        return None
    rows, column = frame.picture.rows, frame.column(x)
    last = len(rows) - 1
    at = round((1 - min(1.0, max(0.0, part))) * (4 * len(rows) - 1)) // 4
    over = at + 1 if frame.best_is_low else at - 1
    places = [
        (row, cell)
        for row, cell in ((over, column), (at, column + 1), (at, column - 1))
        if 0 <= row <= last and 0 <= cell < frame.columns
    ]
    free = (place for place in places if _is_free(rows[place[0]], place[1]))
    return next(free, (over, column) if 0 <= over <= last else (at, column))


def _is_free(row: Line, column: int) -> bool:
    return not "".join(text for text, _ in cut(row, column, 1)).strip(" \u2800")


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
