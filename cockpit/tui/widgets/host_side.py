"""The host beside the GPUs, where the screen is wide enough."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Resize
from textual.reactive import reactive

from cockpit.devices.sample import HostSample
from cockpit.tui.host_lines import host_side
from cockpit.tui.widgets.rows import Rows
from cockpit.tui.widgets.rule_title import RuleTitle


class HostSide(Vertical):
    """A title and one line for each thing that a training can run out of."""

    DEFAULT_CSS = "HostSide { height: auto; }"

    sample: reactive[HostSample | None] = reactive(None, repaint=False)
    full_in_s: reactive[float | None] = reactive(None, repaint=False)
    """When the disk is full at the present rate; None: it is not filling."""
    facts: reactive[str] = reactive("", repaint=False)
    """After the title: the name of the machine."""
    most_rows: reactive[int] = reactive(8, repaint=False)
    """So many lines below the title."""

    def __init__(self) -> None:
        super().__init__()
        self._title = RuleTitle("Host")
        self._rows = Rows()

    def compose(self) -> ComposeResult:
        """Yield the title and the lines below it."""
        yield self._title
        yield self._rows

    def on_mount(self) -> None:
        """Paint what was set before the mount."""
        self._paint()

    def on_resize(self, event: Resize) -> None:
        """Lay the lines out for the new width."""
        self._paint()

    def watch_sample(self) -> None:
        """Show the newest reading."""
        self._paint()

    def watch_most_rows(self) -> None:
        """Show more lines or fewer."""
        self._paint()

    def _paint(self) -> None:
        if self.is_mounted and self.size.width > 0:
            self._title.facts = self.facts
            lines = host_side(self.sample, self.full_in_s, self.size.width)
            self._rows.show(lines[: self.most_rows])
