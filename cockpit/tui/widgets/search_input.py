"""The line in which one writes what to search for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from cockpit.tui.widgets.ordered_input import OrderedInput


class SearchInput(OrderedInput):
    """What the log shall be searched for, or hold to be shown; ⏎ does it, esc leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "find", key_display="⏎", id="search.find",
                tooltip="Go to the first line that holds it, or show only such lines"),
        Binding("escape", "leave", "leave the search", key_display="esc", id="search.leave",
                tooltip="Search nothing"),
        Binding("tab", "leave", show=False, description="", id="search.tab"),
    ]  # fmt: skip

    @dataclass
    class Left(Message):
        """Nothing shall be searched."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(select_on_focus=True, id=id)
        self.cursor_blink = False
        self.is_filter = False
        """What is written chooses the lines that are shown."""
        self._kept = {False: "", True: ""}

    @property
    def searched(self) -> str:
        """What was written last to search for."""
        return self._kept[False] if self.is_filter else self.value

    def ask(self, *, is_filter: bool) -> None:
        """Ask for one or the other; each remembers what was written last."""
        self._kept[self.is_filter] = self.value
        self.is_filter, self.value = is_filter, self._kept[is_filter]
        what = "show only lines that hold" if is_filter else "search the log for"
        self.placeholder = f"{what} a text or a regular expression"

    def action_leave(self) -> None:
        """Give the keys back."""
        self.post_message(self.Left())
