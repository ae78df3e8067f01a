"""The thread that asks the store once a second and posts what it says."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from cockpit.tui.crash import describe
from cockpit.tui.messages import Failed, Refreshed
from cockpit.tui.store import Snapshot, Store

PERIOD_S: Final = 1.0
FIRST_PERIOD_S: Final = 0.01
"""Until the devices have said their first word, and while a long results file is read."""
PAINT_S: Final = 0.4
"""The first part of a long results file is painted meanwhile: two threads share one interpreter."""
FIRST_WORD_S: Final = 3.0
"""A driver that is silent for longer is no reason to look so often."""


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
        self._is_heard = threading.Event()
        self._is_complete = threading.Event()
        self._newest: Snapshot | None = None
        self._was_painted = False
        """A part of a long results file had its time to be shown."""
        self._closed = threading.Event()

    def hand_over(self) -> None:
        """Post from now on: the app listens."""
        self._is_heard.set()
        self._wake.set()

    def first(self, timeout_s: float) -> Snapshot | None:
        """Return the newest snapshot as soon as the devices have spoken, or what is there then."""
        self._is_complete.wait(timeout_s)
        return self._newest

    def nudge(self) -> None:
        """Look again now, because something was just started or stopped."""
        self._wake.set()

    def close(self) -> None:
        """End the poller, and the thread after what it is doing."""
        self._closed.set()
        self._is_heard.set()
        self._wake.set()
        if self._store:
            self._store.close()

    def run(self) -> None:
        """Refresh, post, wait; until closed."""
        began = time.monotonic()
        while not self._closed.is_set():
            message = self._look()
            is_first = is_silent(message) and time.monotonic() - began < FIRST_WORD_S
            if isinstance(message, Refreshed):
                self._newest = message.snapshot
            if not is_first:
                self._is_complete.set()
            if self._closed.is_set():
                break
            try:
                if self._is_heard.is_set():
                    self._post(message)
            except RuntimeError:  # the app's loop ended while the store was being read
                break
            self._wake.wait(self._pause_s(message, is_first=is_first))
            self._wake.clear()
        if self._store:
            self._store.close()

    def _pause_s(self, message: Refreshed | Failed, *, is_first: bool) -> float:
        """Return how long to wait; what was read of a long file is painted before more is read."""
        if is_first or not is_reading(message):
            return FIRST_PERIOD_S if is_first else PERIOD_S
        was_painted, self._was_painted = self._was_painted, True
        return FIRST_PERIOD_S if was_painted else PAINT_S

    def _look(self) -> Refreshed | Failed:
        try:
            if self._store is None:
                self._store = self._open_store()
            return Refreshed(self._store.refresh(self._clock()))
        except Exception as error:  # noqa: BLE001  # the worker boundary of the TUI
            return describe(error, "the runs cannot be read")


def is_reading(message: Refreshed | Failed) -> bool:
    """Say whether there is more to read of the results of a run."""
    runs = message.snapshot.runs if isinstance(message, Refreshed) else ()
    return any(run.reading is not None for run in runs)


def is_silent(message: Refreshed | Failed) -> bool:
    """Say whether the devices have not answered yet."""
    if isinstance(message, Failed):
        return False
    reading = message.snapshot.reading
    return reading.inventory is None or reading.host is None
