"""The loop that stays with one run: watches, records, stops when asked, says how it ended.

Everything that must be true after it: no process of the run is left, and state.json says so.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cockpit.devices.sample import DeviceReading
from cockpit.processes.identity import ProcessIdentity, identify, send
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase, advance
from cockpit.runs.reader import hostname
from cockpit.runs.record import RunRecord, StateRecord
from cockpit.supervise.job import Ended, Job, wait_for_end
from cockpit.supervise.journal import Journal
from cockpit.supervise.members import Members
from cockpit.supervise.notice_settings import Occasion
from cockpit.supervise.oom_kills import OomKills
from cockpit.supervise.quiet import QuietWatch, limit_from_environment
from cockpit.supervise.station import Station
from cockpit.supervise.stop import Stopping, StopStep, kill, take_request
from cockpit.units import duration

TICK_S: Final = 1.0
STOP: Final = b"s"
LOOK: Final = b"l"
"""What signals write to the pipe: stop the run, or only look for requests now."""
TOUCH_S: Final = 5.0
"""state.json is written at least this often, as a sign of life for other hosts."""
YOUNG_S: Final = 20.0
"""A job this young is looked at each second: its ranks are just appearing."""
LINGER_S: Final = 5.0
"""So long may processes outlive the job's top process by themselves."""
LEFTOVER_GRACE_S: Final = 10.0
"""From SIGTERM to SIGKILL for what outlived the job: an uploader may need a moment."""
GONE_S: Final = 3.0
"""So long must run.json be missing before the run counts as deleted."""
CLOCK_STEP_S: Final = 2.0
"""The clock went by so much more or less than time did: it was set, or the machine slept."""
DELIBERATE_S: Final = 1.0
"""A second stop sooner than this is the same wish, not a stronger one."""
KILL_AGAIN_S: Final = 2.0
UNKILLABLE_S: Final = 60.0
"""After SIGKILL a process still there for so long hangs in the kernel: said, and left."""


@dataclass
class Clockwork:
    """When each periodic duty is next due, in monotonic seconds."""

    started: float
    touch: float = 0.0
    scan: float = 0.0
    kill: float = 0.0


class Supervisor:
    """One run's supervisor, from the spawned or adopted job to the final state."""

    def __init__(
        self,
        at: Station,
        state: StateRecord,
        job: Job,
        members: Members,
        batch_per_rank: int | None = None,
    ) -> None:
        self._record = at.record
        self._paths = at.paths
        self._journal = at.journal
        self._recorder = at.recorder
        self._notices = at.notices
        self._wake = at.wake
        self._batch_per_rank = batch_per_rank
        self._state = state
        self._job = job
        self._members = members
        self._stopping: Stopping | None = None
        self._ended: Ended | None = None
        self._ended_at: float | None = None
        self._first_kill: float | None = None
        self._asked: set[ProcessIdentity] = set()
        now = time.monotonic()
        self._clock = Clockwork(started=now)
        self._seen_at = now
        self._ahead = time.time() - now
        self._oom_kills = OomKills()
        self._quiet = QuietWatch(progress_files(at.record, at.paths), limit_from_environment(), now)
        self._needs: str | None = None
        """What somebody was told that the run needs."""

    def run(self) -> StateRecord:
        """Stay until nothing of the job is left; return the state that is then to be written."""
        self._scan()
        while not self._is_over():
            wait_for_end(self._job.identity, self._wake, self._pause_s())
            now = time.monotonic()
            self._look(now)
            self._recorder.record(now)
            if now >= self._clock.touch:
                self._write(self._state)
        return self._finish()

    def _pause_s(self) -> float:
        is_leaving = self._stopping is not None or self._ended is not None
        return 0.1 if is_leaving else TICK_S

    def _look(self, now: float) -> None:
        """Take requests, notice the end of the job, and drive whatever is under way."""
        self._mind_clock(now)
        if take_request(self._paths) or drain(self._wake):
            self._begin_stop(now)
        elif self._stopping is None and self._is_deleted(now):
            self._end_deleted(now)
        if self._ended is None:
            self._ended = self._job.poll()
            if self._ended is not None:
                self._note_end(now)
        if now >= self._clock.scan:
            self._scan()
        if self._stopping is not None:
            self._drive_stop(self._stopping, now)
        elif self._ended_at is not None and now - self._ended_at > LINGER_S:
            self._end_leftovers(now)

    def _is_deleted(self, now: float) -> bool:
        """Say whether the run's folder was removed: nobody could see or stop its job any more."""
        if not is_missing(self._paths.run):
            self._seen_at = now
        return now - self._seen_at > GONE_S

    def _end_deleted(self, now: float) -> None:
        what = f"{self._paths.root} was deleted while the run went on: its job is ended"
        self._notices.send(Occasion.NEEDS_YOU, self._state, what)
        self._begin_stop(now, what)

    def _mind_clock(self, now: float) -> None:
        """Keep the beginnings as far back as they were when somebody sets the clock."""
        ahead = time.time() - now
        step = ahead - self._ahead
        self._ahead = ahead
        if abs(step) < CLOCK_STEP_S:
            return
        way = "forward" if step > 0 else "back"
        self._journal.event("clock", f"the clock was set {way} by {duration(abs(step))}")
        self._write(shifted(self._state, step))

    def _begin_stop(self, now: float, why: str = "stop asked for") -> None:
        if self._stopping is not None:
            if now - self._stopping.since >= DELIBERATE_S:
                self._stopping = replace(self._stopping, is_urgent=True)
                self._journal.event("stop", "stop asked for again: SIGKILL now")
            return
        self._stopping = Stopping(since=now)
        self._scan(by_mark=True)
        if self._ended is None:
            self._write(replace(self._state, phase=advance(self._state.phase, Phase.STOPPING)))
        count = len(self._members.alive())
        self._journal.event("stop", f"{why}: SIGTERM to the job, {count} processes")
        self._job.terminate()
        for one in self._members.alive():
            send(one, signal.SIGCONT)  # what is frozen would not hear it

    def _note_end(self, now: float) -> None:
        self._ended_at = now
        code = self._ended.exit_code if self._ended else None
        self._scan()
        left = len(self._members.alive())
        rest = f", {left} processes are still there" if left else ""
        said = "ended, exit code unknown" if code is None else f"ended with exit code {code}"
        self._journal.event("job-ended", f"the job {said}{rest}", exit_code=code, left=left)

    def _drive_stop(self, stopping: Stopping, now: float) -> None:
        self._ask_orphans()
        step = stopping.step(now, len(self._members.alive()))
        if step is StopStep.KILL and now >= self._clock.kill:
            self._kill(now)

    def _ask_orphans(self) -> None:
        """SIGTERM, once, to each process that no group signal and no parent of the run reaches."""
        was_asked = self._state.phase is Phase.STOPPING
        for one in self._members.orphans(self._job.identity):
            if one in self._asked or (was_asked and leads_group(self._job.identity, one)):
                continue
            self._asked.add(one)
            if send(one, signal.SIGTERM):
                self._journal.event("term", f"SIGTERM to {self._members.describe(one)}")

    def _end_leftovers(self, now: float) -> None:
        """The job is gone and processes of it are not: they are asked, then killed."""
        alive = self._members.alive()
        if not alive:
            return
        names = ", ".join(self._members.describe(one) for one in alive[:4])
        self._journal.event("orphans", f"outlived the job: {names}", pids=[p.pid for p in alive])
        self._stopping = Stopping(since=now, grace_s=LEFTOVER_GRACE_S)

    def _kill(self, now: float) -> None:
        self._members.scan(self._job.identity.pid, self._recorder.foreign_pids, by_mark=True)
        hit = kill(self._members.alive())
        self._clock.kill = now + KILL_AGAIN_S
        self._first_kill = now if self._first_kill is None else self._first_kill
        if hit:
            names = ", ".join(self._members.describe(one) for one in hit[:4])
            more = f" and {len(hit) - 4} more" if len(hit) > 4 else ""
            self._journal.event("kill", f"SIGKILL to {names}{more}", pids=[p.pid for p in hit])

    def _is_over(self) -> bool:
        if self._first_kill is not None and time.monotonic() - self._first_kill > UNKILLABLE_S:
            return True
        if self._ended is None or self._members.alive():
            return False
        self._scan(by_mark=True)
        return not self._members.alive() and not self._members.has_suspects()

    def _scan(self, *, by_mark: bool = False) -> None:
        found = self._members.scan(
            self._job.identity.pid, self._recorder.foreign_pids, by_mark=by_mark
        )
        for process in found:
            self._journal.process(process)
        now = time.monotonic()
        is_young = now - self._clock.started < YOUNG_S
        self._clock.scan = now + (1.0 if is_young else TOUCH_S)

    def _look_for_needs(self) -> str | None:
        """Return what the run needs somebody for; each need is told once."""
        quiet = self._quiet.look(time.monotonic()) if self._ended is None else None
        kind = "disk" if self._journal.disk_problem else "quiet" if quiet else None
        needs = self._journal.disk_problem or quiet
        if kind != self._needs:
            if kind == "quiet":
                self._journal.event("quiet", str(quiet))
            elif self._needs == "quiet":
                self._journal.event("quiet-over", "something new was seen of the job again")
            self._needs = kind
            if needs is not None:
                self._notices.send(Occasion.NEEDS_YOU, self._state, needs)
        return needs

    def _write(self, state: StateRecord) -> bool:
        problem = self._look_for_needs()
        self._state = replace(state, touched=round(time.time(), 3), problem=problem)
        self._clock.touch = time.monotonic() + TOUCH_S
        return self._journal.state(self._state)

    def _finish(self) -> StateRecord:
        alive = self._members.alive()
        note_held_memory(self._recorder.latest(), self._members.pids(), self._journal)
        left = f"{len(alive)} processes left" if alive else "no process left"
        self._journal.event("left", left)
        return self._final_state(alive)

    def _final_state(self, alive: list[ProcessIdentity]) -> StateRecord:
        from cockpit.supervise.verdict import judge  # needed only now: a start does not wait for it

        exit_code = self._ended.exit_code if self._ended else None
        was_asked = self._state.phase is Phase.STOPPING
        oom_kills = self._oom_kills.since_then(self._members.pids())
        self._oom_kills.close()
        verdict = judge(
            self._record,
            self._paths,
            exit_code,
            was_asked=was_asked,
            epochs=self._state.epochs,
            batch=self._batch_per_rank,
            oom_kills=oom_kills,
        )
        names = ", ".join(self._members.describe(one) for one in alive)
        stuck = f"SIGKILL did not end {names}: it hangs in the kernel" if alive else None
        return replace(
            self._state,
            phase=advance(self._state.phase, verdict.phase),
            ended=round(time.time(), 3),
            exit_code=exit_code,
            problem=stuck or verdict.problem,
            remedy=verdict.remedy,
            epoch=verdict.epoch,
            epochs=verdict.epochs,
            summary=verdict.summary,
            cause=verdict.cause,
        )


def progress_files(record: RunRecord, paths: RunPaths) -> tuple[Path, ...]:
    """Return the files in which a job shows that it goes on."""
    own = (paths.log, record.results, record.checkpoint)
    return tuple(dict.fromkeys(file for file in own if file is not None))


def note_held_memory(reading: DeviceReading, pids: frozenset[int], journal: Journal) -> None:
    """Write an event for each GPU on which the driver still counts memory for one of `pids`."""
    for gpu in reading.gpus:
        holding = [one.pid for one in gpu.processes or () if one.pid in pids]
        if holding:
            what = f"GPU {gpu.gpu_index}: at the last reading pid {holding} still held memory"
            journal.event("memory", what, pids=holding)


def is_missing(file: Path) -> bool:
    """Say whether a file is not there; False where that cannot be told."""
    try:
        file.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def shifted(state: StateRecord, step_s: float) -> StateRecord:
    """Return a state whose beginnings are told by a clock that was set by `step_s`."""
    started, attempt_started = state.started, state.attempt_started
    return replace(
        state,
        started=None if started is None else round(started + step_s, 3),
        attempt_started=None if attempt_started is None else round(attempt_started + step_s, 3),
    )


def leads_group(leader: ProcessIdentity, member: ProcessIdentity) -> bool:
    """Say whether `member` is in the process group of `leader`, and so heard its signal."""
    try:
        return os.getpgid(member.pid) == leader.pid
    except ProcessLookupError:
        return False


def drain(wake: int) -> bool:
    """Return whether a signal asked us to stop; empties the pipe that signals write to."""
    try:
        return STOP in os.read(wake, 64)
    except BlockingIOError:
        return False


def first_state(job: ProcessIdentity | None, phase: Phase, attempt: int) -> StateRecord:
    """Return the state at the start of an attempt."""
    now = round(time.time(), 3)
    return StateRecord(
        phase=phase,
        host=hostname(),
        attempt=attempt,
        touched=now,
        supervisor=identify(os.getpid()),
        job=job,
        started=now,
    )
