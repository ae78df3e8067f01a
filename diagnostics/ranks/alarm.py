"""A wish that a tool end, as something that can be waited for beside everything else."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any


class Alarm:
    """Turns SIGINT and SIGTERM into a byte that a selector sees, so that no event line is cut."""

    reader: int
    """The descriptor that becomes readable; one byte for each signal, its number."""

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()
        self._handlers: dict[int, Any] = {}
        self._wakeup = -1

    def __enter__(self) -> Alarm:
        # Only the main thread may set handlers; elsewhere the owner of the process decides.
        if threading.current_thread() is threading.main_thread():
            os.set_blocking(self._writer, False)
            self._wakeup = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
            for number in (signal.SIGINT, signal.SIGTERM):
                self._handlers[number] = signal.signal(number, lambda *_: None)
        return self

    def __exit__(self, *_: object) -> None:
        if self._handlers:
            signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        os.close(self.reader)
        os.close(self._writer)
