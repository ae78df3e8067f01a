"""The curves of a run as small multiples, or one of them large."""

from __future__ import annotations

from typing import Final

from textual.app import ComposeResult
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.reactive import reactive
from textual.timer import Timer

from cockpit.metrics.blocks import PIECES_FROM
from cockpit.metrics.series import Axis
from cockpit.tui.curve_devices import laid_on, time_of
from cockpit.tui.curve_layout import Layout, Source, lay_out
from cockpit.tui.curve_memory import CurveMemory
from cockpit.tui.curve_plots import PlotSpec, plots_of
from cockpit.tui.grouping import arrange
from cockpit.tui.ink import glyphs_of
from cockpit.tui.widgets.curve_moves import CurveMoves
from cockpit.tui.widgets.plot import Plot

MOST_PLOTS: Final = 9
PREPARE_AFTER_S: Final = 0.1
_DRAWN_FROM: Final = (
    "table", "headline", "epochs", "max_plots", "axis", "starts", "sources", "favourites",
    "devices", "view", "chosen", "is_large", "log_axis", "smooth",
)  # fmt: skip
"""What changes the plots."""


class Curves(CurveMoves):
    """The plots of a metric table, headline first, on one axis; a page of them where they are many.

    `table`, `cursor_x`, `view`, `chosen` and `is_large` are of `CurveMoves`.
    """

    DEFAULT_CSS = """
    Curves { layout: grid; grid-gutter: 0 2; height: 1fr; }
    Curves { color: $muted; }
    Curves Plot { display: none; height: 1fr; }
    Curves Plot.-shown { display: block; }
    """

    headline: reactive[tuple[str, ...]] = reactive((), repaint=False)
    epochs: reactive[int | None] = reactive(None, repaint=False)
    """How many there will be; None takes what the table tells."""
    log_axis: reactive[bool] = reactive(False, repaint=False)
    smooth: reactive[float] = reactive(0.0, repaint=False)
    """0 draws the points as they are, 0.8 a smooth line over faint points."""
    max_plots: reactive[int] = reactive(MOST_PLOTS, repaint=False)
    notice: reactive[str] = reactive("")
    """What stands in the place of the plots while there is none."""
    axis: reactive[Axis | None] = reactive(None, repaint=False)
    """Along what the curves are laid; None for what they come along."""
    starts: reactive[tuple[float, ...]] = reactive((), repaint=False)
    """When the run and its resumed parts began, epoch seconds."""
    sources: reactive[tuple[Source, ...]] = reactive((), repaint=False)
    """What is laid over."""
    favourites: reactive[frozenset[str]] = reactive(frozenset(), repaint=False)
    """Titles of the plots that come first."""
    devices: reactive[tuple[PlotSpec, ...]] = reactive((), repaint=False)
    """The plots of the run's GPUs by the clock; shown while the others are, too."""

    class Changed(Message):
        """The range, the choice or the page became another one."""

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002  # the name that every Textual widget uses
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._memory = CurveMemory()
        self.plots = tuple(Plot(memory=self._memory) for _ in range(MOST_PLOTS))
        self.page_words = ""
        """`plots 7–12 of 40, p next`; empty where all are shown."""
        self._laid: tuple[object, Layout] | None = None
        self._preparing: Timer | None = None

    def compose(self) -> ComposeResult:
        """Yield the plots; those without a curve are hidden."""
        yield from self.plots

    def render(self) -> Content:
        """Return the notice; plots cover it."""
        text = glyphs_of(self).text(self.notice)
        return Content("" if any(plot.has_class("-shown") for plot in self.plots) else text)

    def on_mount(self) -> None:
        """Paint what was set before the mount, and again when it changes."""
        for name in _DRAWN_FROM:
            self.watch(self, name, self._paint, init=False)
        self._paint()

    def on_resize(self, event: Resize) -> None:
        """Show as many plots as there is room for."""
        self._paint()

    def watch_cursor_x(self, cursor_x: float | None) -> None:
        """Move the cursor in every plot."""
        for plot in self.plots:
            plot.cursor_x = cursor_x

    @property
    def layout_of_axis(self) -> Layout:
        """The axis that all share; worked out once for each table."""
        key = (self.table, self.epochs, self.axis, self.starts, self.sources)
        if self._laid is None or not _is_same(self._laid[0], (*key, self.devices)):
            self._laid = ((*key, self.devices), lay_out(*key, time_of(self.devices)))
        return self._laid[1]

    @property
    def smoothed_over(self) -> str:
        """What smoothing is over where a dot stands for many points: ` over means of 450`."""
        layout = self.layout_of_axis
        low, high = self.shown_range
        whole = layout.whole[1] - layout.whole[0]
        columns = next((one.columns for one in self.plots if one.has_class("-shown")), 1)
        points = layout.points * (high - low) / whole / (2 * columns) if whole else 0.0
        return f" over means of {points:.0f}" if points > 1.5 else ""

    def _paint(self) -> None:
        width, height = self.size
        if not self.is_mounted or width <= 0:
            return
        layout = self.layout_of_axis
        self.take_place(layout)
        zero = layout.axis.zero if layout.axis is not None else 0.0
        devices = laid_on(self.devices, zero) if layout.words.axis is Axis.TIME else ()
        self.specs = plots_of(
            self.table, self.headline, layout.axis, layout.overlays, self.favourites, devices
        )
        shown, columns, rows = self._page(width, height)
        self.styles.grid_size_columns = max(1, columns)
        self.styles.grid_size_rows = max(1, rows)
        for plot, spec in zip(self.plots, shown, strict=False):
            self._fill(plot, spec, layout)
        for number, plot in enumerate(self.plots):
            plot.set_class(number < len(shown), "-shown")
        self._memory.keep(self.specs)
        self._prepare_later()
        if self.notice:
            self.refresh()
        self.post_message(self.Changed())

    def _prepare_later(self) -> None:
        """Look through long curves of the other pages while nothing else happens."""
        if self._preparing is None and self.layout_of_axis.points > PIECES_FROM:
            self._preparing = self.set_timer(PREPARE_AFTER_S, self._prepare)

    def _prepare(self) -> None:
        """Look through one curve that was not shown yet; the next one has its turn later."""
        self._preparing = None
        at = self.chosen_at
        near = self.specs[max(0, at - MOST_PLOTS) : at + 2 * MOST_PLOTS]
        for spec in near:
            if not self._memory.knows(spec):
                self._memory.marks_of(spec, self.table.axis, is_preview=self.is_preview)
                self._prepare_later()
                return

    def _page(self, width: int, height: int) -> tuple[tuple[PlotSpec, ...], int, int]:
        """Return the plots that are shown, in how many columns and rows."""
        count = len(self.specs)
        if self.is_large and count:
            self.page_words = f"plot {self.chosen_at + 1} of {count}" if count > 1 else ""
            return (self.specs[self.chosen_at],), 1, 1
        columns, rows = arrange(min(count, self.max_plots, MOST_PLOTS), width, height)
        room = min(columns * rows, self.max_plots, MOST_PLOTS)
        self.page_room = room
        first = self.chosen_at // room * room if room else 0
        shown = self.specs[first : first + room]
        is_part = 0 < len(shown) < count
        last = first + len(shown)
        self.page_words = f"plots {first + 1}–{last} of {count}, p next" if is_part else ""
        return shown, columns, rows

    def _fill(self, plot: Plot, spec: PlotSpec, layout: Layout) -> None:
        plot.title, plot.is_favourite = spec.title, spec.is_favourite
        plot.is_chosen, plot.is_large = spec.title == self.chosen, self.is_large
        plot.x_range, plot.words = self.shown_range, layout.words
        plot.log_axis, plot.smooth = self.log_axis, self.smooth
        plot.axis = layout.axis
        plot.resumed = self.table.resumed_after if self.table.axis is Axis.EPOCH else ()
        plot.series = spec.shown_lines(is_large=self.is_large)
        plot.best, plot.includes = spec.best, spec.includes
        plot.marks = self._memory.marks_of(spec, self.table.axis, is_preview=self.is_preview)


def _is_same(before: object, now: tuple[object, ...]) -> bool:
    """Say whether two layouts are of the very same values: tables are not compared in full."""
    return isinstance(before, tuple) and all(a is b for a, b in zip(before, now, strict=True))
