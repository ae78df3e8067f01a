"""The supervisor process: `python -P -m cockpit.supervise.main`, a socket as standard input.

Waits there to be told its run (see `spare`), detaches, takes the run's lock, starts, adopts or
resumes the job, and stays until the run is over.
"""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import signal
import sys
import traceback
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Final, assert_never

from cockpit.errors import CockpitError
from cockpit.files import read_json
from cockpit.processes.lock import LockHeld, hold
from cockpit.runs.attempt import parse_attempt, parse_resume
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.reader import has_living_process, read_processes
from cockpit.runs.record import RunRecord, parse_run, parse_state
from cockpit.supervise.attempts import first_attempt
from cockpit.supervise.course import Course
from cockpit.supervise.job import AdoptedJob
from cockpit.supervise.journal import Journal, say
from cockpit.supervise.members import Members
from cockpit.supervise.spare import take_order
from cockpit.supervise.station import Station
from cockpit.supervise.stop import take_request
from cockpit.supervise.supervisor import LOOK, STOP, first_state

PR_SET_CHILD_SUBREAPER: Final = 36
OPEN_FILES: Final = 65_536
"""Enough for any data loader; some programs walk through all that they may open."""


class Start(StrEnum):
    """What a supervisor begins with."""

    BEGIN = "begin"
    """the first attempt"""
    ADOPT = "adopt"
    """a job that runs already"""
    RESUME = "resume"
    """another attempt of a run that is over"""


def main() -> int:
    """Wait for the order on standard input, detach, and supervise one run to its end."""
    order = take_order(os.dup(sys.stdin.fileno()))
    if order is None:
        return 0
    paths = RunPaths(order.root)
    write_into(paths.supervisor_log)
    if os.fork():
        return 0  # the launcher's wait ends here
    try:
        lock = hold(paths.lock)
    except LockHeld:
        say("another supervisor has this run")
        return 1
    try:
        at = supervise(paths, Start(order.how), list(order.leases))
    except Exception:  # noqa: BLE001  # the outermost loop: the reason must reach supervisor.log
        say(traceback.format_exc())
        return 1
    finally:
        os.close(lock)
    if at is not None:  # without the lock: the run may be resumed meanwhile
        at.notices.finish()
        at.foretelling.finish()
    return 0


def write_into(log: Path) -> None:
    """Turn standard output and error into the supervisor's log, and leave no input."""
    with Path(os.devnull).open("rb") as nothing, log.open("ab") as file:
        os.dup2(nothing.fileno(), 0)
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)


def supervise(paths: RunPaths, how: Start, leases: list[int]) -> Station | None:
    """Run the supervisor in this process, which must be alone with its threads' duties.

    Returns what has notices and errands that may still be under way.
    """
    record = parse_run(read_json(paths.run))
    if record is None:
        say(f"{paths.run} cannot be read")
        return None
    become_subreaper()
    allow_open_files()
    at = Station(record, paths, wake_on_signals())
    journal = at.journal
    journal.keep_reserve()
    course = Course(at, leases)
    match how:
        case Start.BEGIN:
            course.begin()
        case Start.ADOPT:
            adopt(course, record, paths, journal)
        case Start.RESUME:
            resume(course, record, paths, journal)
        case _:
            assert_never(how)
    return at


def adopt(course: Course, record: RunRecord, paths: RunPaths, journal: Journal) -> None:
    """Take over a job whose supervisor died; does nothing when nothing of it is left."""
    before = parse_state(read_json(paths.state))
    members = Members(paths, read_processes(paths))
    for found in members.scan(0, (), by_mark=True):
        journal.process(found)
    alive = members.alive()
    if before is None or before.phase.is_over or not alive:
        take_request(paths)
        journal.release_reserve()
        return
    top = before.job if before.job is not None and before.job in alive else alive[0]
    attempt = parse_attempt(read_json(paths.attempt(before.attempt))) or first_attempt(record)
    state = replace(
        first_state(top, Phase.RUNNING, before.attempt),
        started=before.started,
        attempt_started=before.attempt_started,
        earlier_s=before.earlier_s,
        epochs=before.epochs,
        gpus=before.gpus,
        epoch=before.epoch,
        gpu_figures=before.gpu_figures,
    )
    journal.state(state)
    journal.event("adopted", f"supervised again, {len(alive)} processes; exit code unknown")
    course.watch(AdoptedJob(top), state, members, attempt)


def resume(course: Course, record: RunRecord, paths: RunPaths, journal: Journal) -> None:
    """Start another attempt of a run that is over; does nothing when it is not."""
    from cockpit.supervise.wishes import wish_to_resume

    before = parse_state(read_json(paths.state))
    asked = parse_resume(read_json(paths.resume_request))
    paths.resume_request.unlink(missing_ok=True)
    take_request(paths)
    is_over = before is not None and before.phase.is_over
    if not is_over and has_living_process(paths, before):
        say("not resumed: its job still runs")
        journal.release_reserve()
        return
    try:
        resumed = wish_to_resume(record, paths, before, asked)
    except CockpitError as error:
        say(f"not resumed: {error}")
        journal.release_reserve()
        return
    for skipped in resumed.skipped:
        journal.event("checkpoint-skipped", str(skipped), path=str(skipped.path))
    forget_kept_results(paths)
    course.go_on(before, resumed.wish, queues=asked.queues)


def forget_kept_results(paths: RunPaths) -> None:
    """Remove the copy of the results that was made at the last end: they grow again."""
    shutil.rmtree(paths.kept_results, ignore_errors=True)


def allow_open_files() -> None:
    """Let the job open as many files as the system allows: data loaders pass tensors by files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def become_subreaper() -> None:
    """Let orphans of the job come to this process, so that none can get lost."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        say("the kernel refuses PR_SET_CHILD_SUBREAPER; orphans are found by their mark only")


def wake_on_signals() -> int:
    """Turn signals into a byte on a pipe that wakes the loop; return the pipe's read end."""
    read_end, write_end = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    meanings = {signal.SIGTERM: STOP, signal.SIGINT: STOP, signal.SIGUSR1: LOOK}
    for number, word in meanings.items():
        signal.signal(number, lambda *_, word=word: os.write(write_end, word))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    return read_end


if __name__ == "__main__":
    sys.exit(main())
