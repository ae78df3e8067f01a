"""Continuing a run that is over: the same run, another attempt, a new supervisor."""

from __future__ import annotations

import time

from cockpit import locations
from cockpit.errors import EnvironmentNotFit, InputError, LaunchError
from cockpit.files import write_json
from cockpit.processes.lock import is_held
from cockpit.runs.attempt import ResumeRequest, resume_object
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.reader import read_run
from cockpit.runs.record import StateRecord
from cockpit.supervise.machine import read_machine
from cockpit.supervise.replanning import plan_again
from cockpit.supervise.spare import Order, Spare
from cockpit.supervise.start import give_up, is_under_way, last_word, wait_for_state
from cockpit.supervise.wishes import Resumed, wish_to_resume


def resume(paths: RunPaths, asked: ResumeRequest) -> Resumed:
    """Start another attempt of a run that is over, from its newest readable checkpoint.

    Returns when the job runs, or waits for its GPUs. Raises CockpitError where it cannot go on;
    then nothing was changed.
    """
    run = read_run(paths)
    if run is None:
        raise InputError(f"{paths.run_id} is no run", "cockpit runs")
    if run.is_remote:
        host = run.record.host
        raise EnvironmentNotFit(
            f"{paths.run_id} belongs to {host}", f"ssh {host} cockpit resume {paths.run_id}"
        )
    if not run.phase.is_over:
        what = "adopt" if run.phase is Phase.UNSUPERVISED else "stop"
        raise InputError(f"{paths.run_id} is {run.phase}", f"cockpit {what} {paths.run_id}")
    resumed = wish_to_resume(run.record, paths, run.state, asked)
    if not asked.queues:  # a sentence now instead of a run that fails
        machine = read_machine(run.record.devices, locations.runs_dir(), besides=paths.run_id)
        plan_again(run.record, paths, machine, resumed.wish)
    _start(paths, asked, resumed.wish.number)
    return resumed


def _start(paths: RunPaths, asked: ResumeRequest, number: int) -> None:
    try:
        paths.resume_request.parent.mkdir(exist_ok=True)
        write_json(paths.resume_request, resume_object(asked))
    except OSError as error:
        raise LaunchError(f"{paths.resume_request}: {error.strerror}") from error
    began = time.time()
    Spare().send(Order(paths.root, "resume"))
    state = wait_for_state(paths, lambda state: _has_begun(state, number, began))
    if state is None:
        if is_held(paths.lock):
            give_up(paths)
        why = f"its supervisor did not start: {last_word(paths.supervisor_log)}"
        raise LaunchError(f"{paths.run_id}: {why}", f"see {paths.supervisor_log}")
    if state.phase is Phase.FAILED and state.job is None:
        raise LaunchError(f"{paths.run_id}: {state.problem}", state.remedy or f"see {paths.root}")


def _has_begun(state: StateRecord, number: int, began: float) -> bool:
    return state.attempt >= number and state.touched >= began - 1 and is_under_way(state)
