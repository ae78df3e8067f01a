"""The course of a run: waiting for its GPUs, one attempt after the other, and its end.

The one place that decides what follows an attempt; `Supervisor` stays with one attempt only.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import Final

from cockpit.analysis.retry import Again, Failure, decide_retry
from cockpit.errors import CockpitError, GpusBusy
from cockpit.metrics.log_lines import attempt_line
from cockpit.presets.model import ResumeEpochs
from cockpit.runs.attempt import AttemptRecord, attempt_object
from cockpit.runs.phase import Phase, advance
from cockpit.runs.record import StateRecord
from cockpit.supervise.attempts import (
    Wish,
    attempt_of,
    batch_keys,
    first_attempt,
    plan_again,
    preset_of,
)
from cockpit.supervise.job import Job, spawn, wait_for_wake
from cockpit.supervise.journal import say
from cockpit.supervise.leases import give_back, take_all
from cockpit.supervise.machine import look_at
from cockpit.supervise.members import Members, top_record
from cockpit.supervise.notice_settings import Occasion
from cockpit.supervise.notices import occasion_of
from cockpit.supervise.queue import Ticket, place_of
from cockpit.supervise.station import Station
from cockpit.supervise.stop import take_request
from cockpit.supervise.supervisor import Supervisor, drain, first_state
from cockpit.views.resume_point import find_resume_point

LOOK_S: Final = 1.0
TOUCH_S: Final = 5.0


class Course:
    """One run under one supervisor process."""

    def __init__(self, at: Station, leases: list[int]) -> None:
        self._at = at
        self._record = at.record
        self._paths = at.paths
        self._journal = at.journal
        self._recorder = at.recorder
        self._leases = leases
        self._failures: list[Failure] = []
        self._started: float | None = None
        self._earlier_s = 0.0

    def begin(self) -> None:
        """Run the first attempt, and what follows it."""
        wish = Wish(1, "launched", shares=self._record.shares)
        if self._record.queues and not self._record.gpu_uuids:
            self._run(self._wait_for_gpus(wish))
        else:
            self._run(first_attempt(self._record))

    def go_on(self, before: StateRecord | None, wish: Wish, *, queues: bool) -> None:
        """Run another attempt of a run that was over."""
        if before is not None:
            self._started, self._earlier_s = before.started, ran_s(before)
        if queues:
            self._run(self._wait_for_gpus(wish))
        else:
            self._run(self._planned(wish))

    def watch(self, job: Job, state: StateRecord, members: Members, attempt: AttemptRecord) -> None:
        """Stay with a job that runs already, and with what follows it."""
        self._started, self._earlier_s = state.started, state.earlier_s
        self._recorder.start()
        self._leases = self._take(attempt.gpu_uuids, shares=True) or []
        self._run(
            self._follow(
                Supervisor(self._at, state, job, members, attempt.batch_per_rank).run(), attempt
            )
        )

    def _run(self, attempt: AttemptRecord | StateRecord) -> None:
        """Run attempts until there is an end to be written."""
        while isinstance(attempt, AttemptRecord):
            attempt = self._follow(self._attempt(attempt), attempt)
        self._close(attempt)

    def _attempt(self, attempt: AttemptRecord) -> StateRecord:
        """Start the job of an attempt and stay with it; return how it ended, not yet written."""
        queued = replace(
            first_state(None, Phase.QUEUED, attempt.attempt),
            gpus=attempt.gpus,
            epochs=attempt.epochs,
            earlier_s=self._earlier_s,
        )
        self._journal.state(queued)
        self._journal.once(self._paths.attempt(attempt.attempt), attempt_object(attempt))
        self._mark_log(attempt)
        try:
            job = spawn(attempt, self._paths)
        except (OSError, ValueError) as error:  # ValueError: the kernel takes no NUL
            reason = error.strerror if isinstance(error, OSError) else error
            what = f"cannot start {attempt.argv[0]}: {reason}"
            self._journal.event("not-started", what)
            return replace(queued, phase=advance(Phase.QUEUED, Phase.FAILED), problem=what)
        now = round(time.time(), 3)
        self._started = self._started or now
        state = replace(
            queued,
            phase=advance(Phase.QUEUED, Phase.RUNNING),
            job=job.identity,
            started=self._started,
            attempt_started=now,
        )
        self._journal.state(state)
        again = f" (attempt {attempt.attempt})" if attempt.attempt > 1 else ""
        pid = job.identity.pid
        self._journal.event("started", f"the job runs as pid {pid}{again}", pid=pid)
        top = top_record(job.identity, attempt.argv)
        self._journal.process(top)  # it may be gone before it is ever looked for
        self._recorder.start()
        members = Members(self._paths, [top])
        return Supervisor(self._at, state, job, members, attempt.batch_per_rank).run()

    def _follow(self, ended: StateRecord, attempt: AttemptRecord) -> AttemptRecord | StateRecord:
        """Return the attempt that follows one that ended, or the end of the run."""
        if ended.phase is not Phase.FAILED or ended.job is None:
            return ended
        try:
            preset = preset_of(self._record, attempt.changes)
        except (CockpitError, ValueError) as error:  # a run of an older cockpit kept no preset
            say(f"no retry: {error}")
            return ended
        self._failures.append(Failure(ended.cause or "unknown", ended.problem or "", ended.epoch))
        is_complete = None not in (ended.epoch, ended.epochs) and ended.epoch == ended.epochs
        decision = decide_retry(
            self._failures,
            attempts=preset.retry.attempts,
            wait_s=preset.retry.wait_s,
            batch=batch_keys(preset, attempt.world_size),
            is_complete=is_complete,
        )
        if not isinstance(decision, Again):
            if decision.why is not None:
                self._journal.event("no-retry", decision.why)
            return ended
        return self._again(ended, attempt, decision)

    def _again(
        self, ended: StateRecord, attempt: AttemptRecord, decision: Again
    ) -> AttemptRecord | StateRecord:
        """Wait, then plan the next attempt from the newest checkpoint that can be read."""
        self._earlier_s = ran_s(ended)
        number = attempt.attempt + 1
        changed = f" with {decision.why}" if decision.why else ""
        what = f"attempt {attempt.attempt} failed: {ended.problem}"
        after = f"attempt {number} in {decision.wait_s:.0f} s{changed}"
        self._journal.event("retry", f"{what}; {after}", attempt=number, changes=decision.changes)
        waiting = replace(
            ended,
            phase=advance(Phase.FAILED, Phase.QUEUED),
            ended=None,
            problem=f"{what}; {after}",
            next_attempt=round(time.time() + decision.wait_s, 3),
        )
        self._at.notices.send(Occasion.NEEDS_YOU, waiting)
        if not self._rest(waiting, decision.wait_s):
            self._journal.event("stop", "stopped before it was started again")
            return replace(ended, phase=Phase.STOPPED)
        changes = {**attempt.changes, **decision.changes}
        if attempt.gpus:
            changes["launch.gpus"] = ",".join(map(str, attempt.gpus)) + ","
        wish = Wish(number, f"started again: {ended.problem}", changes, shares=True)
        found = find_resume_point(
            preset_of(self._record, changes), self._record, self._paths, ended.epoch
        )
        for skipped in found.skipped:
            self._journal.event("checkpoint-skipped", str(skipped), path=str(skipped.path))
        can = self._can_resume(changes)
        planned = self._planned(replace(wish, resume=found.point if can else None))
        if isinstance(planned, StateRecord):
            return replace(ended, problem=planned.problem, remedy=planned.remedy)
        return planned

    def _can_resume(self, changes: dict[str, str]) -> bool:
        resume = preset_of(self._record, changes).resume
        return resume is not None and resume.args is not None

    def _planned(self, wish: Wish) -> AttemptRecord | StateRecord:
        """Plan an attempt on the machine as it is now; it must not wait."""
        state = first_state(None, Phase.QUEUED, wish.number)
        self._journal.state(state)
        try:
            attempt = self._try_plan(wish)
        except CockpitError as error:
            return self._refused(state, error)
        if attempt is None:
            return self._refused(state, GpusBusy("its GPUs were taken a moment ago", ""))
        return attempt

    def _try_plan(self, wish: Wish) -> AttemptRecord | None:
        """Plan an attempt and take its GPUs; None when somebody was faster."""
        self._recorder.start()
        reading = self._recorder.first_reading()
        machine = look_at(reading, self._paths.root.parent, besides=self._paths.run_id)
        plan = plan_again(self._record, self._paths, machine, wish)
        give_back(self._leases)
        self._leases = []
        held = self._take(plan.gpu_uuids, shares=wish.shares)
        if held is None:
            return None
        self._leases = held
        for file, text in plan.files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return attempt_of(plan, self._record, self._paths, wish)

    def _take(self, gpu_uuids: tuple[str, ...], *, shares: bool) -> list[int] | None:
        record = self._record
        return take_all(
            gpu_uuids,
            record.run_id,
            is_simulated=record.is_simulated,
            shares=shares,
            port=record.port,
        )

    def _refused(self, state: StateRecord, error: CockpitError) -> StateRecord:
        self._journal.event("not-started", error.problem)
        failed = advance(state.phase, Phase.FAILED)
        return replace(state, phase=failed, problem=error.problem, remedy=error.remedy or None)

    def _wait_for_gpus(self, wish: Wish) -> AttemptRecord | StateRecord:
        """Wait in the queue until the GPUs of an attempt could be taken, or a stop is asked for."""
        ticket = Ticket(time.time(), self._paths.run_id)
        state = replace(
            first_state(None, Phase.QUEUED, wish.number),
            started=self._started,
            queued_since=ticket.since,
            gpus=(),
        )
        self._journal.state(state)
        self._recorder.start()
        problem: str | None = None
        place = 0
        while True:
            now_place = place_of(ticket, self._paths.root.parent)
            if now_place != place:
                place = now_place
                self._journal.event("queued", f"waits for its GPUs, place {place}", place=place)
            attempt, problem = self._look_for_gpus(wish, state) if place == 1 else (None, None)
            if attempt is not None:
                return attempt
            waiting = replace(state, queue_place=place, problem=problem)
            if not self._rest(waiting, LOOK_S):
                self._journal.event("stop", "stopped while it waited for its GPUs")
                return replace(state, phase=advance(state.phase, Phase.STOPPED))

    def _look_for_gpus(
        self, wish: Wish, state: StateRecord
    ) -> tuple[AttemptRecord | StateRecord | None, str | None]:
        """Return the attempt once its GPUs are taken, or its refusal; else what it waits for."""
        try:
            return self._try_plan(wish), None
        except GpusBusy as busy:
            return None, busy.problem
        except CockpitError as error:
            return self._refused(state, error), None

    def _rest(self, state: StateRecord, wait_s: float) -> bool:
        """Wait with `state` as the sign of life; False when a stop was asked for."""
        until = time.monotonic() + wait_s
        touched = 0.0
        while (now := time.monotonic()) < until or not touched:
            if take_request(self._paths) or drain(self._at.wake):
                return False
            if not self._paths.root.exists():
                return False
            if now - touched >= TOUCH_S:
                touched = now
                self._journal.state(replace(state, touched=round(time.time(), 3)))
            self._recorder.record(now)
            wait_for_wake(self._at.wake, min(LOOK_S, max(0.0, until - now)))
        return True

    def _mark_log(self, attempt: AttemptRecord) -> None:
        """Part the log of this attempt from the one before; no job writes to it now."""
        if attempt.attempt == 1:
            return
        resume = preset_of(self._record, attempt.changes).resume
        counts_again = resume is not None and resume.epochs is ResumeEpochs.REMAINING
        epoch = attempt.epoch if attempt.checkpoint is not None else None
        line = attempt_line(attempt.attempt, epoch, restarts_count=counts_again)
        try:
            with self._paths.log.open("ab") as log:
                log.write(f"\n{line}\n".encode())
        except OSError as error:
            say(f"{self._paths.log}: {error.strerror}")
        kind = "resumed" if attempt.checkpoint is not None else "restarted"
        source = f" from {attempt.checkpoint}" if attempt.checkpoint is not None else ""
        self._journal.event(kind, line.removeprefix("cockpit: ") + source, attempt=attempt.attempt)

    def _close(self, final: StateRecord) -> None:
        """Write the end, whatever it takes: nobody else can."""
        self._recorder.close()
        final = replace(
            final,
            ended=final.ended or round(time.time(), 3),
            touched=round(time.time(), 3),
            queued_since=None,
            queue_place=None,
            next_attempt=None,
        )
        give_back(self._leases)
        while not self._journal.state(final) and self._paths.root.exists():
            if drain(self._at.wake):
                break
            time.sleep(1)  # the disk takes nothing
        self._journal.release_reserve()
        self._journal.event("over", final.phase)
        self._at.notices.send(occasion_of(final.phase), final)
        self._at.notices.finish()


def ran_s(state: StateRecord) -> float:
    """Return how long the job of a run was there, over all attempts up to this state."""
    began = state.attempt_started or state.started
    until = state.ended or state.touched
    return state.earlier_s + (max(0.0, until - began) if began is not None else 0.0)


def close_on_exec(descriptors: list[int]) -> None:
    """Keep leases that came through an exec from going to the job."""
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
