"""A supervisor process that is started ahead and told its run when everything is decided.

Starting Python and loading the supervisor take a tenth of a second: in that time a launch can ask
the driver, find the interpreter and plan. A process that is never told anything ends by itself.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cockpit.errors import LaunchError
from cockpit.runs.layout import RunPaths

PATIENCE_S: Final = 20.0
MOST_BYTES: Final = 64 << 10
MOST_LEASES: Final = 250
"""The kernel hands over at most 253 descriptors at once."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a supervisor is told."""

    root: Path
    """The run's folder."""
    how: str
    """begin, adopt, resume"""
    leases: tuple[int, ...] = ()
    """Descriptors that hold its GPUs."""


class Spare:
    """The launcher's end of such a process."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._socket = ours
        marks = RunPaths(Path()).marks
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "cockpit.supervise.main"],
                env={name: text for name, text in os.environ.items() if name not in marks},
                cwd="/",
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process that waits."""
        return self._process.pid

    def send(self, order: Order) -> None:
        """Tell it its run; returns when it has detached. Raises LaunchError when it cannot."""
        words = json.dumps({"root": str(order.root), "how": order.how}).encode("utf-8")
        try:
            with self._socket:
                socket.send_fds(self._socket, [words], order.leases)
        except OSError as error:
            raise LaunchError(f"the supervisor did not start: {error.strerror}") from error
        log = RunPaths(order.root).supervisor_log
        try:
            code = self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()  # or it would start the run whenever it wakes
            self._process.wait()
            raise LaunchError("the supervisor did not detach in time", f"see {log}") from None
        if code != 0:
            raise LaunchError("the supervisor did not start", f"see {log}")

    def dismiss(self) -> None:
        """Let it end: there is nothing to do."""
        self._socket.close()
        self._process.wait()


def take_order(descriptor: int) -> Order | None:
    """Wait for the order on the socket that came as `descriptor`; None: there will be none."""
    with socket.socket(fileno=descriptor) as theirs:
        try:
            words, leases, _, _ = socket.recv_fds(theirs, MOST_BYTES, MOST_LEASES)
        except OSError:
            return None
    if not words:
        return None
    told = json.loads(words)
    return Order(Path(told["root"]), told["how"], tuple(leases))
