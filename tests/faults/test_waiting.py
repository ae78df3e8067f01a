from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.processes.identity import is_alive
from cockpit.runs.catalog import list_runs
from cockpit.runs.phase import Phase
from cockpit.supervise.leases import holders_of_gpus
from cockpit.supervise.machine import read_machine
from cockpit.supervise.request import RunRequest
from cockpit.supervise.start import ask_to_stop, launch
from tests.cli.calling import cockpit
from tests.faults.doing import is_settled, problem, supervisor_of
from tests.faults.table import Fault
from tests.supervise.running import (
    kill_supervisor,
    nothing_is_left,
    phase,
    start,
    wait_for,
    wait_for_log,
)
from tests.waiting import wait_until

Begin = Callable[[str], Fault]
HANGS = f"{sys.executable} -c 'import time; time.sleep(600)'"


def test_a_job_that_shows_no_progress_is_said(
    home: Path, fault: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = fault("the job hangs: nothing new is seen of it")
    monkeypatch.setenv("COCKPIT_QUIET_S", "1")
    paths = start(hang="true")
    wait_for_log(paths, "ready")
    wait_until(lambda: "it may hang" in problem(paths))
    seen = problem(paths)
    assert phase(paths) is Phase.RUNNING
    assert cockpit("stop", paths.run_id).returncode == 0
    assert is_settled(paths, Phase.STOPPED)
    case.ends(seen, paths)


def test_a_newest_checkpoint_that_is_cut_off(home: Path, fault: Begin) -> None:
    case = fault("the newest checkpoint is cut off: resumed")
    paths = start(epochs="4", stop_after="2")
    wait_for(paths, Phase.FAILED)
    good = (paths.out / "last.pt").read_bytes()
    (paths.out / "epoch1.pt").write_bytes(good)
    (paths.out / "last.pt").write_bytes(good[: len(good) // 2])
    done = cockpit("resume", paths.run_id, "--set", "args.stop-after=0")
    assert done.returncode == 0, done.stderr
    assert "last.pt" in done.stderr
    wait_for(paths, Phase.SUCCEEDED)
    assert is_settled(paths, Phase.SUCCEEDED)
    case.ends(done.stderr, paths)


def test_every_checkpoint_is_cut_off(home: Path, fault: Begin) -> None:
    case = fault("the only checkpoint is cut off: not resumed")
    paths = start(epochs="4", stop_after="2")
    wait_for(paths, Phase.FAILED)
    good = (paths.out / "last.pt").read_bytes()
    (paths.out / "last.pt").write_bytes(good[: len(good) // 2])
    done = cockpit("resume", paths.run_id, "--set", "args.stop-after=0")
    assert done.returncode == 1
    assert is_settled(paths, Phase.FAILED)
    case.ends(done.stderr, paths)


def test_two_launches_at_once_on_one_free_gpu(
    home: Path, fault: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = fault("two launches at once on one free GPU")
    monkeypatch.setenv("COCKPIT_DEVICES", "simulated:1xh20")
    words = ["run", "fake", "--gpus", "1", "--set", "args.hang=true"]
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "cockpit", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = {one.communicate()[1]: one.returncode for one in both}
    assert sorted(said.values()) == [0, 3], said
    refusal = next(text for text, code in said.items() if code == 3)
    assert "GPU 0" in refusal
    runs = list_runs(locations.runs_dir())
    assert len(runs) == 1, "the refused one leaves no folder"
    wait_for_log(runs[0], "ready")
    ask_to_stop(runs[0])
    wait_for(runs[0], Phase.STOPPED)
    case.ends(refusal, *runs)


def test_a_notice_hook_that_hangs_holds_up_nothing(
    home: Path, fault: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = fault("the program that is told how a run ended hangs")
    monkeypatch.setenv("COCKPIT_NOTICE_COMMAND", HANGS)
    paths = start(epochs="1")
    supervisor = supervisor_of(paths)
    wait_for(paths, Phase.SUCCEEDED)  # written before anybody is told
    assert nothing_is_left(paths)
    assert cockpit("show", paths.run_id).returncode == 0
    wait_until(lambda: not is_alive(supervisor), 120)
    assert is_settled(paths, Phase.SUCCEEDED)
    said = paths.supervisor_log.read_text()
    assert "took longer than" in said
    case.ends(next(line for line in said.splitlines() if "took longer" in line), paths)


def test_a_run_is_resumed_while_a_notice_hangs(
    home: Path, fault: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = fault("a run is resumed while the notice of its end hangs")
    monkeypatch.setenv("COCKPIT_NOTICE_COMMAND", HANGS)
    paths = start(epochs="4", stop_after="2")
    wait_for(paths, Phase.FAILED)
    first = supervisor_of(paths)
    done = cockpit("resume", paths.run_id, "--set", "args.stop-after=0")
    assert done.returncode == 0, done.stderr
    wait_for(paths, Phase.SUCCEEDED)
    assert is_settled(paths, Phase.SUCCEEDED)
    second = supervisor_of(paths)
    assert second != first
    wait_until(lambda: not is_alive(first) and not is_alive(second), 120)
    case.ends(done.stderr, paths, besides=[first, second])


def test_an_adopted_run_keeps_its_gpu(
    home: Path, fault: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = fault("another launch on the GPU of a run without a supervisor, then adopted")
    monkeypatch.setenv("COCKPIT_DEVICES", "simulated:1xh20")
    paths = launch(RunRequest("fake", (("args.hang", "true"),), gpus="1")).paths
    wait_for_log(paths, "ready")
    kill_supervisor(paths)
    alone = cockpit("run", "fake", "--gpus", "1")
    assert alone.returncode == 3
    assert cockpit("adopt", paths.run_id).returncode == 0
    adopted = cockpit("run", "fake", "--gpus", "1")
    assert adopted.returncode == 3
    [gpu] = read_machine("simulated:1xh20", locations.runs_dir()).gpus
    assert holders_of_gpus([gpu.gpu_uuid], is_simulated=True)
    ask_to_stop(paths)
    wait_for(paths, Phase.STOPPED)
    wait_until(lambda: not holders_of_gpus([gpu.gpu_uuid], is_simulated=True))
    assert cockpit("run", "fake", "--gpus", "1", "--follow").returncode == 0
    case.ends(alone.stderr, *list_runs(locations.runs_dir()))
