"""What every screen has: the header above, the footer below, a snapshot in between."""

from __future__ import annotations

from contextlib import ExitStack
from typing import ClassVar, Final

from textual import getters
from textual.app import ComposeResult
from textual.reactive import var
from textual.screen import Screen

from cockpit.tui.needs import counts
from cockpit.tui.store import Snapshot
from cockpit.tui.widgets.footer import Footer
from cockpit.tui.widgets.header import Counts, Header, Mode

MODES: Final = (
    Mode("1", "Deck"), Mode("2", "Presets"), Mode("3", "Tools"), Mode("4", "Reports"),
)  # fmt: skip


class FrameScreen(Screen[None]):
    """A screen that shows the snapshot it is given; the app hands it a newer one each second."""

    HORIZONTAL_BREAKPOINTS: list[tuple[int, str]] | None = [  # noqa: RUF012  # as Textual has it
        (0, "-w0"),
        (60, "-w60"),
        (100, "-w100"),
        (140, "-w140"),
    ]
    VERTICAL_BREAKPOINTS: list[tuple[int, str]] | None = [  # noqa: RUF012  # as Textual has it
        (0, "-h0"),
        (16, "-h16"),
        (24, "-h24"),
        (30, "-h30"),
        (40, "-h40"),
    ]
    AUTO_FOCUS = ""
    MODE: ClassVar[str] = "1"
    """Key of the mode that the header marks."""

    snapshot: var[Snapshot | None] = var(None, init=False)
    """A `var`, for a reactive would paint the whole screen anew each second."""
    tool_words: var[str] = var("", init=False)
    """The tool that runs, for the header: `memory 7/9`; empty for none."""
    header = getters.query_one(Header)

    def __init__(self, host: str) -> None:
        super().__init__()
        self._host = host
        self._is_ready = False
        self._curtain = ExitStack()

    def compose(self) -> ComposeResult:
        """Yield the header, the screen's own widgets, the footer."""
        header = Header()
        header.host, header.modes, header.active = self._host, MODES, self.MODE
        yield header
        yield from self.compose_body()
        yield Footer()

    def compose_body(self) -> ComposeResult:
        """Yield what stands between header and footer."""
        yield from ()

    @property
    def is_current(self) -> bool:
        """False also below a screen that covers this one: its changes would repaint all above."""
        is_in_sight = super().is_current
        top = self.app.screen if is_in_sight else self
        return is_in_sight and (top is self or not isinstance(top, FrameScreen))

    def watch_snapshot(self, snapshot: Snapshot | None) -> None:
        """Fan the snapshot out to the widgets."""
        if snapshot is None or not self._is_ready:
            return
        with self.app.batch_update():
            self._show_counts(snapshot)
            self.header.simulated = snapshot.is_simulated
            self.header.now = snapshot.time
            self.show_snapshot(snapshot)

    def _show_counts(self, snapshot: Snapshot) -> None:
        number = counts(snapshot)
        self.header.counts = Counts(number.running, number.queued, number.needs, self.tool_words)

    def watch_tool_words(self) -> None:
        """Show in the header how far the tool is."""
        if self.snapshot is not None and self._is_ready:
            self._show_counts(self.snapshot)

    def show_tool(self) -> None:
        """Take what the running tool said since the last call; called twice a second."""

    def on_mount(self) -> None:
        """Wait for the widgets: what is set before their mount would never be painted.

        Nothing is painted until then, so that the first frame is a full one.
        """
        self._curtain.enter_context(self.app.batch_update())
        self.call_later(self._begin)

    def _begin(self) -> None:
        self._is_ready = True
        with self._curtain:
            self.watch_snapshot(self.snapshot)

    def start_over(self) -> None:
        """Put the keys where this screen begins; called when its mode is chosen."""

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Hand its parts to the widgets."""
