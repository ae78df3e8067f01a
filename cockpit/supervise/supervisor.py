"""The loop that stays with one run: watches, records, stops when asked, says how it ended.

Everything that must be true after it: no process of the run is left, and state.json says so.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cockpit.processes.identity import ProcessIdentity, identify
from cockpit.runs.attempt import AttemptRecord
from cockpit.runs.phase import Phase, advance
from cockpit.runs.reader import hostname
from cockpit.runs.record import StateRecord
from cockpit.supervise.clearing import Clearing, counted
from cockpit.supervise.held_memory import note_held_memory
from cockpit.supervise.instruments import Instruments
from cockpit.supervise.job import Ended, Job, wait_for_end
from cockpit.supervise.members import Members
from cockpit.supervise.needs import Needs
from cockpit.supervise.notice_settings import Occasion
from cockpit.supervise.oom_kills import OomKills
from cockpit.supervise.station import Station
from cockpit.supervise.stop import take_request
from cockpit.supervise.wall_clock import shifted
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
GONE_S: Final = 3.0
"""So long must run.json be missing before the run counts as deleted."""


@dataclass
class Clockwork:
    """When each periodic duty is next due, in monotonic seconds."""

    started: float
    touch: float = 0.0
    scan: float = 0.0


class Supervisor:
    """One run's supervisor, from the spawned or adopted job to the final state."""

    def __init__(
        self,
        at: Station,
        state: StateRecord,
        job: Job,
        members: Members,
        attempt: AttemptRecord,
    ) -> None:
        self._record = at.record
        self._paths = at.paths
        self._journal = at.journal
        self._recorder = at.recorder
        self._notices = at.notices
        self._wake = at.wake
        self._batch_per_rank = attempt.batch_per_rank
        self._state = state
        self._job = job
        self._members = members
        self._clearing = Clearing(at, job, members)
        self._needs = Needs(at)
        self._instruments = Instruments(at, attempt, members, self._needs)
        self._ended: Ended | None = None
        self._ended_at: float | None = None
        now = time.monotonic()
        self._clock = Clockwork(started=now)
        self._wall_clock = at.wall_clock
        self._seen_at = now
        """When run.json was there last."""
        self._gone_since = time.time()
        """When the last process of the run was seen to live, epoch seconds."""
        self._oom_kills = OomKills()

    def run(self) -> StateRecord:
        """Stay until nothing of the job is left; return the state that is then to be written."""
        self._scan()
        while not self._is_over():
            wait_for_end(self._job.identity, self._wake, self._pause_s())
            now = time.monotonic()
            self._look(now)
            self._state = self._instruments.look(now, self._state, is_going=self._is_going)
            if now >= self._clock.touch:
                self._write(self._state)
        return self._finish()

    @property
    def _is_going(self) -> bool:
        """True while the job is there and nobody has asked it to end."""
        return self._ended is None and not self._clearing.is_under_way

    def _pause_s(self) -> float:
        is_leaving = self._clearing.is_under_way or self._ended is not None
        return 0.1 if is_leaving else TICK_S

    def _look(self, now: float) -> None:
        """Take requests, notice the end of the job, and drive whatever is under way."""
        self._mind_clock()
        if take_request(self._paths) or drain(self._wake):
            self._begin_stop(now)
        elif not self._clearing.is_under_way and self._is_deleted(now):
            self._end_deleted(now)
        if self._ended is None:
            self._ended = self._job.poll()
            if self._ended is not None:
                self._note_end(now)
        if now >= self._clock.scan:
            self._scan()
        if self._clearing.is_under_way:
            self._clearing.drive(now)
        elif self._ended_at is not None and now - self._ended_at > LINGER_S:
            self._clearing.ask_leftovers(now)

    def _is_deleted(self, now: float) -> bool:
        """Say whether the run's folder was removed: nobody could see or stop its job any more."""
        if not is_missing(self._paths.run):
            self._seen_at = now
        return now - self._seen_at > GONE_S

    def _end_deleted(self, now: float) -> None:
        what = f"{self._paths.root} was deleted while the run went on: its job is ended"
        self._notices.send(Occasion.NEEDS_YOU, self._state, what)
        self._begin_stop(now, what)

    def _mind_clock(self) -> None:
        """Keep the beginnings as far back as they were when somebody sets the clock."""
        step = self._wall_clock.step()
        if step is not None:
            way = "forward" if step > 0 else "back"
            self._journal.event("clock", f"the clock was set {way} by {duration(abs(step))}")
            self._instruments.shift(step)
            self._write(shifted(self._state, step))

    def _begin_stop(self, now: float, why: str = "stop asked for") -> None:
        if self._clearing.is_under_way:
            self._clearing.hurry(now)
            return
        self._scan(by_mark=True)
        if self._ended is None:
            self._write(replace(self._state, phase=advance(self._state.phase, Phase.STOPPING)))
        self._clearing.ask_all(now, why)

    def _note_end(self, now: float) -> None:
        self._ended_at = now
        code = self._ended.exit_code if self._ended else None
        self._scan()
        left = len(self._members.alive())
        rest = f", {counted(left)} still there" if left else ""
        said = "ended, exit code unknown" if code is None else f"ended with exit code {code}"
        self._journal.event("job-ended", f"the job {said}{rest}", exit_code=code, left=left)

    def _is_over(self) -> bool:
        if self._clearing.gave_up(time.monotonic()):
            return True
        if self._ended is None or self._members.alive():
            self._gone_since = time.time()
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

    def _write(self, state: StateRecord) -> bool:
        see = self._instruments
        problem = self._needs.look(
            self._state, see.alarms.hang, see.gpu_words, is_going=self._ended is None
        )
        self._state = replace(state, touched=round(time.time(), 3), problem=problem)
        self._clock.touch = time.monotonic() + TOUCH_S
        return self._journal.state(self._state)

    def _finish(self) -> StateRecord:
        alive = self._members.alive()
        reading = self._recorder.latest()
        note_held_memory(reading, self._members.pids(), self._gone_since, self._journal)
        peak_bytes = self._ended.peak_bytes if self._ended else None
        self._state = self._instruments.close(reading, self._state, peak_bytes)
        left = f"{counted(len(alive))} left" if alive else "no process left"
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
            alerts=(),
            usage=None,
        )


def is_missing(file: Path) -> bool:
    """Say whether a file is not there; False where that cannot be told."""
    try:
        file.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
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
