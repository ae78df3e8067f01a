"""The fields of a launch: label, value, where the value comes from; one of them can be edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.reactive import reactive, var
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from cockpit.tui.form import SOURCE, Field
from cockpit.tui.ink import Line, fit, fit_path, ink_of, right
from cockpit.tui.widgets.ordered_input import OrderedInput

LABEL_WIDTH: Final = 18
SOURCE_WIDTH: Final = 13
ROOM_FOR_BOTH: Final = 28
"""From so many cells on a long path gives way to what stands beside it."""


class FieldInput(OrderedInput):
    """The value of one field while it is edited; ⏎ takes it, esc forgets it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "accept", key_display="⏎", id="field.accept",
                tooltip="Take the value"),
        Binding("tab", "submit", "accept", show=False, id="field.accept-tab",
                tooltip="Take the value"),
        Binding("escape", "leave", "leave the field", key_display="esc", id="field.leave",
                tooltip="Leave the field as it was"),
    ]  # fmt: skip

    @dataclass
    class Left(Message):
        """The field is left as it was."""

    def action_leave(self) -> None:
        """Forget the edit."""
        self.post_message(self.Left())


class FieldRow(Widget):
    """One field."""

    DEFAULT_CSS = """
    FieldRow { height: 1; layout: horizontal; }
    FieldRow FieldInput { height: 1; border: none; padding: 0; width: 1fr;
        margin: 0 14 0 18; background: $select; color: $strong; }
    FieldRow FieldInput:focus { border: none; background: $select; background-tint: $select 0%; }
    FieldRow FieldInput > .input--selection { background: $accent; color: $ground; }
    """

    entry: reactive[Field | None] = reactive(None)
    note: reactive[str] = reactive("")
    is_selected: reactive[bool] = reactive(False)

    def __init__(self, entry: Field, index: int) -> None:
        super().__init__()
        self.index = index
        self.set_reactive(FieldRow.entry, entry)

    def render_line(self, y: int) -> Strip:
        """Return the row."""
        width = self.size.width
        line = field_line(self.entry, self.note, width, self.is_selected) if self.entry else ()
        return ink_of(self).strip(line, width)

    def edit(self) -> None:
        """Put an input in the place of the value."""
        if self.entry and not self.query(FieldInput):
            entry = FieldInput(self.entry.value, select_on_focus=True)
            entry.cursor_blink = False
            self.mount(entry)
            entry.focus()

    def on_click(self) -> None:
        """Select this row."""
        self.post_message(LaunchForm.Chosen(self.index))


def field_line(entry: Field, note: str, width: int, is_selected: bool) -> Line:
    """Return one field in `width` cells."""
    room = max(8, width - LABEL_WIDTH - SOURCE_WIDTH)
    own = entry.value
    if note and room >= ROOM_FOR_BOTH and "/" in own and cell_len(own) > room // 2:
        own = fit_path(own, room // 2)  # what it comes to says more than where it begins
    note_room = max(0, room - cell_len(own) - 4)
    note = fit(note, min(cell_len(note), note_room)) if note_room > 6 else ""
    value = fit(own, max(1, room - cell_len(note) - 3))
    look = " on select" if is_selected else ""
    return (
        (fit(entry.label, LABEL_WIDTH - 2), "strong" if is_selected else "muted"),
        ("▌" if is_selected else " ", "accent"),
        (" ", f"text{look}"),
        (value, f"{'strong' if is_selected else 'text'}{look}"),
        (f" {note} ", f"muted{look}"),
        (" ", f"text{look}"),
        (right(entry.source, SOURCE_WIDTH), "accent" if entry.source == SOURCE else "faint"),
    )


class LaunchForm(VerticalScroll, can_focus=True):
    """The fields, one selected; letters act only while no field is edited."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "field", key_display="↑ ↓", id="form.up",
                tooltip="Another field"),
        Binding("down,j", "move(1)", show=False, id="form.down"),
        Binding("enter", "edit", "edit", key_display="⏎", id="form.edit",
                tooltip="Edit the field; esc leaves it, ⏎ takes the value or the next choice"),
        Binding("u", "revert", "usual", id="form.revert",
                tooltip="Back to the usual value: of the preset, or of the tool"),
    ]  # fmt: skip

    fields: reactive[tuple[Field, ...]] = reactive((), init=False)
    notes: reactive[Mapping[str, str]] = reactive({}, init=False)
    """By key: what a value comes to, such as `global 48`."""
    selected: var[int] = var(0)

    @dataclass
    class Edited(Message):
        """A field has another value."""

        key: str
        value: str

    @dataclass
    class Reverted(Message):
        """A field shall have the preset's value again."""

        key: str

    @dataclass
    class Chosen(Message):
        """A row was clicked."""

        index: int

    @property
    def is_editing(self) -> bool:
        """True while a field is edited."""
        return bool(self.query(FieldInput))

    def compose(self) -> ComposeResult:
        """Yield a row for each field."""
        for index, entry in enumerate(self.fields):
            yield FieldRow(entry, index)

    async def watch_fields(self, old: tuple[Field, ...], new: tuple[Field, ...]) -> None:
        """Update the rows, or build them anew for another preset."""
        if [entry.key for entry in old] == [entry.key for entry in new]:
            for row, entry in zip(self.query(FieldRow), new, strict=True):
                row.entry = entry
            return
        self.selected = 0
        await self.recompose()
        self.watch_notes()
        self._mark()

    def watch_notes(self) -> None:
        """Write the notes beside their values."""
        for row in self.query(FieldRow):
            row.note = self.notes.get(row.entry.key, "") if row.entry else ""

    def watch_selected(self) -> None:
        """Move the bar."""
        self._mark()

    def watch_has_focus(self, has_focus: bool) -> None:
        """Show the bar only where the keys act."""
        super().watch_has_focus(has_focus)
        self._mark()

    def _mark(self) -> None:
        for row in self.query(FieldRow):
            row.is_selected = row.index == self.selected and (self.has_focus or self.is_editing)
            if row.index == self.selected:
                self.scroll_to_widget(row, animate=False)

    def _row(self) -> FieldRow | None:
        rows = list(self.query(FieldRow))
        return rows[self.selected] if self.selected < len(rows) else None

    def action_move(self, steps: int) -> None:
        """Select another field."""
        self.selected = max(0, min(self.selected + steps, len(self.fields) - 1))

    def action_edit(self) -> None:
        """Edit the selected field."""
        row = self._row()
        if row and row.entry and row.entry.choices:
            self.post_message(self.Edited(row.entry.key, row.entry.next_choice))
        elif row:
            row.edit()

    def action_revert(self) -> None:
        """Ask for the preset's value back."""
        row = self._row()
        if row and row.entry:
            self.post_message(self.Reverted(row.entry.key))

    @on(Chosen)
    def choose(self, event: LaunchForm.Chosen) -> None:
        """Select the row that was clicked; a second click edits it."""
        if event.index == self.selected and self.has_focus:
            self.action_edit()
        self.selected = event.index

    @on(Input.Submitted)
    async def take(self, event: Input.Submitted) -> None:
        """Take the value."""
        event.stop()
        row = event.input.parent
        if isinstance(row, FieldRow) and row.entry:
            self.post_message(self.Edited(row.entry.key, event.value.strip()))
        await self._end_edit()

    @on(FieldInput.Left)
    async def leave(self) -> None:
        """Leave the field as it was."""
        await self._end_edit()

    async def _end_edit(self) -> None:
        await self.query(FieldInput).remove()
        self.focus()
