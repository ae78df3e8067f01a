"""The way from a probe's process to whoever started it, and whether that one still listens."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

PIPE: Final = "COCKPIT_PROBE_PIPE"
"""The variable that holds the descriptor to which a probe tells its lines."""


class Cancelled(Exception):
    """Nobody waits for this probe any more."""


class Line:
    """JSON lines out; the end of standard input and signals in."""

    def __init__(self, descriptor: int) -> None:
        os.set_inheritable(descriptor, False)
        self._descriptor = descriptor
        self.is_cut = threading.Event()

    def say(self, told: Mapping[str, object]) -> None:
        """Tell one line."""
        data = json.dumps(told).encode() + b"\n"
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError:
            self.is_cut.set()

    def listen(self) -> None:
        """Notice SIGTERM, SIGINT, and that standard input was closed."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.is_cut.set())
        threading.Thread(target=self._wait, daemon=True).start()

    def check(self) -> None:
        """Raise Cancelled when nobody listens any more."""
        if self.is_cut.is_set():
            raise Cancelled

    def wait(self, seconds: float) -> None:
        """Wait so long. Raises Cancelled as soon as nobody listens any more."""
        if self.is_cut.wait(seconds):
            raise Cancelled

    def _wait(self) -> None:
        with suppress(OSError):
            while os.read(0, 1024):
                pass
        self.is_cut.set()
