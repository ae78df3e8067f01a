"""Every GPU of this machine with its history, its figures and its holder."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.reactive import var

from cockpit.devices.sample import GpuSample
from cockpit.tui.gpu_board import GAP, MOST_LONG_ROWS, Board, Order, choose_board
from cockpit.tui.gpu_board_rows import RowView, board_row
from cockpit.tui.gpu_list import GpuList, PastLines
from cockpit.tui.gpu_span import Span, all_past
from cockpit.tui.gpu_titles import bottom_line, state_words, title_line
from cockpit.tui.gpu_words import focus_line
from cockpit.tui.heat import legend
from cockpit.tui.ink import Depth, Line, glyphs_of, ink_of
from cockpit.tui.messages import ShowGpu, ShowStragglers
from cockpit.tui.needs import attention
from cockpit.tui.screens.gpu_filter import FilterScreen
from cockpit.tui.screens.gpu_past import FIGURE_KEYS, FIGURE_OF, SPAN_KEYS, Past
from cockpit.tui.store import Snapshot
from cockpit.tui.widgets.filter_input import FilterInput
from cockpit.tui.widgets.gpu_detail import CHART_ROWS, GpuCharts
from cockpit.tui.widgets.gpu_table import GpuTable, TableColumn
from cockpit.tui.widgets.host_panel import HostPanel
from cockpit.tui.widgets.rows import Rows
from cockpit.views.gpu_history import Figure
from cockpit.views.run_view import RunView

HEADS_FROM_ROWS: Final = 16
CHARTS_FROM_COLUMNS: Final = 60
ORDERS: Final = tuple(Order)


class GpusScreen(FilterScreen):
    """The big view of the GPUs: long rows for a few, heat strips for many."""

    HELP = """\
Every GPU over the last minutes, newest at the right; a MIG device has its own row below its GPU.
▲ asks for a look, · means that nothing was read. Load is never an alarm: a busy GPU is good news.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "show_all", "all GPUs", key_display="esc", id="gpus.show-all",
                tooltip="Show all GPUs again"),
        Binding("escape", "back", "back", key_display="esc", id="gpus.back",
                tooltip="Back to the screen below"),
        Binding("enter", "open", "detail", key_display="⏎", id="gpus.open",
                tooltip="Curves, facts and processes of the selected GPU"),
        *FIGURE_KEYS,
        *SPAN_KEYS,
        Binding("o", "sort", "sort", id="gpus.sort",
                tooltip="Sort by index, utilisation, temperature, memory or run"),
        Binding("slash", "filter", "filter", key_display="/", id="gpus.filter",
                tooltip="Show only some: a run, a name, 3, 8-15 or free"),
        Binding("x", "stragglers", "stragglers", id="gpus.stragglers",
                tooltip="Compare the ranks of the run that holds the selected GPU"),
    ]  # fmt: skip

    title_row = getters.query_one("#gpus-title", Rows)
    host_panel = getters.query_one(HostPanel)
    table = getters.query_one(GpuTable)
    charts = getters.query_one(GpuCharts)
    focus_row = getters.query_one("#gpus-focus", Rows)
    legend_row = getters.query_one("#gpus-legend", Rows)

    figure: var[Figure] = var(Figure.UTILIZATION, init=False)
    order: var[Order] = var(Order.INDEX, init=False)

    def __init__(self, host: str, past: Past, run_id: str | None = None) -> None:
        super().__init__(host, past)
        self._wanted_run = run_id
        self._gpus = GpuList()
        self._lines = PastLines(past.live)
        self._board: Board | None = None
        self._table_rows: int | None = None

    def compose_body(self) -> ComposeResult:
        """Yield the sums, the rows, what the selected row says, and the legend."""
        yield Rows(id="gpus-title")
        yield HostPanel()
        yield GpuTable()
        yield GpuCharts(id="gpus-charts")
        yield Rows(id="gpus-focus")
        yield Rows(id="gpus-legend")
        yield FilterInput("run, name, 3, 8-15 or free", id="gpus-filter")

    def on_mount(self) -> None:
        """Put the keys on the rows."""
        self.table.focus()

    @property
    def selected(self) -> GpuSample | None:
        """The GPU that the keys act on."""
        return self._gpus.find(self.table.selected)

    @property
    def runs_shown(self) -> tuple[RunView, ...]:
        """The live runs that hold one of the GPUs shown."""
        return self._gpus.runs

    @property
    def _has_gpus(self) -> bool:
        return bool(self.snapshot and self.snapshot.reading.gpus)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Hand the readings to the rows."""
        self._gpus.take(snapshot, self.filter_input.value, self.order)
        self._show_host(snapshot, has_gpus=self._has_gpus)
        self._select_wanted_run()
        self.follow_records(snapshot)
        self.show_past()

    def _show_host(self, snapshot: Snapshot, *, has_gpus: bool) -> None:
        inventory = snapshot.reading.inventory
        self.host_panel.display = not has_gpus
        self.table.display = has_gpus
        if not has_gpus:
            self.host_panel.problem = inventory.problem or "" if inventory else ""
            self.host_panel.sample = snapshot.reading.host

    def _select_wanted_run(self) -> None:
        """Put the bar on the run that this screen was opened for."""
        first = self._gpus.first_of(self._wanted_run) if self._wanted_run else None
        if first is not None:
            self.table.selected, self._wanted_run = first.key, None

    def show_past(self) -> None:
        """Paint everything that is made of the rows."""
        if self.snapshot is None or not self.is_mounted:
            return
        width, now = max(1, self.size.width - 2), self.snapshot.time
        fills = self.span is Span.RUN
        self._board = choose_board(
            self._gpus.samples, width, self.figure, self.span_s, now, fills=fills
        )
        self._divide()
        self._show_table(self._board)
        self._show_title(width)
        self._show_selected()

    def _show_table(self, board: Board) -> None:
        now = self.snapshot.time if self.snapshot else 0.0
        is_shaded = self._is_shaded

        def build(row: int, is_selected: bool) -> tuple[Line, ...]:
            sample = self._gpus.samples[row]
            view = RowView(
                now,
                self.figure,
                self._gpus.labels.get(sample.key, ""),
                is_selected=is_selected,
                is_shaded=is_shaded,
            )
            return board_row(
                sample, self._lines.line(sample, self.recorded, view, board), view, board
            )

        columns = tuple(
            TableColumn(one.width, one.head, one.is_left, one.group) for one in board.columns
        )
        self.table.show([one.key for one in self._gpus.samples], columns, board.blocks, GAP, build)

    @property
    def _is_shaded(self) -> bool:
        """Whether heat is told by shades, because there are too few colours for it."""
        return ink_of(self.table).depth is not Depth.FULL or glyphs_of(self).name == "ascii"

    def _show_title(self, width: int) -> None:
        if self.snapshot is None or self._board is None:
            return
        line: Line = (("GPUs", "strong"), (" none here", "muted"))
        if self._has_gpus:
            right = state_words(
                self._board.cells,
                self.span_s,
                is_run=self.span is Span.RUN,
                order=self.order,
                words=self.filter_input.value,
            )
            gpus = self._gpus
            line = title_line(gpus.samples, gpus.labels, self.snapshot.time, right, width)
        self.title_row.show((line,))

    def _show_selected(self) -> None:
        """Say of the selected GPU what its row has no room for."""
        if self.snapshot is None:
            return
        width, now = max(1, self.size.width - 2), self.snapshot.time
        sample = self.selected
        line: Line = focus_line(sample, now, width) if sample else ()
        if self._has_gpus and not self._gpus.samples:
            line = ((f"no GPU matches “{self.filter_input.value}”", "muted"),)
        self.focus_row.show((line,))
        self.legend_row.show((self._bottom_line(width),))
        if sample is not None and self.charts.display:
            chart_cells = self.charts.cells_for(self.span_s, now)
            values = all_past(self.past.live, self.recorded, sample, chart_cells)
            self.charts.show(sample, values, self.span_s)

    def _bottom_line(self, width: int) -> Line:
        if self.snapshot is None or not self._gpus.samples:
            return ()
        is_strips = len(self._gpus.samples) > MOST_LONG_ROWS
        words = legend(self.figure, shaded=self._is_shaded) if is_strips else ()
        seen = self.table.rows_in_sight
        rows = f"rows {seen.start + 1} to {seen.stop} of {self.table.rows_of_block}"
        return bottom_line(
            words, rows if self.table.is_cut else "", attention(self.snapshot), width
        )

    def _divide(self) -> None:
        """Give the charts what the rows leave over, from the height where they say something."""
        height = self.size.height
        self.table.has_heads = height >= HEADS_FROM_ROWS
        rows = len(self._gpus.samples) + self.table.has_heads
        rest = height - 2 - 1 - 2 - rows - (3 if height >= 30 else 0)
        wide = self.size.width >= CHARTS_FROM_COLUMNS
        shows = bool(self._gpus.samples) and rest >= CHART_ROWS and wide
        if self.charts.display != shows:
            self.charts.display = shows
        wanted = rows if shows else None
        if self._table_rows != wanted:
            self._table_rows = wanted
            self.table.styles.height = "1fr" if wanted is None else wanted

    @on(Resize)
    def fit_again(self) -> None:
        """Lay everything out for the new size, after the regions have theirs."""
        self.call_after_refresh(self.show_past)

    def watch_figure(self) -> None:
        """Show another quantity."""
        self.show_past()

    def watch_order(self) -> None:
        """Sort at once."""
        if self.snapshot is not None:
            self.show_snapshot(self.snapshot)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what acts on a GPU only when there is one; no letter acts while one writes."""
        if not self.is_mounted:
            return True
        match action:
            case "show_all":
                return self.has_filter and not self.is_writing
            case "back":
                return not self.is_writing
            case "figure":
                return self._can_act and parameters != (self.figure.name,)
            case "open" | "sort" | "filter" | "span":
                return self._can_act
            case "stragglers":
                return self._can_act and self._gpus.run_of(self.table.selected) is not None
            case _:
                return True

    @property
    def _can_act(self) -> bool:
        return self._has_gpus and not self.is_writing

    @on(GpuTable.Highlighted)
    def show_other_gpu(self) -> None:
        """Say what the row under the bar has to tell."""
        self._show_selected()
        self.refresh_bindings()

    @on(GpuTable.Opened)
    def open_clicked(self) -> None:
        """Open the row that was clicked again."""
        self.action_open()

    def action_back(self) -> None:
        """Leave the screen."""
        self.dismiss()

    def action_open(self) -> None:
        """Ask for the screen of the selected GPU."""
        if self.selected is not None:
            self.post_message(ShowGpu(self.selected.key))

    def action_stragglers(self) -> None:
        """Ask for the ranks of the run that holds the selected GPU."""
        run = self._gpus.run_of(self.table.selected)
        if run is not None:
            self.post_message(ShowStragglers(run.run_id))

    def action_figure(self, name: str) -> None:
        """Show another quantity over time."""
        self.figure = FIGURE_OF[name]
        self.refresh_bindings()

    def action_sort(self) -> None:
        """Take the next order."""
        self.order = ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)]
