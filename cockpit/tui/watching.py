"""An app that follows a store: it hands snapshots to its screens and tells what broke."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable
from typing import Final

from textual import on
from textual.app import App
from textual.driver import Driver
from textual.events import Resize
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from cockpit.tui.acts import terminal_notices
from cockpit.tui.crash import describe
from cockpit.tui.glyphs import ASCII, UNICODE, Glyphs
from cockpit.tui.messages import Failed, HideNeeds, Refreshed
from cockpit.tui.needs import attention, hide
from cockpit.tui.notices import Bulletin, escape_codes
from cockpit.tui.screens.frame import FrameScreen
from cockpit.tui.store import Snapshot, Store
from cockpit.tui.stylesheet import SteadyStylesheet
from cockpit.tui.themes import DARK_NAME, LIGHT_NAME, themes_for
from cockpit.tui.watch import Watch

FIRST_LOOK_S: Final = 0.15
"""So long the first frame waits for runs and devices; a dead disk does not delay it further."""


class WatchingApp(App[None]):
    """Looks at the store once a second, from after the first frame until it is left."""

    def __init__(
        self,
        open_store: Callable[[], Store],
        clock: Callable[[], float],
        *,
        ascii_only: bool,
    ) -> None:
        # Textual chooses its filter before our theme is known: NO_COLOR would be black on black.
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self.glyphs: Glyphs = ASCII if ascii_only else UNICODE
        self.animation_level = "none"
        self.snapshot: Snapshot | None = None
        self._bulletin = Bulletin()
        self._rings: bool | None = None
        self._watch = Watch(open_store, self.post_message, clock)
        self._watch.start()
        colours = "none" if self.no_color else self.console.color_system or "truecolor"
        for theme in themes_for(colours):
            self.register_theme(theme)
        self.theme = DARK_NAME
        self.stylesheet = SteadyStylesheet(variables=self.get_css_variables())

    def get_driver_class(self) -> type[Driver]:
        """Return Textual's driver, in place of the usual one our own that saves traffic."""
        from textual.drivers.linux_driver import LinuxDriver

        from cockpit.tui.driver import ThriftyDriver

        usual: type[Driver] = super().get_driver_class()
        return ThriftyDriver if usual is LinuxDriver else usual

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return what Textual's own styles ask of a 16-colour theme."""
        return {"ansi-background": "ansi_default", "ansi-foreground": "ansi_default"}

    def on_ready(self) -> None:
        """Take what was read while the screen was built."""
        self._watch.hand_over()
        gc.enable()

    def on_unmount(self) -> None:
        """End the poller; no run is touched."""
        self._watch.close()

    @on(Resize)
    def forget_paint(self) -> None:
        """Paint everything anew, also where the size is the same: it may have changed twice."""
        self.action_repaint()

    def action_repaint(self) -> None:
        """Paint everything anew: something else may have written to the terminal."""
        forget = getattr(self._driver, "forget", None)
        if forget is not None:
            forget()
        if self.screen_stack:
            self.screen.refresh()

    def look_again(self) -> None:
        """Refresh now, because something was just started or stopped."""
        self._watch.nudge()

    @on(Refreshed)
    def take_snapshot(self, event: Refreshed) -> None:
        """Hand a newer snapshot to the screens that can be seen."""
        self.announce(self._bulletin.take(event.snapshot))
        hidden = self.snapshot.hidden if self.snapshot else ()
        self._show(hide(event.snapshot, hidden))

    def _show(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        for screen in self.screen_stack:
            self.show_newest(screen)

    def announce(self, texts: Iterable[str]) -> None:
        """Ring, and tell terminals that show notices, unless the user wants neither."""
        codes = escape_codes(texts)
        if codes and self._driver is not None and self._wants_notices():
            self._driver.write(codes)

    def _wants_notices(self) -> bool:
        if self._rings is None:
            self._rings = terminal_notices()
        return self._rings

    @on(HideNeeds)
    def hide_needs(self) -> None:
        """Hide all that needs somebody now."""
        self.hide_needs_of(None)

    def hide_needs_of(self, run_id: str | None) -> None:
        """Hide what this run needs, or everything, until something new comes."""
        if self.snapshot is not None:
            noted = [
                need.topic
                for need in attention(self.snapshot)
                if run_id is None or need.run_id == run_id
            ]
            self._show(hide(self.snapshot, (*self.snapshot.hidden, *noted)))

    def first_look(self) -> None:
        """Take the first snapshot before the first frame, if it is there soon enough."""
        self.snapshot = self._watch.first(FIRST_LOOK_S)
        if self.snapshot is not None:
            self._bulletin.take(self.snapshot)

    def show_newest(self, screen: Widget) -> None:
        """Hand the newest snapshot to a screen, if it shows snapshots."""
        if isinstance(screen, FrameScreen):
            screen.snapshot = self.snapshot

    @on(Failed)
    def show_failure(self, event: Failed) -> None:
        """Show one sentence, and where the rest lies."""
        where = f"\nthe traceback is in {event.file}" if event.file else ""
        self.notify(f"{event.sentence}{where}", severity="error", timeout=10, markup=False)

    @on(Worker.StateChanged)
    def show_worker_failure(self, event: Worker.StateChanged) -> None:
        """Show what a worker died of; without this nobody would see it."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.post_message(describe(event.worker.error, f"{event.worker.name} failed"))

    def on_command_palette_opened(self) -> None:
        """Let nothing blink, the palette's cursor included.

        Found by its name: `@on` would import the palette before the first frame.
        """
        from textual.widgets import Input

        for entry in self.screen.query(Input):
            entry.cursor_blink = False

    def action_change_ground(self) -> None:
        """Change between the light and the dark theme."""
        self.theme = LIGHT_NAME if self.theme == DARK_NAME else DARK_NAME

    def action_help_quit(self) -> None:
        """Say how to leave: Ctrl+C never touches a run."""
        self.notify("q leaves; the runs go on. s stops the selected run, after a question.")
