"""The curves of a run as small multiples."""

from __future__ import annotations

import math

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.events import Resize
from textual.reactive import reactive

from cockpit.metrics.series import MetricSeries, MetricTable
from cockpit.tui.grouping import Group, arrange, epoch_range, group
from cockpit.tui.ink import glyphs_of
from cockpit.tui.widgets.plot import Plot, PlotLine

MOST_PLOTS = 9


class Curves(Container):
    """One to six plots of a metric table, headline first, on one epoch axis."""

    DEFAULT_CSS = """
    Curves { layout: grid; grid-gutter: 0 2; height: 1fr; }
    Curves { color: $muted; }
    Curves Plot { display: none; height: 1fr; }
    Curves Plot.-shown { display: block; }
    """

    table: reactive[MetricTable] = reactive(MetricTable(), repaint=False)
    headline: reactive[tuple[str, ...]] = reactive((), repaint=False)
    epochs: reactive[int | None] = reactive(None, repaint=False)
    """How many there will be; None takes what the table tells."""
    cursor_x: reactive[float | None] = reactive(None, repaint=False)
    """The epoch of the cursor in every plot; None for no cursor."""
    log_axis: reactive[bool] = reactive(False, repaint=False)
    smooth: reactive[float] = reactive(0.0, repaint=False)
    """0 draws the points as they are, 0.8 a smooth line over faint points."""
    max_plots: reactive[int] = reactive(6, repaint=False)
    notice: reactive[str] = reactive("")
    """What stands in the place of the plots while there is none."""

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002  # the name that every Textual widget uses
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._plots = tuple(Plot() for _ in range(MOST_PLOTS))

    def compose(self) -> ComposeResult:
        """Yield the plots; those without a curve are hidden."""
        yield from self._plots

    def render(self) -> Content:
        """Return the notice; plots cover it."""
        text = glyphs_of(self).text(self.notice)
        return Content("" if any(plot.has_class("-shown") for plot in self._plots) else text)

    def on_mount(self) -> None:
        """Paint what was set before the mount."""
        self._paint()

    def on_resize(self, event: Resize) -> None:
        """Show as many plots as there is room for."""
        self._paint()

    def watch_table(self) -> None:
        """Draw the new points."""
        self._paint()

    def watch_headline(self) -> None:
        """Put other plots first."""
        self._paint()

    def watch_epochs(self) -> None:
        """Change the axis."""
        self._paint()

    def watch_max_plots(self) -> None:
        """Show more or fewer."""
        self._paint()

    def watch_log_axis(self, log_axis: bool) -> None:
        """Change every axis."""
        for plot in self._plots:
            plot.log_axis = log_axis

    def watch_smooth(self, smooth: float) -> None:
        """Smooth every curve."""
        for plot in self._plots:
            plot.smooth = smooth

    def watch_cursor_x(self, cursor_x: float | None) -> None:
        """Move the cursor in every plot."""
        for plot in self._plots:
            plot.cursor_x = cursor_x

    def move_cursor(self, steps: int) -> None:
        """Move the cursor by so many epochs; from none it starts at the last epoch."""
        low, _ = self._range
        last = self._last_epoch
        start = self.cursor_x if self.cursor_x is not None else last
        self.cursor_x = max(low, min(last, start + steps))

    @property
    def _last_epoch(self) -> float:
        series = self.table.series.values()
        return max((one.x[-1] for one in series if one.x), default=1.0)

    @property
    def _range(self) -> tuple[float, float]:
        total = self.epochs if self.epochs is not None else self.table.epochs
        return epoch_range(self._last_epoch, total)

    def _paint(self) -> None:
        width, height = self.size
        if not self.is_mounted or width <= 0:
            return
        named = [name for name, one in self.table.series.items() if one.values]
        groups = group(named, self.headline)[: min(self.max_plots, MOST_PLOTS)]
        columns, rows = arrange(len(groups), width, height)
        shown = groups[: columns * rows]
        self.styles.grid_size_columns = max(1, columns)
        self.styles.grid_size_rows = max(1, rows)
        for plot, one in zip(self._plots, shown, strict=False):
            self._fill(plot, one)
        for number, plot in enumerate(self._plots):
            plot.set_class(number < len(shown), "-shown")
        if self.notice:
            self.refresh()

    def _fill(self, plot: Plot, one: Group) -> None:
        plot.title = one.title
        plot.x_range = self._range
        plot.resumed = self.table.resumed_after
        members = [self.table.series[line.name] for line in one.lines]
        plot.series = tuple(
            PlotLine(line.name, line.label, series.x, series.values, line.colour)
            for line, series in zip(one.lines, members, strict=True)
        )
        plot.best = members[0].best if _marks_best(one, members[0]) else None


def _marks_best(one: Group, series: MetricSeries) -> bool:
    """Mark the best of a curve that is alone; of a pair the title would be too long."""
    return len(one.lines) == 1 and one.title != "lr" and any(map(math.isfinite, series.values))
