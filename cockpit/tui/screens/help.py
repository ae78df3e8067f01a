"""The keys of the screen below, made from its bindings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static


@dataclass(frozen=True, slots=True)
class HelpLine:
    """One key and what it does."""

    key: str
    text: str


class HelpScreen(ModalScreen[None]):
    """What this screen shows, and every key that acts on it."""

    HELP = "esc or ? goes back."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1", "dismiss", "back", id="help.back",
                tooltip="Back to the screen"),
        Binding("q", "app.quit", "leave", id="help.quit", tooltip="Leave; the runs go on"),
    ]  # fmt: skip

    def __init__(self, text: str, lines: Iterable[HelpLine]) -> None:
        super().__init__()
        self._text = text
        self._lines = tuple(lines)

    def compose(self) -> ComposeResult:
        """Yield the text and the keys in one box that scrolls."""
        box = VerticalScroll(id="help-box")
        box.border_title = "Keys"
        with box:
            yield Static(Content(" ".join(self._text.split())), id="help-text")
            yield Static(Content("\n").join(self._rows()), id="help-keys")

    def _rows(self) -> list[Content]:
        width = max((len(line.key) for line in self._lines), default=0) + 3
        return [
            Content.assemble((line.key.ljust(width), "$accent"), line.text) for line in self._lines
        ]
