"""The smallest Textual app with a header and a footer; `bench.frame` measures against it."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Footer, Header, Static


class Floor(App[None]):
    """One line between a header and a footer."""

    def compose(self) -> ComposeResult:
        """Yield the three."""
        yield Header()
        yield Static("the floor")
        yield Footer()


if __name__ == "__main__":
    Floor().run()
