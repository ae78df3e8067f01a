"""The job that a supervisor stays with: started by it, or found alive and adopted."""

from __future__ import annotations

import os
import resource
import select
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from cockpit.processes.identity import ProcessIdentity, identify, is_alive, send
from cockpit.runs.attempt import AttemptRecord
from cockpit.runs.layout import RunPaths

KIB: Final = 1024


@dataclass(frozen=True, slots=True)
class Ended:
    """The job's top process is gone."""

    exit_code: int | None
    """Negative: killed by that signal. None: it was not our child, nobody can know."""
    peak_bytes: int | None = None
    """The most that the largest of its processes held; None where the kernel does not tell."""


class Job(Protocol):
    """The top process of a run."""

    @property
    def identity(self) -> ProcessIdentity:
        """Which process it is."""

    def poll(self) -> Ended | None:
        """Return how it ended, or None while it runs. Never blocks."""

    def terminate(self) -> None:
        """Ask its process group to end; a launcher and what it runs in its group hear it."""


class SpawnedJob:
    """A job that is our child."""

    def __init__(self, pid: int) -> None:
        identity = identify(pid)
        assert identity is not None, "a child that was not waited for has an identity"
        self.identity = identity
        self._ended: Ended | None = None

    def poll(self) -> Ended | None:
        """Return how it ended, or None while it runs."""
        if self._ended is None:
            try:
                pid, status, used = os.wait4(self.identity.pid, os.WNOHANG)
            except ChildProcessError:
                self._ended = Ended(None)
            else:
                code = os.waitstatus_to_exitcode(status)
                self._ended = Ended(code, peak_of(used)) if pid else None
        return self._ended

    def terminate(self) -> None:
        """Send SIGTERM to the group; the pid is safe, since only we can reap it."""
        if self.poll() is None:
            os.killpg(self.identity.pid, signal.SIGTERM)


class AdoptedJob:
    """A job whose supervisor died; it is nobody's child that we could wait for."""

    def __init__(self, identity: ProcessIdentity) -> None:
        self.identity = identity

    def poll(self) -> Ended | None:
        """Return an end without exit code once the process is gone."""
        return None if is_alive(self.identity) else Ended(None)

    def terminate(self) -> None:
        """Send SIGTERM to the group if it is still led by this very process, else to itself."""
        if not is_alive(self.identity):
            return
        if os.getpgid(self.identity.pid) == self.identity.pid:
            os.killpg(self.identity.pid, signal.SIGTERM)
        else:
            send(self.identity, signal.SIGTERM)


def peak_of(used: resource.struct_rusage) -> int | None:
    """Return the peak of a child's largest process; None where it may be our own.

    Before its exec a child is a copy of ours, and the kernel remembers that.
    """
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used.ru_maxrss * KIB if used.ru_maxrss > own else None


def job_environment(
    record: AttemptRecord, paths: RunPaths, inherited: Mapping[str, str]
) -> dict[str, str]:
    """Return the whole environment of the job: inherited, minus, plus, and the run's marks."""
    kept = {name: value for name, value in inherited.items() if name not in record.unset}
    return kept | dict(record.env) | paths.marks


def spawn(record: AttemptRecord, paths: RunPaths) -> SpawnedJob:
    """Start the job in a session of its own, its output straight into train.log.

    No pipe lies between: a dead supervisor can neither break nor slow it. Raises OSError when it
    cannot be started.
    """
    with paths.log.open("ab", buffering=0) as log:
        process = subprocess.Popen(
            record.argv,
            env=job_environment(record, paths, os.environ),
            cwd=record.cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    process.returncode = 0  # ours to wait for, by pid; keeps Popen from warning or waiting itself
    return SpawnedJob(process.pid)


def wait_for_wake(wake: int, timeout_s: float) -> None:
    """Sleep until `wake` becomes readable or the time is over."""
    poller = select.poll()
    poller.register(wake, select.POLLIN)
    poller.poll(timeout_s * 1000)


def wait_for_end(identity: ProcessIdentity, wake: int, timeout_s: float) -> None:
    """Sleep until the process ends, `wake` becomes readable, or the time is over."""
    poller = select.poll()
    poller.register(wake, select.POLLIN)
    try:
        descriptor = os.pidfd_open(identity.pid)
    except OSError:
        poller.poll(timeout_s * 1000)
        return
    try:
        poller.register(descriptor, select.POLLIN)
        poller.poll(timeout_s * 1000)
    finally:
        os.close(descriptor)
