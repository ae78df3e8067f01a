"""Rows in columns that scroll: only those in sight are built, only what changed is painted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import Click, MouseScrollDown, MouseScrollUp, Resize
from textual.message import Message

from cockpit.tui.ink import Line, pad, push_right
from cockpit.tui.widgets.rows import Rows

WHEEL_ROWS = 3


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column: its cells, the gap before its text included, and its head."""

    width: int
    head: str
    is_left: bool = False
    group: int = 0
    """Neighbours of one group share a widget: they change together."""


RowBuilder = Callable[[int, bool], tuple[Line, ...]]
"""Returns the lines of row `n`, one for each column; the second word: whether it is selected."""


class GpuTable(Horizontal, can_focus=True):
    """A list that keeps its selection by key, cut into one widget for each group of columns.

    What stands still lies in other widgets than what changes each second, but no figure has one
    of its own: with 64 rows each widget costs more than the cells. With two blocks the first half
    of the rows stands left of the second.
    """

    DEFAULT_CSS = "GpuTable { height: 1fr; overflow: hidden; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "row above", show=False, key_display="↑ ↓", id="gpus.up",
                tooltip="Select another row"),
        Binding("down,j", "move(1)", show=False, id="gpus.down"),
        Binding("left", "side(-1)", "left", show=False, key_display="← →", id="gpus.left",
                tooltip="Select the row beside it"),
        Binding("right", "side(1)", show=False, id="gpus.right"),
        Binding("pageup", "page(-1)", "page up", show=False, key_display="pgup pgdn",
                id="gpus.page-up", tooltip="Select the row a page above or below"),
        Binding("pagedown", "page(1)", show=False, id="gpus.page-down"),
        Binding("home", "end(0)", "first", show=False, id="gpus.first",
                tooltip="Select the first row"),
        Binding("end,G", "end(1)", "last", show=False, id="gpus.last",
                tooltip="Select the last row"),
    ]  # fmt: skip

    @dataclass
    class Highlighted(Message):
        """Another row is selected."""

        key: str

    @dataclass
    class Opened(Message):
        """The selected row was clicked."""

        key: str

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self.has_heads = True
        self._keys: tuple[str, ...] = ()
        self._columns: tuple[TableColumn, ...] = ()
        self._blocks = 1
        self._build: RowBuilder = lambda row, is_selected: ()
        self._widgets: list[Rows] = []
        self._top = 0
        self.selected: str | None = None

    def compose(self) -> ComposeResult:
        """Yield nothing yet: the columns come with the first rows."""
        yield from ()

    def show(
        self,
        keys: Sequence[str],
        columns: tuple[TableColumn, ...],
        blocks: int,
        gap: int,
        build: RowBuilder,
    ) -> None:
        """Show these rows; the selection stays with its key, or else with its place."""
        before, self._keys = self._keys, tuple(keys)
        self._build = build
        if (columns, blocks) != (self._columns, self._blocks):
            self._columns, self._blocks = columns, blocks
            self._rebuild(gap)
        if keys and self.selected not in self._keys:
            row = before.index(self.selected) if self.selected in before else 0
            self._select(min(row, len(keys) - 1))
        elif before and before != self._keys:
            self._keep_in_sight()
        self.paint()

    @property
    def rows_in_sight(self) -> range:
        """The rows of the first block that can be seen."""
        return range(self._top, min(self._top + self._height, self.rows_of_block))

    @property
    def is_cut(self) -> bool:
        """True while there are rows above or below those in sight."""
        return self.rows_of_block > self._height

    @property
    def row(self) -> int:
        """The selected row; -1 without one."""
        return self._keys.index(self.selected) if self.selected in self._keys else -1

    @property
    def rows_of_block(self) -> int:
        """How many rows stand below each other."""
        return -(-len(self._keys) // self._blocks)

    @property
    def _groups(self) -> list[list[int]]:
        """The numbers of the columns that each widget of a block holds."""
        numbers = range(len(self._columns))
        by_group = groupby(numbers, key=lambda number: self._columns[number].group)
        return [list(members) for _, members in by_group]

    @property
    def _height(self) -> int:
        return max(0, self.size.height - self.has_heads)

    def _rebuild(self, gap: int) -> None:
        """Replace the columns: only when the width or the number of rows asks for others."""
        self._widgets = []
        for block in range(self._blocks):
            for group in self._groups:
                widget = Rows()
                widget.styles.width = sum(self._columns[number].width for number in group)
                self._widgets.append(widget)
            if block < self._blocks - 1:
                self._widgets[-1].styles.margin = (0, gap, 0, 0)
        self.remove_children()
        self.mount_all(self._widgets)

    def paint(self) -> None:
        """Build the rows in sight and hand each column its lines."""
        height = self._height
        if not self.is_mounted or not self._widgets or height <= 0:
            return
        self._top = max(0, min(self._top, self.rows_of_block - height))
        groups = self._groups
        for block in range(self._blocks):
            first = block * self.rows_of_block
            last = min(first + self.rows_of_block, len(self._keys))
            shown = range(first + self._top, min(first + self._top + height, last))
            built = [self._build(row, self._keys[row] == self.selected) for row in shown]
            head = tuple(_head(column) for column in self._columns)
            for number, group in enumerate(groups):
                lines = tuple(_joined(row, group) for row in built)
                widget = self._widgets[block * len(groups) + number]
                widget.show((_joined(head, group), *lines) if self.has_heads else lines)

    def on_resize(self, event: Resize) -> None:
        """Show more or fewer rows."""
        self._keep_in_sight()
        self.paint()

    def _select(self, row: int) -> None:
        if not self._keys:
            return
        self.selected = self._keys[max(0, min(len(self._keys) - 1, row))]
        self._keep_in_sight()
        self.paint()
        self.post_message(self.Highlighted(self.selected))

    def choose(self, key: str) -> None:
        """Select the row of that key, if it is there."""
        if key in self._keys:
            self._select(self._keys.index(key))
        elif not self._keys:
            self.selected = key

    def _keep_in_sight(self) -> None:
        row, height = self.row, self._height
        if row < 0 or height <= 0:
            return
        row %= max(1, self.rows_of_block)
        self._top = min(self._top, row)
        self._top = max(self._top, row - height + 1)

    def action_move(self, rows: int) -> None:
        """Select the row so many below."""
        self._select(self.row + rows)

    def action_side(self, blocks: int) -> None:
        """Select the row beside it."""
        row = self.row + blocks * self.rows_of_block
        if self._blocks > 1 and 0 <= row < len(self._keys):
            self._select(row)

    def action_page(self, pages: int) -> None:
        """Select the row a page below or above."""
        self._select(self.row + pages * max(1, self._height - 1))

    def action_end(self, is_last: int) -> None:
        """Select the first or the last row."""
        self._select(len(self._keys) - 1 if is_last else 0)

    def _scroll(self, rows: int) -> None:
        before = self._top
        self._top = max(0, min(self.rows_of_block - self._height, self._top + rows))
        if self._top != before:
            self.paint()

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Look further down; the selection stays where it is."""
        event.stop()
        self._scroll(WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Look further up."""
        event.stop()
        self._scroll(-WHEEL_ROWS)

    def on_click(self, event: Click) -> None:
        """Select the row under the mouse; the selected one opens."""
        x = event.screen_x - self.region.x
        y = event.screen_y - self.region.y - self.has_heads
        width = sum(column.width for column in self._columns)
        block = 1 if self._blocks > 1 and x > width else 0
        row = self._top + y + block * self.rows_of_block
        if y < 0 or self._top + y >= self.rows_of_block or row >= len(self._keys):
            return
        if self._keys[row] == self.selected:
            self.post_message(self.Opened(self._keys[row]))
        else:
            self._select(row)


def _joined(lines: Sequence[Line], group: Sequence[int]) -> Line:
    return tuple(piece for number in group for piece in lines[number])


def _head(column: TableColumn) -> Line:
    head: Line = ((column.head, "faint"),)
    return pad(head, column.width) if column.is_left else push_right(head, column.width)
