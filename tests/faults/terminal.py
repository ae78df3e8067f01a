"""A real terminal for a real TUI, without a person in front of it."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys


class Terminal:
    """`cockpit` with these words on a pty of its own, in a session of its own."""

    def __init__(self, *words: str) -> None:
        self._host, guest = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cockpit", *words],
            stdin=guest,
            stdout=guest,
            stderr=guest,
            env=os.environ | {"TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"},
            start_new_session=True,
        )
        os.close(guest)
        self._seen = b""

    def shows(self, text: str) -> bool:
        """Read what came, and say whether `text` was ever on the screen."""
        while select.select([self._host], [], [], 0)[0]:
            try:
                self._seen += os.read(self._host, 65536)
            except OSError:
                break
        return text.encode() in self._seen

    def press(self, keys: str) -> None:
        """Type, and look only at what comes from now on."""
        self._seen = b""
        os.write(self._host, keys.encode())

    def kill(self) -> None:
        """SIGKILL, and the terminal is closed as a lost connection closes it."""
        self.process.kill()
        self.process.wait()
        os.close(self._host)
