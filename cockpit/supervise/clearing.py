"""Ending the processes of a run: asked, waited for, killed, until none is left."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from typing import Final

from cockpit.processes.identity import ProcessIdentity, send
from cockpit.supervise.job import Job
from cockpit.supervise.members import Members
from cockpit.supervise.station import Station
from cockpit.supervise.stop import Stopping, StopStep, kill

LEFTOVER_GRACE_S: Final = 10.0
"""From SIGTERM to SIGKILL for what outlived the job: an uploader may need a moment."""
DELIBERATE_S: Final = 1.0
"""A second stop sooner than this is the same wish, not a stronger one."""
KILL_AGAIN_S: Final = 2.0
UNKILLABLE_S: Final = 60.0
"""After SIGKILL a process still there for so long hangs in the kernel: said, and left."""
NAMED: Final = 4
"""So many processes are named in a sentence."""


class Clearing:
    """How the processes of one attempt are ended; all moments are monotonic seconds."""

    def __init__(self, at: Station, job: Job, members: Members) -> None:
        self._journal = at.journal
        self._recorder = at.recorder
        self._job = job
        self._members = members
        self._stopping: Stopping | None = None
        self._group_was_asked = False
        self._asked: set[ProcessIdentity] = set()
        self._next_kill = 0.0
        self._first_kill: float | None = None

    @property
    def is_under_way(self) -> bool:
        """True once anything was asked to end."""
        return self._stopping is not None

    def gave_up(self, now: float) -> bool:
        """Say whether what is left hangs in the kernel: SIGKILL was long ago."""
        return self._first_kill is not None and now - self._first_kill > UNKILLABLE_S

    def hurry(self, now: float) -> None:
        """Do not wait any longer: somebody asked for the end once more."""
        if self._stopping is not None and now - self._stopping.since >= DELIBERATE_S:
            self._stopping = replace(self._stopping, is_urgent=True)
            self._journal.event("stop", "stop asked for again: SIGKILL now")

    def ask_all(self, now: float, why: str) -> None:
        """Ask the job's process group to end; what is frozen is woken, or it would not hear."""
        self._stopping = Stopping(since=now)
        self._group_was_asked = True
        alive = self._members.alive()
        self._journal.event("stop", f"{why}: SIGTERM to the job, {counted(len(alive))}")
        self._job.terminate()
        for one in alive:
            send(one, signal.SIGCONT)

    def ask_leftovers(self, now: float) -> None:
        """Ask what outlived the job, with less patience; does nothing where there is nothing."""
        alive = self._members.alive()
        if alive:
            what = f"outlived the job: {self._names(alive)}"
            self._journal.event("orphans", what, pids=[one.pid for one in alive])
            self._stopping = Stopping(since=now, grace_s=LEFTOVER_GRACE_S)

    def drive(self, now: float) -> None:
        """Do what is due: ask who came later, kill who did not go."""
        if self._stopping is None:
            return
        self._ask_orphans()
        step = self._stopping.step(now, len(self._members.alive()))
        if step is StopStep.KILL and now >= self._next_kill:
            self._kill(now)

    def _ask_orphans(self) -> None:
        """SIGTERM, once, to each process that no group signal and no parent of the run reaches."""
        for one in self._members.orphans(self._job.identity):
            was_reached = self._group_was_asked and leads_group(self._job.identity, one)
            if one in self._asked or was_reached:
                continue
            self._asked.add(one)
            if send(one, signal.SIGTERM):
                self._journal.event("term", f"SIGTERM to {self._members.describe(one)}")

    def _kill(self, now: float) -> None:
        foreign = self._recorder.foreign_pids
        for found in self._members.scan(self._job.identity.pid, foreign, by_mark=True):
            self._journal.process(found)
        hit = kill(self._members.alive())
        hit += [one for one in self._members.chase() if one not in hit]
        self._next_kill = now + KILL_AGAIN_S
        self._first_kill = now if self._first_kill is None else self._first_kill
        if hit:
            what = f"SIGKILL to {self._names(hit)}"
            self._journal.event("kill", what, pids=[one.pid for one in hit])

    def _names(self, processes: list[ProcessIdentity]) -> str:
        names = ", ".join(self._members.describe(one) for one in processes[:NAMED])
        more = len(processes) - NAMED
        return f"{names} and {more} more" if more > 0 else names


def counted(processes: int) -> str:
    """Return `1 process` or `3 processes`."""
    return "1 process" if processes == 1 else f"{processes} processes"


def leads_group(leader: ProcessIdentity, member: ProcessIdentity) -> bool:
    """Say whether `member` is in the process group of `leader`, and so heard its signal."""
    try:
        return os.getpgid(member.pid) == leader.pid
    except ProcessLookupError:
        return False
