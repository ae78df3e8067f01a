"""The runs, newest first, one row each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from cockpit.tui.ink import Line, ink_of
from cockpit.tui.run_columns import RunColumns, choose_columns
from cockpit.tui.run_rows import run_line
from cockpit.views.run_view import RunView


class RunList(ScrollView, can_focus=True):
    """A list of runs that keeps its selection by run_id while the runs change.

    Rows are compared as text: one that stays the same is not sent to the terminal again.
    """

    DEFAULT_CSS = """
    RunList { height: auto; max-height: 100%; scrollbar-size: 0 0; overflow-x: hidden; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "previous run", show=False, id="runs.up",
                tooltip="Select the run above"),
        Binding("down,j", "move(1)", "next run", show=False, id="runs.down",
                tooltip="Select the run below"),
        Binding("pageup", "page(-1)", "page up", show=False, id="runs.pageup",
                tooltip="Select the run a page above"),
        Binding("pagedown", "page(1)", "page down", show=False, id="runs.pagedown",
                tooltip="Select the run a page below"),
        Binding("home", "first", "first run", show=False, id="runs.first",
                tooltip="Select the newest run"),
        Binding("end,G", "last", "last run", show=False, id="runs.last",
                tooltip="Select the oldest run"),
        Binding("enter", "open", "open", key_display="⏎", id="runs.open",
                tooltip="Curves, log and facts of the selected run"),
    ]  # fmt: skip

    runs: reactive[tuple[RunView, ...]] = reactive((), repaint=False)
    selected: reactive[str | None] = reactive(None, repaint=False)
    """The run_id of the selected row."""
    marked: reactive[tuple[str, ...]] = reactive((), repaint=False)
    """The run_ids of the rows that carry a mark, in the order in which they were marked."""

    @dataclass
    class Highlighted(Message):
        """Another run is selected, or none (empty run_id)."""

        run_id: str

    @dataclass
    class Opened(Message):
        """The user wants to see this run."""

        run_id: str

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002  # the name that every Textual widget uses
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._shown: dict[int, Line] = {}
        self._columns: RunColumns | None = None

    @property
    def index(self) -> int:
        """The row of the selected run; -1 without one."""
        for row, run in enumerate(self.runs):
            if run.run_id == self.selected:
                return row
        return -1

    @property
    def more_below(self) -> int:
        """How many runs stand below the last that can be seen."""
        return max(0, len(self.runs) - self.scroll_offset.y - self.size.height)

    def watch_runs(self, before: tuple[RunView, ...], runs: tuple[RunView, ...]) -> None:
        """Keep the selection by name; where its run is gone, the row in its place is next."""
        known = {run.run_id for run in runs}
        if runs and self.selected not in known:
            rows = [run.run_id for run in before]
            row = rows.index(self.selected) if self.selected in rows else 0
            self.selected = runs[min(row, len(runs) - 1)].run_id
        elif not runs:
            self.selected = None
        if len(before) != len(runs):
            self.refresh(layout=True)
        self._paint()

    def watch_selected(self, before: str | None, selected: str | None) -> None:
        """Move the bar, keep it in sight and tell the screen."""
        self._paint()
        self._keep_in_sight()
        self.post_message(self.Highlighted(selected or ""))

    def watch_marked(self) -> None:
        """Show the marks."""
        self._paint()

    def mark(self, run_id: str) -> None:
        """Mark a run, or take its mark."""
        others = tuple(one for one in self.marked if one != run_id)
        self.marked = others if run_id in self.marked else (*others, run_id)

    def on_resize(self, event: Resize) -> None:
        """Lay the rows out for the new width."""
        self._paint()
        self._keep_in_sight()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return one row for each run."""
        return len(self.runs)

    def _paint(self) -> None:
        """Lay out the rows in sight, and repaint those that became different."""
        width = self.size.width
        if not self.is_mounted or width <= 0:
            return
        self._columns = choose_columns(self.runs, width)
        before, self._shown = self._shown, {}
        size = Size(width, len(self.runs))
        if self.virtual_size != size:
            self.virtual_size = size
            self.refresh()
            return
        top = self.scroll_offset.y
        window = range(top, min(top + self.size.height, len(self.runs)))
        changed = [row for row in window if self._line(row) != before.get(row)]
        if changed:
            self.refresh(*(Region(0, row - top, width, 1) for row in changed))

    def _line(self, row: int) -> Line:
        """Return the row of a run, laid out once until the runs change."""
        if row not in self._shown and self._columns is not None and row < len(self.runs):
            run = self.runs[row]
            is_selected = run.run_id == self.selected
            is_marked = run.run_id in self.marked
            self._shown[row] = run_line(run, self._columns, selected=is_selected, marked=is_marked)
        return self._shown.get(row, ())

    def _keep_in_sight(self) -> None:
        row = self.index
        if row < 0 or not self.is_mounted:
            return
        top, height = self.scroll_offset.y, self.size.height
        if row < top:
            self.scroll_to(y=row, animate=False, immediate=True)
        elif height and row >= top + height:
            self.scroll_to(y=row - height + 1, animate=False, immediate=True)

    def render_line(self, y: int) -> Strip:
        """Return the run at row `y` of the window."""
        return ink_of(self).strip(self._line(self.scroll_offset.y + y), self.size.width)

    def _select(self, row: int) -> None:
        if self.runs:
            self.selected = self.runs[max(0, min(len(self.runs) - 1, row))].run_id

    def action_move(self, rows: int) -> None:
        """Select the run so many rows below."""
        self._select(self.index + rows)

    def action_page(self, pages: int) -> None:
        """Select the run a page below or above."""
        self._select(self.index + pages * max(1, self.size.height - 1))

    def action_first(self) -> None:
        """Select the newest run."""
        self._select(0)

    def action_last(self) -> None:
        """Select the oldest run."""
        self._select(len(self.runs) - 1)

    def action_open(self) -> None:
        """Ask for the screen of the selected run."""
        if self.selected:
            self.post_message(self.Opened(self.selected))

    def on_click(self, event: Click) -> None:
        """Select the row under the mouse; the selected one opens."""
        row = self.scroll_offset.y + event.y
        if not 0 <= row < len(self.runs):
            return
        if self.runs[row].run_id == self.selected:
            self.action_open()
        else:
            self._select(row)
