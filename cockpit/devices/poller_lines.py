"""The lines of a poller process, as they come."""

from __future__ import annotations

import os
import select
from collections.abc import Callable
from typing import Final

from cockpit.devices.sample import DeviceReading
from cockpit.devices.wire import WireError, parse_reading

CHUNK_BYTES: Final = 1 << 16


class PollerLines:
    """Reads a pipe until it ends or nothing comes any more."""

    def __init__(
        self, descriptor: int, patience_s: float, take: Callable[[DeviceReading], None]
    ) -> None:
        self._descriptor = descriptor
        self._patience_s = patience_s
        self._take = take
        self.last_words = ""
        """The last line that was no reading: why it ended, it may be hoped."""
        self.is_frozen = False
        """True when nothing came for `patience_s`, though the pipe is open."""

    def read(self) -> None:
        """Hand on every reading; return at the end of the pipe or of the patience."""
        waiting = select.poll()
        waiting.register(self._descriptor, select.POLLIN)
        rest: list[bytes] = []
        while True:
            if not waiting.poll(self._patience_s * 1000):
                self.is_frozen = True
                return
            chunk = os.read(self._descriptor, CHUNK_BYTES)
            if not chunk:
                self._take_line(b"".join(rest))
                return
            head, *lines = chunk.split(b"\n")
            rest.append(head)
            for line in lines:
                self._take_line(b"".join(rest))
                rest = [line]

    def _take_line(self, raw: bytes) -> None:
        if not raw:
            return
        text = raw.decode("utf-8", "replace")
        try:
            self._take(parse_reading(text))
        except WireError:
            self.last_words = text.strip() or self.last_words
