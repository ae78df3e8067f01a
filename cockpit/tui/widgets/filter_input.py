"""The line in which one writes which rows shall be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from cockpit.tui.widgets.ordered_input import OrderedInput


class FilterInput(OrderedInput):
    """Filters while one writes; ⏎ keeps the filter, esc drops it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "keep", key_display="⏎", id="filter.keep",
                tooltip="Show these rows only"),
        Binding("escape", "drop", "all rows", key_display="esc", id="filter.drop",
                tooltip="Show all rows again"),
        Binding("tab", "submit", show=False, id="filter.tab"),
    ]  # fmt: skip

    @dataclass
    class Dropped(Message):
        """All rows shall be shown."""

    def __init__(self, placeholder: str, *, id: str | None = None) -> None:  # noqa: A002  # Textual
        super().__init__(placeholder=placeholder, select_on_focus=False, id=id)
        self.cursor_blink = False

    def action_drop(self) -> None:
        """Filter nothing and give the keys back."""
        self.post_message(self.Dropped())
