"""What keys and mouse do with curves: the cursor, the range, and the plot that is meant."""

from __future__ import annotations

from bisect import bisect_right

from textual import on
from textual.containers import Container
from textual.reactive import reactive

from cockpit.metrics.series import Axis, MetricTable
from cockpit.tui.curve_axis import to_own, to_shown
from cockpit.tui.curve_layout import Layout, same_range
from cockpit.tui.curve_plots import PlotSpec
from cockpit.tui.curve_range import (
    LEAST_POINTS,
    MOST_POINTS_TO_STEP,
    Range,
    followed,
    moved,
    on_whole,
    zoomed,
)
from cockpit.tui.widgets.plot import Plot


class CurveMoves(Container):
    """Plots whose cursor, range and choice are moved together."""

    table: reactive[MetricTable] = reactive(MetricTable(), repaint=False)
    cursor_x: reactive[float | None] = reactive(None, repaint=False)
    """Where the cursor stands in every plot, on the axis shown; None for no cursor."""
    view: reactive[Range | None] = reactive(None, repaint=False)
    """What of the axis is shown; None for all of it."""
    chosen: reactive[str] = reactive("", repaint=False)
    """The title of the plot that the keys act on; empty for the first."""
    is_large: reactive[bool] = reactive(False, repaint=False)
    """The chosen plot stands alone."""
    specs: tuple[PlotSpec, ...] = ()
    """All plots there are, those included for which there is no room."""
    plots: tuple[Plot, ...] = ()
    is_preview = True
    """The mouse leaves it alone, and its marks are few."""
    page_room = 0
    """So many plots are shown at once."""
    _placed: Layout | None = None
    """By which cursor and view count."""

    @property
    def layout_of_axis(self) -> Layout:
        """The axis that all share."""
        raise NotImplementedError

    @property
    def shown_range(self) -> Range:
        """What of the axis is shown."""
        return self.view or self.layout_of_axis.whole

    @property
    def last_x(self) -> float:
        """The newest point, on the axis shown."""
        last = max((one.x[-1] for one in self.table.series.values() if len(one.x)), default=1.0)
        return to_shown(self.layout_of_axis.axis, last)

    def take_place(self, layout: Layout) -> None:
        """Let cursor and view stand at the same place of another axis."""
        before, self._placed = self._placed, layout
        if before is None or before.words == layout.words:
            return
        if self.view is not None:
            self.view = self._snapped(same_range(self.view, before, layout))
        if self.cursor_x is not None:
            own = to_own(before.axis, self.cursor_x)
            if layout.words.axis is not Axis.TIME:
                xs = max((one.x for one in self.table.series.values()), key=len, default=())
                own = xs[max(0, bisect_right(xs, own + abs(own) * 1e-9) - 1)] if len(xs) else own
            self.cursor_x = to_shown(layout.axis, own)

    def move_cursor(self, steps: int) -> None:
        """Move the cursor by so many points; where they are many, or by the clock, by cells.

        From none it starts at the newest point.
        """
        layout = self.layout_of_axis
        low, _ = layout.whole
        start = self.cursor_x if self.cursor_x is not None else self.last_x
        if layout.words.axis is not Axis.TIME and 0 < layout.points <= MOST_POINTS_TO_STEP:
            xs = max((one.x for one in self.table.series.values()), key=len)
            own = to_own(layout.axis, start)
            at = bisect_right(xs, own + abs(own) * 1e-9) - 1 + steps
            here = to_shown(layout.axis, xs[max(0, min(len(xs) - 1, at))])
        else:
            first, last = self.shown_range
            columns = next((one.columns for one in self.plots if one.has_class("-shown")), 1)
            here = start + steps * (last - first) / max(1, columns)
        self.cursor_x = max(low, min(max(self.last_x, low), here))
        if self.view is not None:
            self.view = followed(self.view, self.cursor_x, layout.whole)

    def zoom(self, steps: int, around: float | None = None) -> None:
        """Show less of the axis around the cursor, or more of it."""
        layout = self.layout_of_axis
        centre = next(x for x in (around, self.cursor_x, self.last_x) if x is not None)
        whole = layout.whole
        least = LEAST_POINTS * (whole[1] - whole[0]) / max(LEAST_POINTS, layout.points)
        if self.table.axis is layout.words.axis is Axis.EPOCH:
            least = min(LEAST_POINTS, whole[1] - whole[0])
        self.view = self._snapped(zoomed(self.shown_range, whole, centre, steps, least))

    def pan(self, part: float) -> None:
        """Show what came before or later, by a part of what is shown."""
        if self.view is not None:
            self.view = self._snapped(moved(self.view, self.layout_of_axis.whole, part))

    def _snapped(self, view: Range | None) -> Range | None:
        return view if self.layout_of_axis.words.axis is Axis.TIME else on_whole(view)

    @property
    def chosen_at(self) -> int:
        """The number of the chosen plot among all."""
        titles = [spec.title for spec in self.specs]
        return titles.index(self.chosen) if self.chosen in titles else 0

    @property
    def chosen_spec(self) -> PlotSpec | None:
        """The plot that the keys act on."""
        return self.specs[self.chosen_at] if self.specs else None

    def choose(self, steps: int) -> None:
        """Mean another plot, around the ends; from none on the first."""
        if self.specs:
            is_new = self.chosen not in [spec.title for spec in self.specs]
            first = 0 if steps > 0 else -1
            at = first if is_new and not self.is_large else self.chosen_at + steps
            self.chosen = self.specs[at % len(self.specs)].title

    def enlarge(self) -> None:
        """Show the chosen plot alone, or all again."""
        if self.specs:
            self.chosen = self.specs[self.chosen_at].title
            self.is_large = not self.is_large

    def turn_page(self, steps: int) -> None:
        """Show the next plots, around the ends."""
        if self.page_room and not self.is_large:
            pages = -(-len(self.specs) // self.page_room)
            page = (self.chosen_at // self.page_room + steps) % pages
            self.chosen = self.specs[page * self.page_room].title

    @on(Plot.Pointed)
    def point(self, event: Plot.Pointed) -> None:
        """Put the cursor under the mouse: on an epoch where epochs are counted."""
        event.stop()
        if self.is_preview:
            return
        axis = self.layout_of_axis.words.axis
        x = float(round(event.x)) if axis is not Axis.TIME else event.x
        self.cursor_x = max(self.layout_of_axis.whole[0], min(self.last_x, x))

    @on(Plot.Turned)
    def turn(self, event: Plot.Turned) -> None:
        """Zoom around the mouse."""
        event.stop()
        if self.is_preview:
            return
        self.zoom(event.steps, event.x)

    @on(Plot.Dragged)
    def drag(self, event: Plot.Dragged) -> None:
        """Move the range with the mouse."""
        event.stop()
        if self.is_preview:
            return
        self.pan(event.part)

    @on(Plot.TitlePressed)
    def press_title(self, event: Plot.TitlePressed) -> None:
        """Show that plot alone, or all again."""
        event.stop()
        if self.is_preview:
            return
        if isinstance(event.plot, Plot) and self.specs:
            self.chosen = event.plot.title
            self.is_large = not self.is_large
