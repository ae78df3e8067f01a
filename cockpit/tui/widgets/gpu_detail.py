"""The four curves of one GPU over the span that is shown."""

from __future__ import annotations

from typing import Final

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.events import Resize
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from cockpit.devices.sample import GpuSample
from cockpit.tui.gpu_charts import Chart, chart_of, chart_rows, chart_title, time_axis
from cockpit.tui.ink import Line, ink_of
from cockpit.tui.widgets.rows import Rows
from cockpit.views.gpu_history import FIGURES, Cells, Figure, choose_cells

CHART_ROWS: Final = 6
"""Title, four rows of dots, axis: less says nothing."""
TALL_ROWS: Final = 2 * CHART_ROWS + 1
GUTTER: Final = 2
TWO_FROM_COLUMNS: Final = 56
FOUR_FROM_COLUMNS: Final = 130


class TimeCurve(Widget):
    """One curve with its scale and the axis of time."""

    DEFAULT_CSS = "TimeCurve { height: 1fr; }"

    chart: reactive[Chart | None] = reactive(None)

    def __init__(self) -> None:
        super().__init__()
        self._drawn: tuple[object, tuple[Line, ...]] = (None, ())

    def render_line(self, y: int) -> Strip:
        """Return a row of the curve, or the axis."""
        width, height = self.size
        ink = ink_of(self)
        if self.chart is None or height < 2:
            return Strip.blank(width)
        if y >= height - 1:
            return ink.strip(time_axis(self.chart.span_s, width), width)
        reason = (self.chart, self.size)
        if self._drawn[0] != reason:
            self._drawn = (reason, chart_rows(self.chart, width, height - 1, "s1"))
        return ink.strip(self._drawn[1][y], width)


class _ChartBox(Vertical):
    """A title that changes each second above a curve that changes with its steps."""

    DEFAULT_CSS = "_ChartBox { height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.heading = Rows()
        self.curve = TimeCurve()

    def compose(self) -> ComposeResult:
        """Yield both."""
        yield self.heading
        yield self.curve


class GpuCharts(Container):
    """Utilisation, memory, temperature and power of one GPU: as many as there is room for."""

    DEFAULT_CSS = """
    GpuCharts { layout: grid; grid-gutter: 1 2; height: 1fr; }
    GpuCharts _ChartBox.-left-out { display: none; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self._boxes = {figure: _ChartBox() for figure in FIGURES}
        self._grid = (1, 1)
        self._sample: GpuSample | None = None

    def compose(self) -> ComposeResult:
        """Yield the charts."""
        yield from self._boxes.values()

    def on_mount(self) -> None:
        """Arrange them for the size there is."""
        self._arrange()

    def on_resize(self, event: Resize) -> None:
        """Arrange them for another size."""
        self._arrange()

    def _arrange(self) -> None:
        width, height = self.size
        columns = 4 if width >= FOUR_FROM_COLUMNS and height < 2 * TALL_ROWS else 2
        columns = columns if width >= TWO_FROM_COLUMNS else 1
        rows = max(1, min(-(-len(FIGURES) // columns), (height + 1) // (CHART_ROWS + 1)))
        self._grid = (columns, rows)
        self.styles.grid_size_columns, self.styles.grid_size_rows = columns, rows
        for number, box in enumerate(self._boxes.values()):
            box.set_class(number >= columns * rows, "-left-out")
        self.call_after_refresh(self._paint_headings)

    def cells_for(self, span_s: float, now: float) -> Cells:
        """Return the time that each dot column of a chart covers."""
        columns = self._grid[0]
        width = (self.size.width - GUTTER * (columns - 1)) // columns - 6
        return choose_cells(span_s, max(2, 2 * width), now)

    def show(
        self, sample: GpuSample, values: dict[Figure, tuple[float | None, ...]], span_s: float
    ) -> None:
        """Show one GPU with what was read of it."""
        self._sample = sample
        for figure, box in self._boxes.items():
            box.curve.chart = chart_of(sample, figure, values[figure], span_s)
        self._paint_headings()

    def _paint_headings(self) -> None:
        for figure, box in self._boxes.items():
            if self._sample is not None and box.size.width > 0:
                box.heading.show((chart_title(self._sample, figure, box.size.width),))
