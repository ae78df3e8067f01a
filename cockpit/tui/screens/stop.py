"""The one question: shall this run be stopped?"""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from cockpit.runs.phase import Phase
from cockpit.tui.ending import Consequence, consequences, progress_words
from cockpit.tui.store import Snapshot
from cockpit.views.run_view import RunView

LABEL_WIDTH = 12


class StopDialog(ModalScreen[bool]):
    """Names the run, its processes and GPUs, what is kept and lost; True when it shall stop."""

    HELP = "y stops the run; everything else keeps it running."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "stop the run", id="stop.yes", tooltip="Stop it"),
        Binding("escape,n", "answer(False)", "keep it running", id="stop.no",
                tooltip="Leave it alone"),
        Binding("q", "app.quit", "leave", show=False, id="stop.quit",
                tooltip="Leave; the run goes on"),
        Binding("left,right", "app.focus_next", "other button", show=False, id="stop.move",
                tooltip="Move between the two buttons"),
    ]  # fmt: skip

    def __init__(self, run: RunView, snapshot: Snapshot) -> None:
        super().__init__()
        self._run = run
        self._lines = consequences(run, snapshot)

    def compose(self) -> ComposeResult:
        """Yield the box."""
        forced = self._run.phase is Phase.STOPPING
        box = Vertical(id="stop-box")
        box.border_title = "Kill this run?" if forced else "Stop this run?"
        with box:
            yield Static(Content.assemble((self._run.name, "$strong bold")))
            yield Static(Content(progress_words(self._run)))
            yield Static("")
            yield Static(Content("\n").join(_line(line) for line in self._lines), id="stop-lines")
            with Horizontal(id="stop-buttons"):
                word = "kill it now" if forced else "stop the run"
                yield Button(Content.assemble(("y", "bold"), f"  {word}"), id="stop-yes")
                yield Button(Content.assemble(("esc", "bold"), "  keep it running"), id="stop-no")

    def on_mount(self) -> None:
        """Put the focus on the harmless button."""
        self.query_one("#stop-no", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Take the button's answer."""
        self.dismiss(event.button.id == "stop-yes")

    def action_answer(self, is_yes: bool) -> None:
        """Take the key's answer."""
        self.dismiss(is_yes)


def _line(line: Consequence) -> Content:
    return Content.assemble((line.label.ljust(LABEL_WIDTH), "$muted"), (line.text, f"${line.tone}"))
