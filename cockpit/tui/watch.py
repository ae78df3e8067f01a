"""The thread that asks the store once a second and posts what it says."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from cockpit.tui.crash import describe
from cockpit.tui.messages import Failed, Refreshed
from cockpit.tui.store import Store

PERIOD_S: Final = 1.0


class Watch(threading.Thread):
    """Refreshes the store until closed; a read that hangs never delays the end of the app.

    It is a daemon thread and no Textual worker for that reason: asyncio waits for the threads of
    its workers, and a registry on a dead network disk would keep `q` waiting with them.
    """

    def __init__(
        self,
        open_store: Callable[[], Store],
        post: Callable[[Refreshed | Failed], object],
        clock: Callable[[], float],
    ) -> None:
        super().__init__(name="cockpit-watch", daemon=True)
        self._open_store = open_store
        self._store: Store | None = None
        self._post = post
        self._clock = clock
        self._wake = threading.Event()
        self._closed = threading.Event()

    def nudge(self) -> None:
        """Look again now, because something was just started or stopped."""
        self._wake.set()

    def close(self) -> None:
        """End the poller, and the thread after what it is doing."""
        self._closed.set()
        self._wake.set()
        if self._store:
            self._store.close()

    def run(self) -> None:
        """Refresh, post, wait; until closed."""
        while not self._closed.is_set():
            message = self._look()
            if self._closed.is_set():
                break
            try:
                self._post(message)
            except RuntimeError:  # the app's loop ended while the store was being read
                break
            self._wake.wait(PERIOD_S)
            self._wake.clear()
        if self._store:
            self._store.close()

    def _look(self) -> Refreshed | Failed:
        try:
            if self._store is None:
                self._store = self._open_store()
            return Refreshed(self._store.refresh(self._clock()))
        except Exception as error:  # noqa: BLE001  # the worker boundary of the TUI
            return describe(error, "the runs cannot be read")
