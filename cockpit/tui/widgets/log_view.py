"""A log file of any size, one page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView


class LogView(ScrollView, can_focus=True):
    """The lines of a growing log; follows its end until the user scrolls up."""

    path: reactive[Path | None] = reactive(None)
    following: reactive[bool] = reactive(True)

    @dataclass
    class StateChanged(Message):
        """What stands at the right of the log's title has changed."""

        state: str

    def __init__(self, path: Path | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(LogView.path, path)

    @property
    def state(self) -> str:
        """`following · 2.1 MB`, `line 1,204 of 88,120 · 2.1 MB` or why there is nothing."""
        return ""

    def poll(self) -> None:
        """Look at the file again; call it every 0.5 s."""

    def find(self, text: str, forward: bool = True) -> bool:
        """Go to the next line that holds `text` (case ignored); False when there is none."""
        return False

    def follow(self) -> None:
        """Go to the end and stay there."""
