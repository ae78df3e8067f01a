"""What follows an attempt that failed, and planning it on the machine as it is then.

Loaded only when there is something to follow: a first start waits for none of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cockpit.analysis.retry import Again, Enough, Failure, decide_retry
from cockpit.errors import GpusBusy, LaunchError
from cockpit.launch.resuming import can_resume
from cockpit.metrics.log_lines import attempt_line
from cockpit.runs.attempt import AttemptRecord
from cockpit.runs.record import RunRecord, StateRecord
from cockpit.supervise.attempts import Wish
from cockpit.supervise.leases import Holding
from cockpit.supervise.machine import look_at
from cockpit.supervise.replanning import (
    attempt_of,
    batch_keys,
    counts_again,
    plan_again,
    preset_of,
)
from cockpit.supervise.station import Station
from cockpit.views.resume_point import find_resume_point


def decide(
    record: RunRecord, ended: StateRecord, attempt: AttemptRecord, failures: Sequence[Failure]
) -> Again | Enough:
    """Return whether a run is started again; `failures` are those of all its attempts here.

    Raises CockpitError or ValueError for a run whose preset an older cockpit did not keep.
    """
    preset = preset_of(record, attempt.changes)
    is_complete = None not in (ended.epoch, ended.epochs) and ended.epoch == ended.epochs
    return decide_retry(
        failures,
        attempts=preset.retry.attempts,
        wait_s=preset.retry.wait_s,
        batch=batch_keys(preset, attempt.world_size),
        is_complete=is_complete,
    )


def next_wish(
    at: Station, ended: StateRecord, attempt: AttemptRecord, changes: Mapping[str, str]
) -> Wish:
    """Return the attempt after a failed one, from the newest checkpoint that can be read."""
    changed = {**attempt.changes, **changes, **same_gpus(attempt.gpus)}
    preset = preset_of(at.record, changed)
    found = find_resume_point(preset, at.record, at.paths, ended.epoch)
    for skipped in found.skipped:
        at.journal.event("checkpoint-skipped", str(skipped), path=str(skipped.path))
    point = found.point if can_resume(preset) else None
    reason = f"started again: {ended.problem}"
    return Wish(attempt.attempt + 1, reason, changed, point, shares=True)


def same_gpus(gpus: Sequence[int]) -> dict[str, str]:
    """Return the preset key that gives another attempt the GPUs of the one before."""
    return {"launch.gpus": ",".join(map(str, gpus)) + ","} if gpus else {}


def plan_here(at: Station, holding: Holding, wish: Wish) -> AttemptRecord:
    """Plan an attempt on the machine as it is now, take its GPUs and write its files.

    Raises GpusBusy while others have them, CockpitError where it cannot be.
    """
    at.recorder.start()
    reading = at.recorder.first_reading()
    machine = look_at(reading, at.paths.root.parent, besides=at.paths.run_id)
    plan = plan_again(at.record, at.paths, machine, wish)
    if not holding.change(plan.gpu_uuids, shares=wish.shares):
        raise GpusBusy("its GPUs were taken a moment ago", f"cockpit resume {at.paths.run_id}")
    try:
        for file, text in plan.files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise LaunchError(f"{error.filename or at.paths.root}: {error.strerror}") from error
    return attempt_of(plan, at.record, wish)


def parting_line(record: RunRecord, attempt: AttemptRecord) -> str:
    """Return the line that parts the log of this attempt from the one before."""
    epoch = attempt.epoch if attempt.checkpoint is not None else None
    again = counts_again(preset_of(record, attempt.changes))
    is_resumed = attempt.checkpoint is not None
    return attempt_line(attempt.attempt, epoch, restarts_count=again, is_resumed=is_resumed)


def waiting_state(ended: StateRecord, again: Again, at_s: float) -> StateRecord:
    """Return the state between two attempts; `at_s` is when the next begins, epoch seconds."""
    changed = f" with {again.why}" if again.why else ""
    what = (
        f"attempt {ended.attempt} failed: {ended.problem}; "
        f"attempt {ended.attempt + 1} in {again.wait_s:.0f} s{changed}"
    )
    return replace(ended, ended=None, problem=what, next_attempt=round(at_s, 3))
