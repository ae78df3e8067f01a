from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.errors import EnvironmentNotFit, InputError, LaunchError, PresetError
from cockpit.files import write_json
from cockpit.processes.identity import is_alive, send
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.reader import read_processes
from cockpit.runs.record import to_json
from cockpit.supervise.prepare import prepare
from cockpit.supervise.request import RunRequest
from cockpit.supervise.spare import Order, Spare
from cockpit.supervise.start import adopt, ask_to_stop, launch
from cockpit.supervise.stop import Stopping, StopStep, request_stop
from cockpit.views.registry import Registry
from tests.supervise.running import (
    delete,
    events,
    job_of,
    kill_supervisor,
    look,
    nothing_is_left,
    phase,
    start,
    view,
    wait_for,
    wait_for_log,
)
from tests.waiting import wait_until


def test_a_run_that_ends_well(home: Path) -> None:
    paths = start(epochs="3")
    wait_for(paths, Phase.SUCCEEDED)
    seen = view(paths)
    assert (seen.epoch, seen.epochs, seen.exit_code, seen.problem) == (3, 3, 0, None)
    assert seen.metrics.series["metrics/accuracy"].best is not None
    assert seen.headline == ("metrics/accuracy",)
    assert nothing_is_left(paths)
    wait_until(lambda: not (paths.root / ".reserve").exists())


def test_a_failure_names_its_exception(home: Path) -> None:
    paths = start(raises="true")
    wait_for(paths, Phase.FAILED)
    seen = view(paths)
    assert seen.exit_code == 1
    assert seen.problem == "all epochs done, then ValueError: the images are upside down"


@pytest.mark.parametrize(
    ("how", "code", "words"),
    [({"exit": "3"}, 3, "exit code 3"), ({"kill_self": "true"}, -9, "killed by SIGKILL")],
)
def test_an_end_without_words_is_told_by_its_code(
    home: Path, how: dict[str, str], code: int, words: str
) -> None:
    paths = start(epochs="1", **how)
    wait_for(paths, Phase.FAILED)
    seen = view(paths)
    assert seen.exit_code == code
    assert words in (seen.problem or "")


def test_the_run_outlives_whoever_launched_it(home: Path) -> None:
    script = (
        "from cockpit.supervise.request import RunRequest\n"
        "from cockpit.supervise.start import launch\n"
        "import time\n"
        "prepared = launch(RunRequest('fake', (('args.hang', 'true'),)))\n"
        "print(prepared.paths.root, flush=True)\n"
        "time.sleep(600)\n"
    )
    launcher = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert launcher.stdout is not None
    paths = RunPaths(Path(launcher.stdout.readline().strip()))
    wait_for_log(paths, "ready")
    os.killpg(launcher.pid, signal.SIGKILL)
    launcher.wait()
    launcher.stdout.close()
    assert phase(paths) is Phase.RUNNING
    assert is_alive(job_of(paths))
    request_stop(paths)
    wait_for(paths, Phase.STOPPED)


def test_stop_leaves_nothing_behind(home: Path) -> None:
    paths = start(hang="true")
    wait_for_log(paths, "ready")
    request_stop(paths)
    wait_for(paths, Phase.STOPPED)
    assert nothing_is_left(paths)
    assert view(paths).exit_code == -15


def test_a_term_to_the_supervisor_is_a_stop(home: Path) -> None:
    paths = start(hang="true")
    wait_for_log(paths, "ready")
    state = look(paths).state
    assert state is not None
    assert state.supervisor is not None
    send(state.supervisor, signal.SIGTERM)
    wait_for(paths, Phase.STOPPED)
    assert nothing_is_left(paths)


def insist(paths: RunPaths) -> None:
    """Ask again until it is taken for a second wish: one that comes too soon is the same."""

    def is_urgent() -> bool:
        if not phase(paths).is_over and not paths.stop_request.exists():
            request_stop(paths)
        return "SIGKILL" in events(paths)

    wait_until(is_urgent)


def test_two_stops_at_once_are_one_wish(home: Path) -> None:
    paths = start(hang="true", ignore_term="true")
    wait_for_log(paths, "ready")
    for _ in range(3):
        request_stop(paths)
        wait_until(lambda: not paths.stop_request.exists())
    wait_for(paths, Phase.STOPPING)
    assert "SIGKILL" not in events(paths)
    insist(paths)
    wait_for(paths, Phase.STOPPED)


def test_a_setsid_grandchild_is_asked_before_it_is_killed(home: Path) -> None:
    paths = start(hang="true", child="session")
    wait_for_log(paths, "ready")
    wait_until(lambda: len(read_processes(paths)) == 2)
    request_stop(paths)
    wait_for(paths, Phase.STOPPED)
    assert "SIGTERM to worker" in events(paths)
    assert "SIGKILL" not in events(paths)
    assert nothing_is_left(paths)


def test_a_supervisor_killed_before_it_wrote_of_the_job_is_replaced(home: Path) -> None:
    paths = start(hang="true")
    wait_for_log(paths, "ready")
    kill_supervisor(paths)
    state = look(paths).state
    assert state is not None
    write_json(paths.state, to_json(replace(state, phase=Phase.QUEUED, job=None)))
    paths.processes.unlink()
    assert phase(paths) is Phase.UNSUPERVISED
    ask_to_stop(paths)
    wait_for(paths, Phase.STOPPED)
    assert nothing_is_left(paths)


def test_an_orphan_that_scrubbed_its_environment_is_found(home: Path) -> None:
    script = locations.config_dir() / "presets" / "trainer.py"
    script.write_text(
        "import os, sys\n"
        "os.system('env -i setsid bash -c \"exec -a scrubbed-' + str(os.getppid()) + "
        "' sleep 600 &\"')\n"
    )
    paths = launch(RunRequest("fake")).paths
    wait_for(paths, Phase.SUCCEEDED)
    assert nothing_is_left(paths)
    assert "SIGTERM to worker" in events(paths)


def test_a_deleted_run_folder_ends_the_supervisor(home: Path) -> None:
    paths = start(hang="true")
    wait_for_log(paths, "ready")
    state = look(paths).state
    assert state is not None
    assert state.supervisor is not None
    job, supervisor = job_of(paths), state.supervisor
    delete(paths.root)
    send(job, signal.SIGTERM)
    wait_until(lambda: not is_alive(job) and not is_alive(supervisor))


def test_a_remote_run_is_not_stopped_from_here(home: Path) -> None:
    paths = start(hang="true")
    wait_for_log(paths, "ready")
    record = look(paths).record
    write_json(paths.run, to_json(replace(record, host="otherbox")))
    with pytest.raises(EnvironmentNotFit, match="belongs to otherbox"):
        ask_to_stop(paths)
    write_json(paths.run, to_json(record))
    request_stop(paths)
    wait_for(paths, Phase.STOPPED)


def test_a_runs_folder_that_is_a_file_is_one_sentence(home: Path) -> None:
    locations.runs_dir().parent.mkdir(parents=True)
    locations.runs_dir().write_text("x")
    with pytest.raises(LaunchError, match="runs"):
        launch(RunRequest("fake"))


def test_a_job_that_ignores_the_signal_is_killed_by_a_second_stop(home: Path) -> None:
    paths = start(hang="true", ignore_term="true")
    wait_for_log(paths, "ready")
    request_stop(paths)
    wait_for(paths, Phase.STOPPING)
    insist(paths)
    wait_for(paths, Phase.STOPPED)
    assert "SIGKILL" in events(paths)
    assert nothing_is_left(paths)


def test_a_grandchild_in_its_own_session_is_stopped_too(home: Path) -> None:
    paths = start(hang="true", child="ignoring")
    wait_for_log(paths, "ready")
    wait_until(lambda: len(read_processes(paths)) == 2)
    request_stop(paths)
    insist(paths)
    wait_for(paths, Phase.STOPPED)
    assert nothing_is_left(paths)


def test_what_outlives_the_job_is_ended(home: Path) -> None:
    paths = start(epochs="1", child="session")
    wait_for(paths, Phase.SUCCEEDED)
    assert "outlived the job" in events(paths)
    assert nothing_is_left(paths)


def test_a_killed_supervisor_leaves_the_job_alone(home: Path) -> None:
    paths = start(hang="true")
    wait_for_log(paths, "ready")
    kill_supervisor(paths)
    assert phase(paths) is Phase.UNSUPERVISED
    assert is_alive(job_of(paths))
    request_stop(paths)
    adopt(paths)
    wait_for(paths, Phase.STOPPED)
    assert view(paths).exit_code is None
    assert nothing_is_left(paths)


def test_a_lost_run_keeps_its_last_epoch(home: Path) -> None:
    paths = start(hang="true", epochs="3")
    wait_for_log(paths, "ready")
    kill_supervisor(paths)
    send(job_of(paths), signal.SIGKILL)
    wait_for(paths, Phase.LOST)
    seen = view(paths)
    assert seen.epoch == 3
    assert "epoch 3 is the last one done" in (seen.problem or "")
    assert seen.exit_code is None
    (listed,) = Registry(locations.runs_dir(), with_curves=False).read(seen.time)
    assert listed.epoch == 3, "in the list, too"


def test_an_orphan_below_a_dead_launcher_is_not_a_lost_run(home: Path) -> None:
    paths = start(hang="true", child="session")
    wait_for_log(paths, "ready")
    wait_until(lambda: len(read_processes(paths)) == 2)
    kill_supervisor(paths)
    send(job_of(paths), signal.SIGKILL)
    wait_until(lambda: not is_alive(job_of(paths)))
    assert phase(paths) is Phase.UNSUPERVISED
    request_stop(paths)
    adopt(paths)
    wait_for(paths, Phase.STOPPED)
    assert nothing_is_left(paths)


def test_an_adopted_job_that_did_all_its_epochs_succeeded(home: Path) -> None:
    paths = start(hang="true", epochs="2")
    wait_for_log(paths, "ready")
    kill_supervisor(paths)
    adopt(paths)
    wait_until(lambda: look(paths).has_supervisor)
    send(job_of(paths), signal.SIGKILL)
    wait_for(paths, Phase.SUCCEEDED, Phase.FAILED)
    assert phase(paths) is Phase.SUCCEEDED
    assert view(paths).exit_code is None


def test_two_supervisors_never_share_a_run(home: Path) -> None:
    paths = start(hang="true")
    wait_for_log(paths, "ready")
    before = look(paths).state
    Spare().send(Order(paths.root, "adopt"))
    wait_until(lambda: "another supervisor has this run" in paths.supervisor_log.read_text())
    wait_until(lambda: look(paths).has_supervisor)
    after = look(paths).state
    assert before is not None
    assert after is not None
    assert before.supervisor == after.supervisor
    request_stop(paths)
    wait_for(paths, Phase.STOPPED)


def test_two_launches_in_one_second_get_two_folders(home: Path) -> None:
    request = RunRequest("fake", (("args.epochs", "1"),), name="配电")
    first, second = launch(request).paths, launch(request).paths
    assert first.root != second.root
    for paths in (first, second):
        wait_for(paths, Phase.SUCCEEDED)


def test_a_program_that_cannot_be_started_fails_the_run(home: Path) -> None:
    prepared = prepare(RunRequest("fake"))
    from cockpit.supervise.start import start as start_prepared

    gone = replace(prepared.plan, argv=("/no/such/python", "x"))
    with pytest.raises(LaunchError, match="cannot start /no/such/python"):
        start_prepared(replace(prepared, plan=gone))
    assert phase(prepared.paths) is Phase.FAILED


@pytest.mark.parametrize(
    "request_",
    [
        RunRequest("fkae"),
        RunRequest("fake", (("args.epochs", "many"),)),
        RunRequest("fake", (("launch.script", "gone.py"),)),
        RunRequest("fake", gpus="3"),
        RunRequest("fake", gpus="0"),
        RunRequest("fake", name="a/b"),
        RunRequest("fake", python="/no/such/python"),
    ],
)
def test_bad_input_writes_nothing(home: Path, request_: RunRequest) -> None:
    with pytest.raises((PresetError, InputError, EnvironmentNotFit)) as caught:
        launch(request_)
    assert caught.value.exit_code in (2, 3)
    assert not locations.runs_dir().exists()


def test_the_supervisor_imports_nothing_heavy() -> None:
    script = (
        "import sys, cockpit.supervise.main\n"
        "print([name for name in ('textual', 'typer', 'torch', 'numpy', 'pandas', 'pynvml', "
        "'psutil') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_the_job_carries_the_mark_and_not_our_secrets_in_the_record(home: Path) -> None:
    os.environ["A_SECRET_TOKEN"] = "hush"
    try:
        paths = start(epochs="1")
        wait_for(paths, Phase.SUCCEEDED)
    finally:
        del os.environ["A_SECRET_TOKEN"]
    everything = "".join(
        file.read_text(errors="replace") for file in paths.root.rglob("*") if file.is_file()
    )
    assert "hush" not in everything


def test_what_to_do_while_a_run_is_being_stopped() -> None:
    stopping = Stopping(since=100.0)
    assert stopping.step(101.0, alive=0) is StopStep.DONE
    assert stopping.step(144.9, alive=2) is StopStep.WAIT
    assert stopping.step(145.0, alive=2) is StopStep.KILL
    assert Stopping(since=100.0, is_urgent=True).step(100.1, alive=1) is StopStep.KILL


def test_the_log_grows_with_its_times(home: Path) -> None:
    paths = start(epochs="1", hang="true")
    wait_for_log(paths, "ready")
    wait_until(lambda: paths.log_sizes.exists() and '"bytes"' in paths.log_sizes.read_text())
    wait_until(paths.host_samples.exists)
    request_stop(paths)
    wait_for(paths, Phase.STOPPED)
