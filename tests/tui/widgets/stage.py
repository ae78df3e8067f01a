from __future__ import annotations

from collections.abc import Callable

from textual.app import App, ComposeResult
from textual.message import Message
from textual.widget import Widget

from cockpit.tui.glyphs import UNICODE, Glyphs
from cockpit.tui.themes import DARK_NAME, themes_for


class Stage(App[None]):
    """One widget in the program's own colours; keeps every message that the widget posts."""

    CSS = "Screen { padding: 0; }"

    def __init__(self, widget: Callable[[], Widget], glyphs: Glyphs = UNICODE) -> None:
        super().__init__()
        self.glyphs = glyphs
        self._widget = widget
        for theme in themes_for("truecolor"):
            self.register_theme(theme)
        self.theme = DARK_NAME

    def compose(self) -> ComposeResult:
        """Yield the widget."""
        yield self._widget()


def shown(app: App[None]) -> list[str]:
    """Return what stands on the screen, row by row."""
    width, height = app.size
    strips = app.screen._compositor.render_strips()
    rows = ["".join(segment.text for segment in strip).ljust(width) for strip in strips]
    return rows[:height]


class Kept(list[Message]):
    """A message hook that keeps what passes."""

    def __call__(self, message: Message) -> None:
        """Keep it once; on its way up it passes here again."""
        if not any(kept is message for kept in self):
            self.append(message)
