"""How long a program in a terminal takes to its first full frame, seen from outside."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

PATIENCE_S: Final = 10.0
FLOOR: Final = (sys.executable, str(Path(__file__).with_name("floor.py")))
"""The smallest Textual app with a header and a footer: no Textual program is faster."""


def frame_s(
    argv: Sequence[str], marks: Sequence[bytes], env: Mapping[str, str], rows: int, columns: int
) -> float:
    """Return the time until every mark was written to the terminal, in seconds.

    The program is ended afterwards. Raises TimeoutError when a mark does not come.
    """
    began = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(argv[0], list(argv), dict(env))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    try:
        return _wait_for(terminal, marks, began) - began
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def _wait_for(terminal: int, marks: Sequence[bytes], began: float) -> float:
    seen = b""
    while time.perf_counter() - began < PATIENCE_S:
        if select.select([terminal], [], [], 0.05)[0]:
            seen += os.read(terminal, 1 << 16)
            if all(mark in seen for mark in marks):
                return time.perf_counter()
    raise TimeoutError(f"not on the screen after {PATIENCE_S:.0f} s: {marks!r}")
