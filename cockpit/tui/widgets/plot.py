"""One plot: a title with the values, curves in braille, axes as text."""

from __future__ import annotations

from textual.geometry import Region
from textual.reactive import reactive
from textual.strip import Strip

from cockpit.metrics.series import Goal, Point, goal_of
from cockpit.tui.axes import column_of
from cockpit.tui.curve_axis import AxisMap, AxisWords, to_shown
from cockpit.tui.curve_memory import CurveMemory
from cockpit.tui.ink import Depth, Ink, Line, ink_of
from cockpit.tui.plot_frame import Frame, axis_line, canvas_line, readout_lines
from cockpit.tui.plot_line import PlotLine, title_line, value_at
from cockpit.tui.plot_marks import PlotMark
from cockpit.tui.plot_picture import Picture, Sight, draw
from cockpit.tui.widgets.plot_mouse import PlotMouse

__all__ = ["Plot", "PlotLine", "title_line", "value_at"]

LOWEST_LARGE = 8
"""Rows from which a large plot has room for its readout."""


class Plot(PlotMouse):
    """A few curves; a cursor repaints its two columns and the title only."""

    DEFAULT_CSS = "Plot { height: 1fr; }"

    title: reactive[str] = reactive("")
    series: reactive[tuple[PlotLine, ...]] = reactive(())
    x_range: reactive[tuple[float, float]] = reactive((1.0, 1.0))
    cursor_x: reactive[float | None] = reactive(None, repaint=False)
    best: reactive[Point | None] = reactive(None)
    best_of: reactive[str] = reactive("")
    """Whose the best is, where the curves are of several runs."""
    log_axis: reactive[bool] = reactive(False)
    smooth: reactive[float] = reactive(0.0)
    """0 draws the points as they are; 0.8 a smooth line over faint points."""
    resumed: reactive[tuple[float, ...]] = reactive(())
    """After which x a resumed part begins: a thin mark behind the curves."""
    marks: reactive[tuple[PlotMark, ...]] = reactive(())
    """What deserves a sign on the axis."""
    axis: reactive[AxisMap | None] = reactive(None)
    """The way from best, resumed and marks to the axis shown; None where they lie on it."""
    words: reactive[AxisWords] = reactive(AxisWords())
    """How an x is written."""
    is_chosen: reactive[bool] = reactive(False)
    """The keys act on this one of several."""
    is_large: reactive[bool] = reactive(False)
    """Alone, with the exact values at the cursor."""
    is_favourite: reactive[bool] = reactive(False)
    includes: reactive[tuple[float, ...]] = reactive(())
    """Values that the scale always holds."""

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002  # the name that every Textual widget uses
        classes: str | None = None,
        memory: CurveMemory | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._ink: Ink | None = None
        self._framed: Frame | None = None
        """What the rows of one paint are taken from."""
        self._memory = memory or CurveMemory()
        """What long curves come to; shared by plots that show the same curves."""
        self._drawn: tuple[object, Picture] | None = None

    def watch_cursor_x(self, before: float | None, now: float | None) -> None:
        """Repaint the title and the columns that the cursor leaves and enters."""
        width, height = self.size
        top = 1 + self._readout_rows
        regions = [Region(0, 0, width, top), Region(0, height - 1, width, 1)]
        for x in (before, now):
            if x is not None and height > top + 1:
                column = self._gutter + column_of(x, self.x_range, self.columns)
                regions.append(Region(column, top, 1, height - top - 1))
        self.refresh(*regions)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the rows of a region; the colours are asked for once, they cost most of a row."""
        self._ink, self._framed = ink_of(self), None
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Return the title, a row of the curves, or the axis."""
        width, height = self.size
        ink = self._ink or ink_of(self)
        if y == 0:
            return ink.strip(self._title(width), width)
        frame = self._framed = self._framed or self._frame()
        top = 1 + self._readout_rows
        if y < top:
            rows = readout_lines(self.series, frame, width, self._readout_rows)
            return ink.strip(rows[y - 1], width)
        if y >= height - 1:
            return ink.strip(axis_line(frame), width)
        return ink.strip(canvas_line(frame, y - top), width)

    def _title(self, width: int) -> Line:
        star = "* " if self.is_favourite else ""
        look = "strong on select" if self.is_chosen and not self.is_large else "strong"
        best = Point(to_shown(self.axis, self.best.x), self.best.value) if self.best else None
        word = self.words.exact(best.x, self._span) if best else ""
        return title_line(
            star + self.title, self.series, best, self.cursor_x, width, look, word, self.best_of
        )

    @property
    def _span(self) -> float:
        return self.x_range[1] - self.x_range[0]

    @property
    def _readout_rows(self) -> int:
        """A row for each curve, and one for the marks."""
        if not self.is_large or self.size.height < LOWEST_LARGE:
            return 0
        return min(len(self.series) + bool(self.marks), self.size.height - LOWEST_LARGE + 1)

    @property
    def _gutter(self) -> int:
        return len(self._picture().labels[0]) + 1

    @property
    def columns(self) -> int:
        """How many cells the canvas has."""
        return max(1, self.size.width - self._gutter)

    def x_at(self, column: int) -> float:
        """Return which x of the axis stands in a column of the widget."""
        low, high = self.x_range
        share = (column - self._gutter + 0.5) / self.columns
        return low + max(0.0, min(1.0, share)) * (high - low)

    def _frame(self) -> Frame:
        return Frame(
            picture=self._picture(),
            x_range=self.x_range,
            columns=self.columns,
            cursor_x=self.cursor_x,
            best=self.best,
            best_is_low=bool(self.series) and goal_of(self.series[0].name) is Goal.DOWN,
            resumed=self.resumed,
            marks=self.marks,
            axis=self.axis,
            words=self.words,
            smooth=self.smooth,
        )

    def _picture(self) -> Picture:
        """Return what is drawn; anew after a change."""
        depth = (self._ink or ink_of(self)).depth
        sight = Sight(
            self.x_range,
            self.size.width,
            max(1, self.size.height - 2 - self._readout_rows),
            self.log_axis,
            self.smooth,
            is_mono=depth is Depth.NONE,
            includes=self.includes,
        )
        key = (self.series, sight)
        if self._drawn is None or self._drawn[0] != key:
            self._drawn = (key, draw(self.series, sight, self._memory.blocks_of))
        return self._drawn[1]
