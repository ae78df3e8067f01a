"""The curves of several runs over each other, one plot for each metric."""

from __future__ import annotations

from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.reactive import reactive

from cockpit.analysis.comparison.comparing import Comparison
from cockpit.analysis.comparison.standing import ComparedMetric, best_of, value_of
from cockpit.analysis.comparison.tables import letter
from cockpit.metrics.series import Point
from cockpit.tui.comparison_rows import COLOURS
from cockpit.tui.grouping import arrange, split_part
from cockpit.tui.widgets.plot import Plot, PlotLine

MOST_PLOTS: Final = 6
LEAST_HEIGHT: Final = 10
"""In one column there are more plots, as long as each has so many rows."""


class ComparedCurves(Container):
    """One to six plots on one axis, what matters most first."""

    DEFAULT_CSS = """
    ComparedCurves { layout: grid; grid-gutter: 0 2; height: 1fr; }
    ComparedCurves Plot { display: none; height: 1fr; }
    ComparedCurves Plot.-shown { display: block; }
    """

    found: reactive[Comparison | None] = reactive(None, repaint=False)
    cursor_x: reactive[float | None] = reactive(None, repaint=False)

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002  # the name that every Textual widget uses
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._plots = tuple(Plot() for _ in range(MOST_PLOTS))

    def compose(self) -> ComposeResult:
        """Yield the plots; those without a metric are hidden."""
        yield from self._plots

    def on_mount(self) -> None:
        """Paint what was set before the mount."""
        self._paint()

    def on_resize(self) -> None:
        """Show as many plots as there is room for."""
        self._paint()

    def watch_found(self) -> None:
        """Draw another comparison."""
        self._paint()

    def watch_cursor_x(self, cursor_x: float | None) -> None:
        """Move the cursor in every plot."""
        for plot in self._plots:
            plot.cursor_x = cursor_x

    @on(Plot.Pointed)
    def point(self, event: Plot.Pointed) -> None:
        """Put the cursor under the mouse."""
        self.cursor_x = event.x

    def move_cursor(self, steps: int) -> None:
        """Move the cursor by so many epochs or steps; from none it starts at the end."""
        if self.found is None:
            return
        low, high = x_range(self.found)
        start = high if self.cursor_x is None else self.cursor_x
        self.cursor_x = max(low, min(high, start + steps))

    def _paint(self) -> None:
        width, height = self.size
        if not self.is_mounted or width <= 0 or self.found is None:
            return
        metrics = plotted(self.found)[:MOST_PLOTS]
        columns, rows = arrange(len(metrics), width, height)
        if columns == 1:
            rows = max(rows, min(len(metrics), height // LEAST_HEIGHT))
        shown = metrics[: columns * rows]
        self.styles.grid_size_columns = max(1, columns)
        self.styles.grid_size_rows = max(1, rows)
        for plot, one in zip(self._plots, shown, strict=False):
            plot.title = title_of(one.name)
            plot.x_range = x_range(self.found)
            plot.series = plot_lines(self.found, one)
            plot.best, plot.best_of = best_point(one)
            plot.resumed = resumed_after(self.found)
        for number, plot in enumerate(self._plots):
            plot.set_class(number < len(shown), "-shown")


def plot_lines(found: Comparison, one: ComparedMetric) -> tuple[PlotLine, ...]:
    """Return the curves of the first few runs in one metric."""
    lines = []
    pairs = zip(one.same.names, found.subjects, COLOURS, strict=False)
    for number, (name, subject, look) in enumerate(pairs):
        if name is not None:
            series = subject.table.series[name]
            label = letter(number)
            lines.append(
                PlotLine(
                    f"{label}:{name}",
                    label,
                    series.x,
                    series.values,
                    look,
                    gaps=subject.table.gaps,
                )
            )
    return tuple(lines)


def plotted(found: Comparison) -> tuple[ComparedMetric, ...]:
    """Return the metrics in their order; one that never changes has the last place."""
    return tuple(sorted(found.metrics, key=lambda one: _is_flat(found, one)))


def _is_flat(found: Comparison, one: ComparedMetric) -> bool:
    pairs = zip(one.same.names, found.subjects, strict=True)
    return all(subject.table.series[name].is_flat for name, subject in pairs if name is not None)


def title_of(name: str) -> str:
    """Return `val/loss` for a metric of a part: the loss of training has a plot of its own."""
    part, title = split_part(name)
    return f"{part}/{title}" if part else title


def best_point(one: ComparedMetric) -> tuple[Point | None, str]:
    """Return the best point of all runs, and whose it is; None for no way or two that are equal."""
    bests = [value_of(standing.best) for standing in one.standings]
    at = best_of(one.goal, bests) if one.is_comparable else None
    return (None, "") if at is None else (one.standings[at].best, letter(at))


def resumed_after(found: Comparison) -> tuple[float, ...]:
    """Return after which places a resumed part of some run begins."""
    places = {x for subject in found.subjects for x in subject.table.resumed_after}
    return tuple(sorted(places))


def x_range(found: Comparison) -> tuple[float, float]:
    """Return from where to where the curves go."""
    curves = [
        subject.table.series[name].x
        for one in found.metrics
        for name, subject in zip(one.same.names, found.subjects, strict=True)
        if name is not None
    ]
    low, high = min(xs[0] for xs in curves), max(xs[-1] for xs in curves)
    return low, max(high, low)
