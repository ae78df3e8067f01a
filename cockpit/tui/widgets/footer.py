"""The bottom row: the keys that matter here."""

from __future__ import annotations

from textual.widget import Widget


class Footer(Widget):
    """The shown bindings of the screen at the left, palette and help at the right."""

    DEFAULT_CSS = "Footer { dock: bottom; height: 1; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
