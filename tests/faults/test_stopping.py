from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.processes.descendants import read_processes as read_processes_of_machine
from cockpit.processes.identity import ProcessIdentity, identify, is_alive, send
from cockpit.runs.catalog import list_runs
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.reader import read_processes
from cockpit.supervise.request import RunRequest
from cockpit.supervise.start import ask_to_stop, launch
from cockpit.supervise.stop import request_stop
from tests.cli.calling import cockpit
from tests.faults.doing import insist, is_settled, run_script, supervisor_of
from tests.faults.table import Fault, living
from tests.supervise.running import (
    events,
    kill_supervisor,
    phase,
    start,
    wait_for,
    wait_for_log,
)
from tests.waiting import wait_until

Begin = Callable[[str], Fault]


def stop_command(run_id: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "cockpit", "stop", run_id],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_job_that_ignores_sigterm_dies_at_the_second_stop(home: Path, fault: Begin) -> None:
    case = fault("the job ignores SIGTERM: stopped twice")
    paths = start(hang="true", ignore_term="true")
    wait_for_log(paths, "ready")
    assert cockpit("stop", paths.run_id, "--no-wait").returncode == 0
    wait_for(paths, Phase.STOPPING)
    second = stop_command(paths.run_id)
    insist(paths)
    _, said = second.communicate()
    assert is_settled(paths, Phase.STOPPED)
    assert "stop asked for again: SIGKILL now" in events(paths)
    case.ends(said, paths)


def test_a_grandchild_in_its_own_session_ends_with_the_run(home: Path, fault: Begin) -> None:
    case = fault("a grandchild in a session of its own")
    paths = start(hang="true", child="session")
    wait_for_log(paths, "ready")
    wait_until(lambda: len(read_processes(paths)) == 2)
    done = cockpit("stop", paths.run_id)
    assert is_settled(paths, Phase.STOPPED)
    case.ends(done.stderr, paths)


SWARM = """
import os, subprocess, sys, time
body = "import time; time.sleep(0.3)"
def child(number):
    return subprocess.Popen([sys.executable, "-S", "-c", body], start_new_session=number % 3 == 0)
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
children = [child(number) for number in range(20)]
print("ready", flush=True)
while True:
    for number, one in enumerate(children):
        if one.poll() is not None:
            children[number] = child(number)
    time.sleep(0.01)
"""


def test_workers_that_are_born_while_the_run_is_stopped(home: Path, fault: Begin) -> None:
    case = fault("a storm of short-lived workers while it is being stopped")
    paths = run_script("swarm", SWARM)
    wait_for_log(paths, "ready")
    first = stop_command(paths.run_id)
    wait_for(paths, Phase.STOPPING)
    insist(paths)
    _, said = first.communicate()
    assert is_settled(paths, Phase.STOPPED)
    case.ends(said, paths)


def test_a_stop_while_the_run_is_queued(
    home: Path, fault: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = fault("a stop while the run waits for its GPUs")
    monkeypatch.setenv("COCKPIT_DEVICES", "simulated:1xh20")
    first = launch(RunRequest("fake", (("args.hang", "true"),), gpus="1", name="first")).paths
    waiting = launch(RunRequest("fake", (), gpus="1", name="second", queues=True)).paths
    done = cockpit("stop", waiting.run_id)
    assert is_settled(waiting, Phase.STOPPED)
    assert not waiting.log.exists()
    ask_to_stop(first)
    wait_for(first, Phase.STOPPED)
    case.ends(done.stderr, first, waiting)


def test_a_run_that_was_stopped_is_not_stopped_again(home: Path, fault: Begin) -> None:
    case = fault("a stop of a run that was stopped")
    paths = start(hang="true")
    wait_for_log(paths, "ready")
    assert cockpit("stop", paths.run_id).returncode == 0
    again = cockpit("stop", paths.run_id)
    assert (again.returncode, phase(paths)) == (0, Phase.STOPPED)
    assert not paths.stop_request.exists()
    case.ends(again.stderr, paths)


def test_two_stops_at_once_from_two_processes(home: Path, fault: Begin) -> None:
    case = fault("two stops at once from two processes")
    paths = start(hang="true")
    wait_for_log(paths, "ready")
    both = [stop_command(paths.run_id) for _ in range(2)]
    said = [one.communicate()[1] for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert is_settled(paths, Phase.STOPPED)
    assert "SIGKILL" not in events(paths)
    case.ends(said[0], paths)


def test_two_stops_at_once_of_a_run_without_a_supervisor(home: Path, fault: Begin) -> None:
    case = fault("two stops at once of a run whose supervisor is gone")
    paths = start(hang="true")
    wait_for_log(paths, "ready")
    kill_supervisor(paths)
    both = [stop_command(paths.run_id) for _ in range(2)]
    said = [one.communicate()[1] for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    assert is_settled(paths, Phase.STOPPED)
    case.ends(said[0], paths)


DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for descriptor in range(256):
            try:
                os.close(descriptor)
            except OSError:
                pass
        os.execve("/bin/sleep", ["a-daemon", "600"], {})
    os._exit(0)
os.wait()
os.close(1)
open("daemonised", "w").close()
while True:
    time.sleep(0.05)
"""


def test_a_daemon_without_a_mark_ends_with_the_run(home: Path, fault: Begin) -> None:
    case = fault("the job makes a daemon: double fork, own session, no files, no environment")
    paths = run_script("daemon", DAEMON)
    wait_until(lambda: any("a-daemon" in one.argv for one in read_processes(paths)))
    daemon = next(one.identity for one in read_processes(paths) if "a-daemon" in one.argv)
    assert is_alive(daemon)
    done = cockpit("stop", paths.run_id)
    assert is_settled(paths, Phase.STOPPED)
    case.ends(done.stderr, paths, besides=[daemon])


def test_a_daemon_that_is_made_at_the_very_end_is_found(home: Path, fault: Begin) -> None:
    case = fault("the job turns into a daemon and ends")
    body = DAEMON.split("os.wait()", maxsplit=1)[0] + "os.wait()\n"
    paths = run_script("daemon", body)
    wait_for(paths, Phase.SUCCEEDED)
    assert any("a-daemon" in one.argv for one in read_processes(paths))
    assert "outlived the job" in events(paths)
    case.ends(next(line for line in events(paths).splitlines() if "outlived" in line), paths)


def test_a_frozen_supervisor_is_woken_by_a_stop(home: Path, fault: Begin) -> None:
    case = fault("the supervisor is frozen by SIGSTOP")
    paths = start(hang="true")
    wait_for_log(paths, "ready")
    send(supervisor_of(paths), signal.SIGSTOP)
    done = cockpit("stop", paths.run_id)
    assert done.returncode == 0, done.stderr
    assert is_settled(paths, Phase.STOPPED)
    case.ends(done.stderr, paths)


HOLD = """
import sys, time
from pathlib import Path
from cockpit.processes.lock import hold
hold(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(600)
"""


def test_a_supervisor_that_does_not_answer_is_named(home: Path, fault: Begin) -> None:
    case = fault("the supervisor hangs and takes no request")
    paths = start(hang="true")
    wait_for_log(paths, "ready")
    kill_supervisor(paths)
    hanging = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(paths.lock)], stdout=subprocess.PIPE, text=True
    )
    assert hanging.stdout is not None
    assert hanging.stdout.readline() == "held\n"
    done = cockpit("stop", paths.run_id)
    assert done.returncode == 1
    assert "does not answer" in done.stderr
    assert living(paths)
    hanging.kill()
    hanging.communicate()
    again = cockpit("stop", paths.run_id)
    assert again.returncode == 0, again.stderr
    assert is_settled(paths, Phase.STOPPED)
    case.ends(done.stderr, paths)


def test_a_frozen_job_is_stopped_without_waiting_for_the_kill(home: Path, fault: Begin) -> None:
    case = fault("the job is frozen by SIGSTOP")
    paths = start(hang="true")
    wait_for_log(paths, "ready")
    job = read_processes(paths)[0].identity
    send(job, signal.SIGSTOP)
    done = cockpit("stop", paths.run_id)
    assert is_settled(paths, Phase.STOPPED)
    assert "SIGKILL" not in events(paths)
    case.ends(done.stderr, paths)


def test_a_request_that_cannot_be_written_or_sent_says_why(home: Path, fault: Begin) -> None:
    case = fault("requests/ cannot be written")
    paths = start(hang="true")
    wait_for_log(paths, "ready")
    (paths.root / "requests").write_text("somebody's file")
    done = cockpit("stop", paths.run_id)
    assert done.returncode == 0, done.stderr  # the signal stands for the file
    assert is_settled(paths, Phase.STOPPED)
    case.ends(done.stderr, paths)


def test_a_run_json_with_garbage_is_said(home: Path, fault: Begin) -> None:
    case = fault("run.json holds garbage")
    paths = start(epochs="1")
    wait_for(paths, Phase.SUCCEEDED)
    paths.run.write_text("{", encoding="utf-8")
    listed = cockpit("runs")
    assert paths.run_id in listed.stdout + listed.stderr
    assert "run.json cannot be read" in cockpit("show", paths.run_id).stderr
    case.ends(listed.stdout + listed.stderr, paths)


HOPS = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    print("ready", flush=True)
    while True:
        time.sleep(0.02)
        if os.fork():
            os._exit(0)
        os.setsid()
while True:
    time.sleep(0.05)
"""


def test_a_worker_that_hops_from_pid_to_pid(home: Path, fault: Begin) -> None:
    case = fault("a worker that is another process each 20 ms")
    paths = run_script("hops", HOPS)
    wait_for_log(paths, "ready")
    first = stop_command(paths.run_id)
    wait_for(paths, Phase.STOPPING)
    insist(paths)
    _, said = first.communicate()
    assert is_settled(paths, Phase.STOPPED)
    case.ends(said, paths)


LATE = """
import os, signal, sys
if "cockpit.supervise.main" in sys.orig_argv:
    os.register_at_fork(after_in_child=lambda: os.kill(os.getpid(), signal.SIGSTOP))
"""


@pytest.fixture
def late(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Freeze every supervisor before its first word; none stays so."""
    (home / "sitecustomize.py").write_text(LATE)
    monkeypatch.setenv("PYTHONPATH", str(home))
    yield home
    for paths in list_runs(locations.runs_dir()):
        frozen = frozen_supervisor(paths)
        if frozen is not None:
            send(frozen, signal.SIGKILL)


def frozen_supervisor(paths: RunPaths) -> ProcessIdentity | None:
    for stat in read_processes_of_machine().values():
        error = Path(f"/proc/{stat.pid}/fd/2")
        if stat.state == "T" and os.path.realpath(error) == str(paths.supervisor_log):
            return identify(stat.pid)
    return None


def the_only_run() -> RunPaths | None:
    found = list_runs(locations.runs_dir())
    return found[0] if found else None


def test_a_stop_before_the_job_was_spawned(late: Path, fault: Begin) -> None:
    case = fault("a stop before the job was spawned")
    launcher = subprocess.Popen(
        [sys.executable, "-m", "cockpit", "run", "fake", "--set", "args.hang=true"],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: (run := the_only_run()) is not None and frozen_supervisor(run) is not None)
    paths = the_only_run()
    assert paths is not None
    supervisor = frozen_supervisor(paths)
    assert supervisor is not None
    request_stop(paths)
    send(supervisor, signal.SIGCONT)
    wait_for(paths, Phase.STOPPED)
    launcher.wait()
    assert is_settled(paths, Phase.STOPPED)
    assert not paths.log.exists()
    case.ends(cockpit("runs").stdout, paths, besides=[supervisor])


def test_a_supervisor_that_comes_too_late_starts_nothing(late: Path, fault: Begin) -> None:
    case = fault("the supervisor of a launch comes to life when the launch was given up")
    done = cockpit("run", "fake", "--set", "args.hang=true")
    assert done.returncode == 1
    paths = the_only_run()
    assert paths is not None
    supervisor = frozen_supervisor(paths)
    assert supervisor is not None
    send(supervisor, signal.SIGCONT)
    wait_for(paths, Phase.STOPPED)
    assert is_settled(paths, Phase.STOPPED)
    assert not paths.log.exists()
    case.ends(done.stderr, paths, besides=[supervisor])
