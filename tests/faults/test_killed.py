from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.errors import InputError
from cockpit.files import append_line, write_json
from cockpit.processes.descendants import find_descendants
from cockpit.processes.identity import ProcessIdentity, identify, is_alive, send
from cockpit.runs.attempt import ResumeRequest
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.reader import read_processes
from cockpit.runs.record import ProcessRecord, to_json
from cockpit.supervise.members import identity_of
from cockpit.supervise.request import RunRequest
from cockpit.supervise.resuming import resume
from cockpit.supervise.start import ask_to_stop, launch
from tests.cli.calling import cockpit
from tests.faults.doing import insist, is_settled, problem, shown, supervisor_of, written
from tests.faults.table import Fault
from tests.faults.terminal import Terminal
from tests.supervise.running import (
    events,
    job_of,
    kill_supervisor,
    look,
    phase,
    start,
    wait_for,
    wait_for_log,
)
from tests.waiting import wait_until

Begin = Callable[[str], Fault]


def test_a_killed_tui_leaves_the_run_alone(home: Path, fault: Begin) -> None:
    case = fault("the TUI is killed by SIGKILL while a run goes on")
    paths = start(hang="true")
    wait_for_log(paths, "ready")
    tui = Terminal("--open", paths.run_id)
    wait_until(lambda: tui.shows("ready"))
    tui.kill()
    assert is_alive(supervisor_of(paths))
    assert shown(paths)["phase"] == "running"
    done = cockpit("stop", paths.run_id)
    assert is_settled(paths, Phase.STOPPED)
    case.ends(done.stderr, paths)


def test_a_killed_supervisor_leaves_a_job_that_can_be_adopted(home: Path, fault: Begin) -> None:
    case = fault("the supervisor is killed, its job lives: adopted, and ended by itself")
    paths = start(hang="true")
    wait_for_log(paths, "ready")
    kill_supervisor(paths)
    assert shown(paths)["phase"] == "unsupervised"
    seen = problem(paths)
    done = cockpit("adopt", paths.run_id)
    assert done.returncode == 0, done.stderr
    assert phase(paths) is written(paths).phase is Phase.RUNNING
    send(job_of(paths), signal.SIGTERM)
    wait_for(paths, Phase.SUCCEEDED)
    assert is_settled(paths, Phase.SUCCEEDED)
    case.ends(f"{seen}; {done.stderr}", paths)


def test_a_supervisor_and_its_job_killed_make_a_lost_run(home: Path, fault: Begin) -> None:
    case = fault("the supervisor and its job are killed: lost, and resumed")
    paths = start(hang="true", epochs="3")
    wait_for_log(paths, "epoch 3/3")
    kill_supervisor(paths)
    send(job_of(paths), signal.SIGKILL)
    wait_for(paths, Phase.LOST)
    seen = problem(paths)
    assert "epoch 3 is the last one done" in seen
    done = cockpit("resume", paths.run_id, "--set", "args.epochs=5", "--set", "args.hang=false")
    assert done.returncode == 0, done.stderr
    wait_for(paths, Phase.SUCCEEDED)
    assert is_settled(paths, Phase.SUCCEEDED)
    case.ends(seen, paths)


def test_a_supervisor_killed_while_it_waits_for_gpus(
    home: Path, fault: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = fault("the supervisor is killed while its run is queued")
    monkeypatch.setenv("COCKPIT_DEVICES", "simulated:1xh20")
    first = launch(RunRequest("fake", (("args.hang", "true"),), gpus="1", name="first")).paths
    waiting = launch(RunRequest("fake", (), gpus="1", name="second", queues=True)).paths
    wait_for(waiting, Phase.QUEUED)
    kill_supervisor(waiting)
    assert shown(waiting)["phase"] == "lost"
    seen = problem(waiting)
    assert "before the job began" in seen
    third = launch(RunRequest("fake", (), gpus="1", name="third", queues=True)).paths
    ask_to_stop(first)
    wait_for(third, Phase.SUCCEEDED)  # the dead one holds no place in the queue
    case.ends(seen, first, waiting, third)


def waits_to_start_again(**args: str) -> RunPaths:
    pairs = [("args.fail-until", "1"), ("args.epochs", "4"), *args.items()]
    settings = (("retry.attempts", "3"), ("retry.wait_s", "600"), *pairs)
    paths = launch(RunRequest("fake", settings)).paths
    wait_for(paths, Phase.QUEUED)
    wait_until(lambda: written(paths).next_attempt is not None)
    return paths


def test_a_supervisor_killed_between_two_attempts(home: Path, fault: Begin) -> None:
    case = fault("the supervisor is killed between two attempts")
    paths = waits_to_start_again()
    kill_supervisor(paths)
    assert shown(paths)["phase"] == "lost"
    seen = problem(paths)
    assert "ConnectionError" in seen
    assert "the job were both killed" not in seen
    done = cockpit("resume", paths.run_id)
    assert done.returncode == 0, done.stderr
    wait_for(paths, Phase.SUCCEEDED)
    assert look(paths).state is not None
    case.ends(seen, paths)


def test_a_term_to_the_supervisor_between_two_attempts(home: Path, fault: Begin) -> None:
    case = fault("SIGTERM to the supervisor between two attempts")
    paths = waits_to_start_again()
    send(supervisor_of(paths), signal.SIGTERM)
    wait_for(paths, Phase.STOPPED)
    assert is_settled(paths, Phase.STOPPED)
    assert "stopped before it was started again" in events(paths)
    case.ends(problem(paths), paths)


def test_a_run_that_waits_to_start_again_is_not_adopted(home: Path, fault: Begin) -> None:
    case = fault("adopting a run whose supervisor died between two attempts")
    paths = waits_to_start_again()
    kill_supervisor(paths)
    done = cockpit("adopt", paths.run_id)
    assert done.returncode == 2
    assert f"cockpit resume {paths.run_id}" in done.stderr
    case.ends(done.stderr, paths)


def stranger() -> ProcessIdentity:
    """Return a live process that no run may touch: this one."""
    found = identify(os.getpid())
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("a pid of the run was given to another program", {"start_ticks": 1}),
        ("the machine was started again", {"boot_id": "00000000-another-boot"}),
    ],
)
def test_a_pid_of_somebody_else_is_never_touched(
    home: Path, fault: Begin, name: str, change: dict[str, object]
) -> None:
    case = fault(name)
    paths = start(hang="true", epochs="3")
    wait_for_log(paths, "epoch 3/3")
    kill_supervisor(paths)
    send(job_of(paths), signal.SIGKILL)
    wait_for(paths, Phase.LOST)
    other = replace(stranger(), **change)  # type: ignore[arg-type]  # a table of two fields
    record = ProcessRecord(other, "rank", 0, ("python",), 0.0)
    append_line(paths.processes, to_json(record))
    write_json(paths.state, to_json(replace(written(paths), job=other, supervisor=other)))
    assert shown(paths)["phase"] == "lost"
    seen = problem(paths)
    stop = cockpit("stop", paths.run_id)
    assert "is not running: lost" in stop.stderr
    adopt = cockpit("adopt", paths.run_id)
    assert adopt.returncode == 2
    assert not send(other, signal.SIGKILL)
    resume(paths, ResumeRequest({"args.epochs": "4", "args.hang": "false"}))
    wait_for(paths, Phase.SUCCEEDED)
    case.ends(seen, paths)


def test_a_supervisor_that_dies_at_once_is_said_of_a_resume(home: Path, fault: Begin) -> None:
    case = fault("the supervisor of a resumed run dies at once")
    paths = start(epochs="4", stop_after="2", raises="false")
    wait_for(paths, Phase.FAILED)
    wait_until(lambda: not look(paths).has_supervisor)
    record = paths.run.read_text()
    before = written(paths)
    paths.lock.unlink()
    paths.lock.mkdir()  # no supervisor can take it
    done = cockpit("resume", paths.run_id, "--set", "args.stop-after=0")
    assert done.returncode == 1
    assert "only 2 of 4 epochs" not in done.stderr, "that was the last attempt's problem"
    assert "supervisor" in done.stderr
    assert paths.run.read_text() == record
    assert written(paths) == before
    paths.lock.rmdir()
    case.ends(done.stderr, paths)


def test_a_resume_while_it_is_resumed_is_refused(home: Path, fault: Begin) -> None:
    case = fault("a run is resumed while it is already resumed")
    paths = start(epochs="4", stop_after="2")
    wait_for(paths, Phase.FAILED)
    settings = ("--set", "args.stop-after=0", "--set", "args.hang=true")
    first = cockpit("resume", paths.run_id, *settings)
    assert first.returncode == 0, first.stderr
    second = cockpit("resume", paths.run_id, *settings)
    assert second.returncode == 2
    assert not paths.attempt(3).exists()
    with pytest.raises(InputError, match="is running"):
        resume(paths, ResumeRequest())
    ask_to_stop(paths)
    wait_for(paths, Phase.STOPPED)
    case.ends(second.stderr, paths)


def test_a_supervisor_killed_while_it_stops_the_run(home: Path, fault: Begin) -> None:
    case = fault("the supervisor is killed while it stops the run")
    paths = start(hang="true", ignore_term="true", child="ignoring")
    wait_for_log(paths, "ready")
    wait_until(lambda: len(read_processes(paths)) == 2)
    assert cockpit("stop", paths.run_id, "--no-wait").returncode == 0
    wait_for(paths, Phase.STOPPING)
    kill_supervisor(paths)
    assert shown(paths)["phase"] == "unsupervised"
    seen = problem(paths)
    assert "while it stopped the run" in seen
    assert cockpit("stop", paths.run_id, "--no-wait").returncode == 0
    wait_for(paths, Phase.STOPPING)
    insist(paths)
    assert is_settled(paths, Phase.STOPPED)
    case.ends(seen, paths)


SPARE = """
import sys, time
from cockpit.supervise.spare import Spare
spare = Spare()
print("waiting", flush=True)
time.sleep(600)
"""


def test_a_launcher_killed_before_it_gave_its_order(home: Path, fault: Begin) -> None:
    case = fault("the launcher is killed before its supervisor has a run")
    launcher = subprocess.Popen([sys.executable, "-c", SPARE], stdout=subprocess.PIPE, text=True)
    assert launcher.stdout is not None
    assert launcher.stdout.readline() == "waiting\n"
    [spare] = find_descendants(launcher.pid)
    launcher.kill()
    launcher.communicate()
    case.ends(cockpit("runs").stdout, besides=[identity_of(spare)])
