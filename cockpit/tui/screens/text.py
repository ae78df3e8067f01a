"""A text over the screen, to read and leave."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static


class TextScreen(ModalScreen[None]):
    """A title and a text that scrolls."""

    HELP = "esc goes back."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,d,enter", "dismiss", "back", key_display="esc", id="text.back",
                tooltip="Back to the screen"),
        Binding("q", "app.quit", "leave", show=False, id="text.quit", tooltip="Leave"),
    ]  # fmt: skip

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._heading = title
        self._text = text

    def compose(self) -> ComposeResult:
        """Yield the box."""
        box = VerticalScroll(id="text-box")
        box.border_title = self._heading
        box.border_subtitle = "↑ ↓ scroll · esc back"
        with box:
            yield Static(self._text, markup=False)
