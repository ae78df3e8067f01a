from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.processes.identity import is_alive
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.supervise.request import RunRequest
from cockpit.supervise.start import ask_to_stop, launch
from tests.cli.calling import cockpit
from tests.faults.doing import (
    is_settled,
    problem,
    run_script,
    shown,
    supervisor_of,
    written,
)
from tests.faults.table import Fault
from tests.supervise.running import (
    delete,
    job_of,
    phase,
    start,
    view,
    wait_for,
    wait_for_log,
)
from tests.supervise.test_full_disk import fill
from tests.waiting import wait_until

Begin = Callable[[str], Fault]


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("needs root and mount, for a small file system of its own")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], capture_output=True)


def test_a_disk_that_is_full_when_the_state_is_written(home: Path, fault: Begin) -> None:
    case = fault("the disk is full when the state is written")
    with mounted(locations.runs_dir(), "size=2m"):
        paths = start(hang="true")
        wait_for_log(paths, "ready")
        fill(locations.runs_dir())
        wait_until(lambda: "No space left" in (view(paths).problem or ""))
        seen = problem(paths)
        assert phase(paths) is written(paths).phase is Phase.RUNNING
        ask_to_stop(paths)
        wait_for(paths, Phase.STOPPED)
        assert is_settled(paths, Phase.STOPPED)
        case.ends(seen, paths)


def test_a_disk_so_full_that_not_even_the_end_can_be_written(home: Path, fault: Begin) -> None:
    case = fault("the disk is full, the reserve used up: the end cannot be written")
    with mounted(locations.runs_dir(), "size=2m"):
        paths = start(hang="true")
        wait_for_log(paths, "ready")
        supervisor = supervisor_of(paths)
        filler = fill(locations.runs_dir())
        (paths.root / ".reserve").unlink(missing_ok=True)
        rest = fill(locations.runs_dir(), "more")
        done = cockpit("stop", paths.run_id, "--no-wait")
        assert done.returncode == 0, done.stderr
        wait_until(lambda: not is_alive(job_of(paths)))
        filler.unlink()
        rest.unlink()
        wait_for(paths, Phase.STOPPED)
        assert is_settled(paths, Phase.STOPPED)
        case.ends(cockpit("runs").stdout, paths, besides=[supervisor])


WRITES = """
import sys
print("ready", flush=True)
while True:
    sys.stdout.write("x" * 4000 + "\\n")
    sys.stdout.flush()
"""


def test_a_disk_that_the_log_itself_fills(home: Path, fault: Begin) -> None:
    case = fault("train.log fills the disk: the job's writes fail")
    with mounted(locations.runs_dir(), "size=2m"):
        paths = run_script("writes", WRITES)
        wait_for(paths, Phase.FAILED)
        seen = shown(paths)
        assert seen["cause"] == "disk_full", seen["problem"]
        assert is_settled(paths, Phase.FAILED)
        case.ends(str(seen["problem"]), paths)


def test_a_run_folder_that_is_deleted_ends_its_job(
    home: Path, fault: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = fault("the run's folder is deleted while its job runs")
    told = home / "told"
    hook = f"{sys.executable} -c 'import sys; open(sys.argv[1], \"a\").write(sys.argv[2])' {told}"
    monkeypatch.setenv("COCKPIT_NOTICE_COMMAND", hook + " {summary}")
    paths = start(hang="true", child="session")
    wait_for_log(paths, "ready")
    wait_until(lambda: len(view(paths).processes) == 2)
    members = [process.identity for process in view(paths).processes]
    supervisor = supervisor_of(paths)
    delete(paths.root)
    wait_until(lambda: not any(map(is_alive, (*members, supervisor))))
    assert "was deleted while the run went on" in told.read_text()
    gone = cockpit("show", paths.run_id)
    assert gone.returncode != 0
    assert not paths.root.exists()
    sentence = told.read_text().partition("its job is ended")
    case.ends(f"{sentence[0]}{sentence[1]}; {gone.stderr}", paths, besides=[*members, supervisor])


def test_who_follows_a_run_reads_that_it_was_deleted(home: Path, fault: Begin) -> None:
    case = fault("the run's folder is deleted while somebody follows it")
    follower = subprocess.Popen(
        [sys.executable, "-m", "cockpit", "run", "fake", "--set", "args.hang=true", "--follow"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    found: list[Path] = []

    def has_begun() -> bool:
        found[:] = list(locations.runs_dir().glob("fake-*/train.log"))
        return bool(found) and "ready" in found[0].read_text()

    wait_until(has_begun)
    paths = RunPaths(found[0].parent)
    job, supervisor = job_of(paths), supervisor_of(paths)
    delete(paths.root)
    _, said = follower.communicate(timeout=120)
    wait_until(lambda: not is_alive(job) and not is_alive(supervisor))
    assert follower.returncode != 0
    assert "its folder" in said
    case.ends(" ".join(said.splitlines()[-2:]), paths, besides=[job, supervisor])


def test_a_folder_deleted_between_two_attempts_ends_the_supervisor(
    home: Path, fault: Begin
) -> None:
    case = fault("the run's folder is deleted between two attempts")
    settings = (("retry.attempts", "3"), ("retry.wait_s", "600"), ("args.fail-until", "1"))
    paths = launch(RunRequest("fake", settings)).paths
    wait_for(paths, Phase.QUEUED)
    wait_until(lambda: written(paths).next_attempt is not None)
    supervisor = supervisor_of(paths)
    delete(paths.root)
    wait_until(lambda: not is_alive(supervisor))
    gone = cockpit("show", paths.run_id)
    case.ends(gone.stderr, paths, besides=[supervisor])


def test_a_data_folder_that_is_read_only(home: Path, fault: Begin) -> None:
    case = fault("the data folder is read-only")
    with mounted(locations.data_dir(), "ro"):
        done = cockpit("run", "fake")
        assert done.returncode in (1, 3)
        assert "Read-only file system" in done.stderr
        assert "Traceback" not in done.stderr
        assert list(locations.data_dir().iterdir()) == []
        assert cockpit("runs").returncode == 0
    case.ends(done.stderr)
