"""The line in which one writes what to search for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class SearchInput(Input):
    """What the log shall be searched for; ⏎ finds it, esc leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "find", key_display="⏎", id="search.find",
                tooltip="Go to the first line that holds it"),
        Binding("escape", "leave", "leave the search", key_display="esc", id="search.leave",
                tooltip="Search nothing"),
        Binding("tab", "leave", show=False, description="", id="search.tab"),
    ]  # fmt: skip

    @dataclass
    class Left(Message):
        """Nothing shall be searched."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(placeholder="search the log", select_on_focus=True, id=id)
        self.cursor_blink = False

    def action_leave(self) -> None:
        """Give the keys back."""
        self.post_message(self.Left())
