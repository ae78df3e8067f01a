"""Stopping a run: asked for by anyone, done by its supervisor, and nothing is left behind."""

from __future__ import annotations

import errno
import os
import signal
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cockpit.errors import CockpitError
from cockpit.files import read_json, write_json
from cockpit.processes.identity import ProcessIdentity, send
from cockpit.processes.lock import is_held
from cockpit.runs.layout import RunPaths
from cockpit.runs.record import parse_state

GRACE_S: Final = 45.0
"""From SIGTERM to SIGKILL: torchrun itself allows its ranks 30 s."""

FULL: Final = (errno.ENOSPC, errno.EDQUOT)


class StopStep(StrEnum):
    """What is to be done next for a run that is being stopped."""

    WAIT = "wait"
    KILL = "kill"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Stopping:
    """A stop under way."""

    since: float
    """Monotonic seconds."""
    grace_s: float = GRACE_S
    is_urgent: bool = False
    """Asked for a second time: do not wait any longer."""

    def step(self, now: float, alive: int) -> StopStep:
        """Return what to do while `alive` processes are left. Pure."""
        if alive == 0:
            return StopStep.DONE
        if self.is_urgent or now - self.since >= self.grace_s:
            return StopStep.KILL
        return StopStep.WAIT


def request_stop(paths: RunPaths) -> None:
    """Ask the run's supervisor to stop it; a second request makes it use SIGKILL at once.

    The file is the request, also across hosts; a signal only saves the wait for the next look,
    or stands for the file where the disk is full. One that was frozen is woken. Raises
    CockpitError when neither is possible.
    """
    state = parse_state(read_json(paths.state))
    supervisor = state.supervisor if state is not None and is_held(paths.lock) else None
    try:
        paths.stop_request.parent.mkdir(exist_ok=True)
        write_json(paths.stop_request, {"time": time.time(), "by_pid": os.getpid()})
    except OSError as error:
        if supervisor is None or not send(supervisor, signal.SIGTERM):
            mend = "make room" if error.errno in FULL else f"see who owns {paths.root}"
            raise CockpitError(
                f"{paths.stop_request}: {error.strerror}", f"{mend}, then stop the run again"
            ) from error
    else:
        if supervisor is not None:
            send(supervisor, signal.SIGUSR1)
    if supervisor is not None:
        send(supervisor, signal.SIGCONT)


def take_request(paths: RunPaths) -> bool:
    """Consume a stop request; return whether there was one."""
    try:
        paths.stop_request.unlink()
    except OSError:
        return False
    return True


def kill(processes: list[ProcessIdentity]) -> list[ProcessIdentity]:
    """Send SIGKILL to each very process; return those that were hit."""
    return [process for process in processes if send(process, signal.SIGKILL)]
