"""One small plot: a title with the values, curves in braille, axes as text."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from textual.geometry import Region
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from cockpit.metrics.envelope import envelope
from cockpit.metrics.series import Point
from cockpit.tui.axes import Scale, choose_scale, column_of, x_axis
from cockpit.tui.ink import Depth, Ink, Line, cells, cut, fit, ink_of
from cockpit.tui.raster import Canvas, draw_curve, smoothed
from cockpit.units import metric


@dataclass(frozen=True, slots=True)
class PlotLine:
    """One curve of a plot."""

    name: str
    label: str
    """Before its value in the title: `train`; empty for a single curve."""
    xs: Sequence[float]
    """Rising."""
    ys: Sequence[float]
    colour: str = "s1"
    """Token: s1, s2, s3 or ghost."""


def value_at(line: PlotLine, x: float | None) -> float | None:
    """Return the value at the last point up to `x`; the newest without a cursor."""
    if x is None:
        return line.ys[-1] if line.ys else None
    at = bisect_right(line.xs, x) - 1
    return line.ys[at] if at >= 0 else None


def title_line(
    title: str, lines: Sequence[PlotLine], best: Point | None, cursor_x: float | None, width: int
) -> Line:
    """Return title left, values right; what does not fit goes: best value, labels, then values."""
    values = [(line, metric(value_at(line, cursor_x))) for line in lines]
    full = [(f"{line.label} {text}".strip(), line.colour) for line, text in values]
    bare = [(text, line.colour) for line, text in values]
    marks = [(f"best {metric(best.value)} @{best.x:g}", "muted")] if best else []
    short = [(f"best @{best.x:g}", "muted")] if best else []
    for pieces in ([*full, *marks], [*full, *short], full, [*bare, *short], bare, bare[:1]):
        right = [piece for pair in pieces for piece in ((" ", "text"), pair)]
        room = width - cells(right)
        if room >= min(len(title), 10):
            return ((fit(title, room), "strong"), *right)
    return ((fit(title, width), "strong"),)


class Plot(Widget):
    """Up to three curves; a cursor repaints its two columns and the title only."""

    DEFAULT_CSS = "Plot { height: 1fr; }"

    title: reactive[str] = reactive("")
    series: reactive[tuple[PlotLine, ...]] = reactive(())
    x_range: reactive[tuple[float, float]] = reactive((1.0, 1.0))
    cursor_x: reactive[float | None] = reactive(None, repaint=False)
    best: reactive[Point | None] = reactive(None)
    log_axis: reactive[bool] = reactive(False)
    smooth: reactive[float] = reactive(0.0)
    """0 draws the points as they are; 0.8 a smooth line over faint points."""
    resumed: reactive[tuple[float, ...]] = reactive(())
    """Epochs after which a resumed part begins: a thin mark behind the curves."""

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002  # the name that every Textual widget uses
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._ink: Ink | None = None
        self._drawn: tuple[object, tuple[Line, ...], tuple[str, str, str]] | None = None

    def watch_cursor_x(self, before: float | None, now: float | None) -> None:
        """Repaint the title and the columns that the cursor leaves and enters."""
        width, height = self.size
        regions = [Region(0, 0, width, 1), Region(0, height - 1, width, 1)]
        for x in (before, now):
            if x is not None and height > 2:
                column = self._gutter + column_of(x, self.x_range, self._canvas_width)
                regions.append(Region(column, 1, 1, height - 2))
        self.refresh(*regions)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the rows of a region; the colours are asked for once, they cost most of a row."""
        self._ink = ink_of(self)
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Return the title, a row of the curves, or the axis."""
        width, height = self.size
        ink = self._ink or ink_of(self)
        if y == 0:
            return ink.strip(
                title_line(self.title, self.series, self.best, self.cursor_x, width), width
            )
        rows, _ = self._rows()
        if y >= height - 1:
            return ink.strip(self._axis(), width)
        return ink.strip(self._row(y - 1, rows), width)

    @property
    def _gutter(self) -> int:
        return len(self._rows()[1][0]) + 1

    @property
    def _canvas_width(self) -> int:
        return max(1, self.size.width - self._gutter)

    def _rows(self) -> tuple[tuple[Line, ...], tuple[str, str, str]]:
        """Return the rows of the canvas and the labels of the scale; drawn anew after a change."""
        depth = (self._ink or ink_of(self)).depth
        key = (self.series, self.x_range, self.log_axis, self.smooth, self.size, depth)
        if self._drawn is None or self._drawn[0] != key:
            self._drawn = (key, *self._draw(depth))
        return self._drawn[1:]

    def _draw(self, depth: Depth) -> tuple[tuple[Line, ...], tuple[str, str, str]]:
        height = max(1, self.size.height - 2)
        scale = self._scale()
        labels = scale.labels
        canvas = Canvas(max(1, self.size.width - len(labels[0]) - 1), height)
        for number, line in reversed(tuple(enumerate(self.series))):
            step = 2 if depth is Depth.NONE and number else 1
            self._draw_line(canvas, line, scale, step)
        return canvas.lines(), labels

    def _draw_line(self, canvas: Canvas, line: PlotLine, scale: Scale, step: int) -> None:
        ys = line.ys
        if self.smooth > 0:
            draw_curve(canvas, line.xs, ys, self.x_range, scale.part, "faint", joined=False)
            ys = smoothed(ys, self.smooth)
        draw_curve(canvas, line.xs, ys, self.x_range, scale.part, line.colour, step=step)

    def _scale(self) -> Scale:
        columns = 2 * max(1, self.size.width - 5)
        means = (
            bucket.mean
            for line in self.series
            for bucket in envelope(line.xs, line.ys, columns, *self.x_range)
        )
        return choose_scale(means, log=self.log_axis)

    def _row(self, row: int, rows: tuple[Line, ...]) -> Line:
        labels = self._rows()[1]
        height = len(rows)
        marks = {0: labels[0], height - 1: labels[2]}
        if height >= 5:
            marks[height // 2] = labels[1]
        label = marks.get(row, "")
        edge = "┤" if label.strip() else "│"
        head: Line = ((label.rjust(len(labels[0])), "faint"), (edge, "line"))
        body = rows[row] if row < height else ()
        for epoch in self.resumed:
            body = _behind(body, self._column(epoch), ("┊", "faint"))
        if row == 0 and self.best is not None:
            body = _put(body, self._column(self.best.x), ("▾", "strong"))
        if self.cursor_x is not None:
            body = _put(body, self._column(self.cursor_x), ("│", "muted"))
        return (*head, *body)

    def _column(self, x: float) -> int:
        return column_of(x, self.x_range, self._canvas_width)

    def _axis(self) -> Line:
        low, high = self.x_range
        width = self._canvas_width
        axis = x_axis(low, high, width)
        if self.cursor_x is not None:
            word = f" {self.cursor_x:g} "
            start = max(0, min(width - len(word), self._column(self.cursor_x) - len(word) // 2))
            axis = _put(axis, start, (word, "strong on select"))
        return ((" " * (self._gutter - 1), "line"), ("└", "line"), *axis)


def _put(line: Line, column: int, piece: tuple[str, str]) -> Line:
    """Return the line with a piece laid over it from `column` on."""
    after = column + len(piece[0])
    return (*cut(line, 0, column), piece, *cut(line, after, cells(line)))


def _behind(line: Line, column: int, piece: tuple[str, str]) -> Line:
    """Return the line with a piece where nothing is drawn yet."""
    there = "".join(text for text, _ in cut(line, column, 1))
    return line if there.strip(" \u2800") else _put(line, column, piece)
