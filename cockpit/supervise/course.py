"""The course of a run: waiting for its GPUs, one attempt after the other, and its end.

The one place that decides what comes next; `Supervisor` stays with one attempt only. What only a
later attempt needs is imported where it is used, so that a first start does not wait for it.
"""

from __future__ import annotations

import time
from dataclasses import replace

from cockpit.analysis.figures import paused
from cockpit.analysis.retry import Again, Failure
from cockpit.errors import CockpitError
from cockpit.runs.attempt import AttemptRecord, attempt_object
from cockpit.runs.gpu_figures import GpuFigures
from cockpit.runs.phase import Phase, advance
from cockpit.runs.record import StateRecord
from cockpit.supervise.attempts import Wish, first_attempt
from cockpit.supervise.job import Job, SpawnedJob, spawn
from cockpit.supervise.journal import say
from cockpit.supervise.leases import Holding
from cockpit.supervise.members import Members, top_record
from cockpit.supervise.notice_settings import Occasion
from cockpit.supervise.notices import occasion_of
from cockpit.supervise.pause import rest
from cockpit.supervise.station import Station
from cockpit.supervise.stop import take_request
from cockpit.supervise.supervisor import Supervisor, drain, first_state, is_missing

Next = AttemptRecord | StateRecord
"""What comes next: another attempt, or the end that is then to be written."""


class Course:
    """One run under one supervisor process."""

    def __init__(self, at: Station, leases: list[int]) -> None:
        self._at = at
        self._holding = Holding(at.record, leases)
        self._failures: list[Failure] = []
        self._started: float | None = None
        self._earlier_s = 0.0
        self._figures: tuple[GpuFigures, ...] = ()

    def begin(self) -> None:
        """Run the first attempt, and what follows it."""
        record = self._at.record
        if record.queues and not record.gpu_uuids:
            self._run(self._planned(Wish(1, "launched", shares=record.shares), queues=True))
        else:
            self._run(first_attempt(record))

    def go_on(self, before: StateRecord | None, wish: Wish, *, queues: bool) -> None:
        """Run another attempt of a run that was over."""
        if before is not None:
            self._started, self._earlier_s = before.started, ran_s(before)
            self._figures = before.gpu_figures
        self._run(self._planned(wish, queues=queues))

    def watch(self, job: Job, state: StateRecord, members: Members, attempt: AttemptRecord) -> None:
        """Stay with a job that runs already, and with what follows it."""
        self._started, self._earlier_s = state.started, state.earlier_s
        self._at.recorder.start()
        self._holding.change(attempt.gpu_uuids, shares=True)
        ended = Supervisor(self._at, state, job, members, attempt).run()
        self._run(self._follow(ended, attempt))

    def _run(self, following: Next) -> None:
        """Run attempts until there is an end to be written."""
        while isinstance(following, AttemptRecord):
            following = self._follow(self._attempt(following), following)
        self._close(following)

    def _attempt(self, attempt: AttemptRecord) -> StateRecord:
        """Start the job of an attempt and stay with it; return how it ended, not yet written."""
        at = self._at
        queued = replace(
            first_state(None, Phase.QUEUED, attempt.attempt),
            gpus=attempt.gpus,
            epochs=attempt.epochs,
            earlier_s=self._earlier_s,
            gpu_figures=tuple(map(paused, self._figures)),
        )
        at.journal.state(queued)
        at.journal.once(at.paths.attempt(attempt.attempt), attempt_object(attempt))
        if attempt.attempt > 1:
            self._part_log(attempt)
        if take_request(at.paths):
            at.journal.event("stop", "stopped before its job began")
            return replace(queued, phase=advance(Phase.QUEUED, Phase.STOPPED))
        try:
            job = spawn(attempt, at.paths)
        except (OSError, ValueError) as error:  # ValueError: the kernel takes no NUL
            reason = error.strerror if isinstance(error, OSError) else error
            return self._refused(queued, f"cannot start {attempt.argv[0]}: {reason}")
        state = self._running(queued, job)
        top = top_record(job.identity, attempt.argv)
        at.journal.process(top)  # it may be gone before it is ever looked for
        at.recorder.start()
        if attempt.attempt == 1:
            at.foretelling.foretell()
        members = Members(at.paths, [top])
        return Supervisor(at, state, job, members, attempt).run()

    def _running(self, queued: StateRecord, job: SpawnedJob) -> StateRecord:
        """Write that the job runs."""
        step = self._at.wall_clock.step()
        now, pid = round(time.time(), 3), job.identity.pid
        self._started = now if self._started is None else round(self._started + (step or 0.0), 3)
        state = replace(
            queued,
            phase=advance(Phase.QUEUED, Phase.RUNNING),
            job=job.identity,
            started=self._started,
            attempt_started=now,
        )
        self._at.journal.state(state)
        again = f" (attempt {state.attempt})" if state.attempt > 1 else ""
        self._at.journal.event("started", f"the job runs as pid {pid}{again}", pid=pid)
        return state

    def _follow(self, ended: StateRecord, attempt: AttemptRecord) -> Next:
        """Return the attempt that follows one that ended, or the end of the run."""
        if ended.phase is not Phase.FAILED or ended.job is None:
            return ended
        from cockpit.supervise.following import decide

        self._failures.append(Failure(ended.cause or "unknown", ended.problem or "", ended.epoch))
        try:
            decision = decide(self._at.record, ended, attempt, self._failures)
        except (CockpitError, ValueError) as error:
            say(f"no retry: {error}")
            return ended
        if isinstance(decision, Again):
            return self._again(ended, attempt, decision)
        if decision.why is not None:
            self._at.journal.event("no-retry", decision.why)
        return ended

    def _again(self, ended: StateRecord, attempt: AttemptRecord, again: Again) -> Next:
        """Wait, then plan the next attempt."""
        from cockpit.supervise.following import next_wish, waiting_state

        self._started, self._earlier_s = ended.started, ran_s(ended)
        self._figures = ended.gpu_figures
        waiting = waiting_state(ended, again, time.time() + again.wait_s)
        waiting = replace(waiting, phase=advance(Phase.FAILED, Phase.QUEUED))
        self._at.journal.event("retry", str(waiting.problem), changes=dict(again.changes))
        self._at.notices.send(Occasion.NEEDS_YOU, waiting)
        if not rest(self._at, waiting, again.wait_s):
            self._at.journal.event("stop", "stopped before it was started again")
            return replace(ended, phase=Phase.STOPPED)
        following = self._planned(next_wish(self._at, ended, attempt, again.changes))
        if isinstance(following, StateRecord):
            return replace(ended, problem=following.problem, remedy=following.remedy)
        return following

    def _planned(self, wish: Wish, *, queues: bool = False) -> Next:
        """Plan an attempt on the machine as it is now, or, in the queue, as it will be."""
        from cockpit.supervise.following import plan_here
        from cockpit.supervise.waiting import wait_for_gpus

        state = replace(
            first_state(None, Phase.QUEUED, wish.number),
            started=self._started,
            gpu_figures=self._figures,
        )
        try:
            if not queues:
                self._at.journal.state(state)
                return plan_here(self._at, self._holding, wish)
            attempt = wait_for_gpus(self._at, self._holding, wish, state)
        except CockpitError as error:
            return self._refused(state, error.problem, error.remedy or None)
        return attempt or replace(state, phase=advance(Phase.QUEUED, Phase.STOPPED))

    def _refused(self, state: StateRecord, problem: str, remedy: str | None = None) -> StateRecord:
        self._at.journal.event("not-started", problem)
        failed = advance(state.phase, Phase.FAILED)
        return replace(state, phase=failed, problem=problem, remedy=remedy)

    def _part_log(self, attempt: AttemptRecord) -> None:
        """Part the log of this attempt from the one before; no job writes to it now."""
        from cockpit.supervise.following import parting_line

        line = parting_line(self._at.record, attempt)
        try:
            with self._at.paths.log.open("ab") as log:
                log.write(f"\n{line}\n".encode())
        except OSError as error:
            say(f"{self._at.paths.log}: {error.strerror}")
        kind = "resumed" if attempt.checkpoint is not None else "restarted"
        source = f" from {attempt.checkpoint}" if attempt.checkpoint is not None else ""
        what = line.removeprefix("cockpit: ") + source
        self._at.journal.event(kind, what, attempt=attempt.attempt)

    def _close(self, final: StateRecord) -> None:
        """Write the end, whatever it takes: nobody else can."""
        at = self._at
        at.recorder.close()
        now = round(time.time(), 3)
        final = replace(
            final,
            ended=final.ended or now,
            touched=now,
            queued_since=None,
            queue_place=None,
            next_attempt=None,
        )
        self._holding.give_back()
        while not at.journal.state(final) and not is_missing(at.paths.root):
            if drain(at.wake):
                break
            time.sleep(1)  # the disk takes nothing
        at.journal.release_reserve()
        at.journal.event("over", final.phase)
        at.notices.send(occasion_of(final.phase), final)
        if final.started is not None:
            at.foretelling.learn()


def ran_s(state: StateRecord) -> float:
    """Return how long the job of a run was there, over all attempts up to this state."""
    began = state.attempt_started or state.started
    until = state.ended or state.touched
    return state.earlier_s + (max(0.0, until - began) if began is not None else 0.0)
