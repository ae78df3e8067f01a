"""The driver that sends a terminal only what changes on it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from textual.drivers.linux_driver import LinuxDriver

from cockpit.tui.paper import Paper

if TYPE_CHECKING:
    from textual.app import App

SYNC_START: Final = "\x1b[?2026h"
SYNC_END: Final = "\x1b[?2026l"


class ThriftyDriver(LinuxDriver):
    """Textual's own driver, with a memory of what it has painted."""

    def __init__(
        self,
        app: App[object],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._paper = Paper()
        self._opening = ""

    def forget(self) -> None:
        """Take nothing for painted: a terminal that was resized may have cut off anything."""
        self._paper.forget()

    def write(self, data: str) -> None:
        """Send what is new of `data`; all of it where the size is not known."""
        try:
            size = os.get_terminal_size(self.fileno)
        except OSError:
            super().write(data)
            return
        if data == SYNC_START:  # an update that changes nothing needs no frame around it
            self._opening = data
            return
        short = self._paper.shorten(data, (size.columns, size.lines))
        opening, self._opening = self._opening, ""
        if short and not (opening and short == SYNC_END):
            super().write(opening + short)
