"""Starting a run: its folder is written, its supervisor is detached, and it is seen to run."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from cockpit import __version__
from cockpit.errors import CockpitError, EnvironmentNotFit, LaunchError
from cockpit.files import read_json, stamp, write_json
from cockpit.presets.check import script_path, workdir_path
from cockpit.processes.lock import is_held
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.reader import hostname, read_run
from cockpit.runs.record import RunRecord, StateRecord, parse_state, to_json
from cockpit.supervise.after import prepared_of
from cockpit.supervise.ahead import Ahead
from cockpit.supervise.leases import give_back, take_all
from cockpit.supervise.prepare import Prepared
from cockpit.supervise.provenance import read_git
from cockpit.supervise.request import RunRequest
from cockpit.supervise.spare import Order, Spare
from cockpit.supervise.stop import request_stop

PATIENCE_S: Final = 20.0
"""A supervisor that has written nothing by then did not start."""


class RunIdTaken(Exception):
    """Another run got this id first."""


class GpusTaken(Exception):
    """Another run got one of these GPUs, or the port, first."""


def launch(request: RunRequest, ahead: Ahead | None = None) -> Prepared:
    """Prepare and start a run; of two launched in the same second one gets another id.

    `ahead` is what was begun for it already.
    """
    feed, spare = (ahead.feed, ahead.spare) if ahead is not None else (None, None)
    while True:
        prepared = prepared_of(request, feed)
        try:
            start(prepared, spare)
        except (RunIdTaken, GpusTaken):
            feed = None  # prepared anew, it gets another id or other GPUs, or is refused
            continue
        return prepared


def start(prepared: Prepared, spare: Spare | None = None) -> RunPaths:
    """Write the run's folder, detach its supervisor, and return when the job runs or waits.

    Raises LaunchError when it does not come to run, RunIdTaken or GpusTaken when somebody was
    faster. Closing the terminal that called this does not touch the run.
    """
    if sys.platform != "linux":
        raise EnvironmentNotFit("runs are started and supervised on Linux only", "use the GPU box")
    leases = take_leases(prepared)
    try:
        paths = write_run(prepared)
        (spare or Spare()).send(Order(paths.root, "begin", tuple(leases)))
    finally:
        give_back(leases)  # the supervisor has its own copies
    state = wait_for_state(paths, is_under_way)
    if state is None:
        give_up(paths)
    if state is None or (state.phase is Phase.FAILED and state.job is None):
        raise LaunchError(f"{paths.run_id}: {_why_not(paths, state)}", f"see {paths.root}")
    return paths


def take_leases(prepared: Prepared) -> list[int]:
    """Take the GPUs and the port of a plan before anything is written. Raises GpusTaken."""
    leases = take_all(
        prepared.plan.gpu_uuids,
        prepared.paths.run_id,
        is_simulated=prepared.machine.is_simulated,
        shares=prepared.request.shares,
        port=prepared.plan.port,
    )
    if leases is None:
        raise GpusTaken(prepared.paths.run_id)
    return leases


def is_under_way(state: StateRecord) -> bool:
    """Say whether a launch has come as far as it will: the job runs, or waits in the queue."""
    return state.phase is not Phase.QUEUED or state.queue_place is not None


def ask_to_stop(paths: RunPaths) -> None:
    """Ask for a run to be stopped; an unsupervised one is given a supervisor for it.

    Raises EnvironmentNotFit for a run of another host. Does nothing when the run is over.
    """
    run = read_run(paths)
    if run is None or run.phase.is_over:
        return
    if run.is_remote:
        host = run.record.host
        raise EnvironmentNotFit(
            f"{paths.run_id} belongs to {host}", f"ssh {host} cockpit stop {paths.run_id}"
        )
    request_stop(paths)
    if run.phase is Phase.UNSUPERVISED:
        adopt(paths)


def adopt(paths: RunPaths) -> None:
    """Give an unsupervised run a supervisor again; returns once that one works or is not needed."""
    before = parse_state(read_json(paths.state))
    Spare().send(Order(paths.root, "adopt"))
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_S:
        state = parse_state(read_json(paths.state))
        is_new = before is None or (state is not None and state.supervisor != before.supervisor)
        is_gone = time.monotonic() - began > 2 and not is_held(paths.lock)
        if is_new or is_gone:
            return
        time.sleep(0.02)


def write_run(prepared: Prepared) -> RunPaths:
    """Create the run's folder with run.json and the derived files."""
    paths = prepared.paths
    try:
        paths.root.parent.mkdir(parents=True, exist_ok=True)
        make_new(paths.root)
        paths.out.mkdir()
        for file, text in prepared.plan.files.items():
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        write_json(paths.run, to_json(as_record(prepared, time.time())))
    except OSError as error:
        if not paths.run.exists():
            shutil.rmtree(paths.root, ignore_errors=True)
        raise LaunchError(
            f"{error.filename or paths.root}: {error.strerror}",
            "XDG_DATA_HOME names the folder in which runs are kept",
        ) from error
    return paths


def make_new(folder: Path) -> None:
    """Create a folder that must not be there; raises RunIdTaken when it is."""
    try:
        folder.mkdir()
    except FileExistsError as error:
        raise RunIdTaken(folder.name) from error


def as_record(prepared: Prepared, now_s: float) -> RunRecord:
    """Return run.json of a prepared run."""
    plan, preset, python = prepared.plan, prepared.preset, prepared.python
    code = workdir_path(preset) or (script_path(preset) or preset.file).parent
    git = read_git(code)
    return RunRecord(
        run_id=prepared.paths.run_id,
        name=prepared.request.name or preset.name,
        preset=preset.name,
        preset_file=preset.file,
        created=round(now_s, 3),
        host=hostname(),
        argv=plan.argv,
        env={name: item.value for name, item in plan.env.items()},
        env_sources={name: item.source for name, item in plan.env.items()},
        unset=plan.unset,
        cwd=plan.cwd,
        gpus=plan.gpus,
        gpu_names=plan.gpu_names,
        world_size=plan.world_size,
        reader=plan.metrics_reader,
        devices=prepared.devices,
        python=str(python.path),
        python_version=python.version,
        python_reason=python.reason,
        results=plan.results,
        results_before=stamp(plan.results) if plan.results else None,
        checkpoint=plan.checkpoint,
        headline=plan.headline,
        epochs=plan.epochs,
        batch_per_rank=plan.batch.batch_per_rank if plan.batch else None,
        global_batch=plan.batch.global_batch if plan.batch else None,
        torch=python.torch,
        git_commit=git.commit if git else None,
        git_changed_files=git.changed_files if git else None,
        is_simulated=prepared.machine.is_simulated,
        sources=preset.sources,
        cockpit_version=__version__,
        origin=preset.origin,
        document=preset.document,
        texts=prepared.place.texts,
        torchrun_flags=prepared.place.flags,
        gpu_uuids=plan.gpu_uuids,
        best=plan.best,
        last=plan.last,
        follows=prepared.request.step[0] if prepared.request.step else None,
        port=plan.port,
        queues=prepared.request.queues,
        shares=prepared.request.shares,
    )


def give_up(paths: RunPaths) -> None:
    """See to it that a supervisor that comes too late starts nothing: its run counts as failed."""
    with suppress(CockpitError):  # the disk is full: it will hardly come
        request_stop(paths)


def wait_for_state(
    paths: RunPaths, is_reached: Callable[[StateRecord], bool]
) -> StateRecord | None:
    """Return the state once it is as wanted; None: it took too long, or its folder is gone."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        state = parse_state(read_json(paths.state))
        if state is not None and is_reached(state):
            return state
        if not paths.root.is_dir():
            return None
        time.sleep(0.02)
    return None


def _why_not(paths: RunPaths, state: StateRecord | None) -> str:
    if state is not None and state.problem:
        return state.problem
    if not paths.root.is_dir():
        return f"its folder {paths.root} was deleted"
    return f"its supervisor said nothing in {PATIENCE_S:.0f} s: {last_word(paths.supervisor_log)}"


def last_word(log: Path) -> str:
    """Return the last line that a supervisor wrote."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else "nothing"
