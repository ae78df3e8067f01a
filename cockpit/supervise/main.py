"""The supervisor process: `python -P -m cockpit.supervise.main RUN_DIRECTORY [--adopt]`.

Detaches, takes the run's lock, starts or adopts the job, and stays until the run is over.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Final

from cockpit.files import read_json
from cockpit.processes.lock import LockHeld, hold
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase, advance
from cockpit.runs.reader import read_processes
from cockpit.runs.record import RunRecord, StateRecord, parse_run, parse_state
from cockpit.supervise.job import AdoptedJob, Job, spawn
from cockpit.supervise.journal import Journal, say
from cockpit.supervise.members import Members, top_record
from cockpit.supervise.samples import Recorder
from cockpit.supervise.stop import take_request
from cockpit.supervise.supervisor import LOOK, STOP, Supervisor, first_state

PR_SET_CHILD_SUBREAPER: Final = 36


def main(arguments: list[str]) -> int:
    """Detach and supervise one run; the launcher's wait ends with the first fork."""
    if os.fork():
        return 0
    paths = RunPaths(Path(arguments[0]))
    try:
        lock = hold(paths.lock)
    except LockHeld:
        say("another supervisor has this run")
        return 1
    try:
        supervise(paths, adopts="--adopt" in arguments)
    except Exception:  # noqa: BLE001  # the outermost loop: the reason must reach supervisor.log
        say(traceback.format_exc())
        return 1
    finally:
        os.close(lock)
    return 0


def supervise(paths: RunPaths, *, adopts: bool) -> None:
    """Run the supervisor in this process, which must be alone with its threads' duties."""
    record = parse_run(read_json(paths.run))
    if record is None:
        say(f"{paths.run} cannot be read")
        return
    become_subreaper()
    wake = wake_on_signals()
    journal = Journal(paths)
    journal.keep_reserve()
    started = adopt(paths, journal) if adopts else begin(record, paths, journal)
    if started is None:
        journal.release_reserve()
        return
    recorder = Recorder(paths, journal, record.devices)
    recorder.start()
    job, state, members = started
    Supervisor(record, paths, state, job, members, journal, recorder, wake).run()


def begin(
    record: RunRecord, paths: RunPaths, journal: Journal
) -> tuple[Job, StateRecord, Members] | None:
    """Start the job and write the first state; None when it could not be started."""
    queued = first_state(None, Phase.QUEUED, attempt=1)
    journal.state(queued)
    journal.once(paths.attempt(1), attempt_object(record))
    try:
        job = spawn(record, paths)
    except (OSError, ValueError) as error:  # ValueError: the kernel takes no NUL
        reason = error.strerror if isinstance(error, OSError) else error
        what = f"cannot start {record.argv[0]}: {reason}"
        journal.event("not-started", what)
        phase = advance(Phase.QUEUED, Phase.FAILED)
        journal.state(replace(queued, phase=phase, ended=time.time(), problem=what))
        return None
    phase = advance(Phase.QUEUED, Phase.RUNNING)
    state = replace(queued, phase=phase, job=job.identity, started=round(time.time(), 3))
    journal.state(state)
    journal.event("started", f"the job runs as pid {job.identity.pid}", pid=job.identity.pid)
    top = top_record(job.identity, record.argv)
    journal.process(top)  # it may be gone before it is ever looked for
    return job, state, Members(paths, [top])


def adopt(paths: RunPaths, journal: Journal) -> tuple[Job, StateRecord, Members] | None:
    """Take over a job whose supervisor died; None when nothing of it is left."""
    before = parse_state(read_json(paths.state))
    processes = read_processes(paths)
    members = Members(paths, processes)
    for found in members.scan(0, (), by_mark=True):
        journal.process(found)
    alive = members.alive()
    if before is None or before.phase.is_over or not alive:
        take_request(paths)
        return None
    top = before.job if before.job is not None and before.job in alive else alive[0]
    state = replace(
        first_state(top, Phase.RUNNING, before.attempt), started=before.started, epoch=before.epoch
    )
    journal.state(state)
    journal.event("adopted", f"supervised again, {len(alive)} processes; exit code unknown")
    return AdoptedJob(top), state, members


def attempt_object(record: RunRecord) -> dict[str, object]:
    """Return what is written about an attempt: what is really started."""
    return {
        "schema": 1,
        "attempt": 1,
        "time": time.time(),
        "reason": "launched",
        "argv": list(record.argv),
        "env": dict(record.env),
        "unset": list(record.unset),
        "cwd": str(record.cwd),
        "gpus": list(record.gpus),
        "port": None,
        "python": record.python,
    }


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
    sys.exit(main(sys.argv[1:]))
