"""The real torchrun: each rank in a session of its own, which no process group reaches."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from cockpit.processes.identity import ProcessIdentity, is_alive, send
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.reader import read_processes
from tests.cli.calling import cockpit
from tests.faults.doing import is_settled, problem, run_script, shown, write_trainer
from tests.faults.table import Fault
from tests.supervise.running import events, kill_supervisor, look, wait_for
from tests.trainers.running import needs
from tests.waiting import wait_until

pytestmark = [pytest.mark.real, needs("torch")]
Begin = Callable[[str], Fault]

RANK = """
import os, subprocess, sys, time
import torch.distributed as dist
dist.init_process_group("gloo")
subprocess.Popen(["/bin/sleep", "600"], start_new_session=True)
open("ready-" + os.environ["RANK"], "w").close()
while True:
    time.sleep(0.05)
"""
TORCHRUN = 'kind = "torchrun"\ncpu_ranks = 2\n'
ABOVE = """
import subprocess, sys
command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2"]
subprocess.run([*command, *{flags}, sys.argv[0].replace("{name}.py", "rank.py")], check=True)
"""


def members(paths: RunPaths, *roles: str) -> list[ProcessIdentity]:
    return [one.identity for one in read_processes(paths) if one.role in roles]


def wait_for_ranks(paths: RunPaths) -> None:
    ready = [paths.out / f"ready-{rank}" for rank in range(2)]
    wait_until(lambda: all(map(Path.exists, ready)), 120)
    wait_until(lambda: sum("sleep" in str(one.argv) for one in read_processes(paths)) == 2)


def above(name: str, *flags: str, rank: str = RANK) -> RunPaths:
    write_trainer("rank", rank)
    body = ABOVE.replace("{flags}", repr(list(flags))).replace("{name}", name)
    return run_script(name, body)


def test_a_rank_that_is_killed_leaves_no_child(home: Path, fault: Begin) -> None:
    case = fault("a rank dies by SIGKILL and leaves a child in its own session")
    paths = run_script("ranks", RANK, launch_lines=TORCHRUN)
    wait_for_ranks(paths)
    rank = next(one.identity for one in read_processes(paths) if one.rank == 1)
    send(rank, signal.SIGKILL)
    wait_for(paths, Phase.FAILED)
    seen = problem(paths)
    assert "SIGKILL" in seen
    assert is_settled(paths, Phase.FAILED)
    assert "outlived the job" in events(paths)
    case.ends(seen, paths)


def test_a_launcher_that_is_killed_leaves_no_rank(home: Path, fault: Begin) -> None:
    case = fault("torchrun itself dies by SIGKILL while its ranks live")
    paths = run_script("ranks", RANK, launch_lines=TORCHRUN)
    wait_for_ranks(paths)
    launcher = members(paths, "launcher")[0]
    send(launcher, signal.SIGKILL)
    wait_until(lambda: look(paths).phase.is_over)
    seen = problem(paths)
    assert is_settled(paths, Phase.FAILED)
    case.ends(seen, paths)


def test_a_launcher_and_its_supervisor_killed_and_stopped(home: Path, fault: Begin) -> None:
    case = fault("torchrun and the supervisor die by SIGKILL, the ranks live: stopped")
    paths = run_script("ranks", RANK, launch_lines=TORCHRUN)
    wait_for_ranks(paths)
    kill_supervisor(paths)
    launcher = members(paths, "launcher")[0]
    send(launcher, signal.SIGKILL)
    wait_until(lambda: not is_alive(launcher))
    assert shown(paths)["phase"] == "unsupervised"
    done = cockpit("stop", paths.run_id)
    assert done.returncode == 0, done.stderr
    assert is_settled(paths, Phase.STOPPED)
    case.ends(done.stderr, paths)


def test_a_program_above_torchrun_is_stopped_with_all_below(home: Path, fault: Begin) -> None:
    case = fault("a program that starts torchrun itself, as Ultralytics does: stopped")
    paths = above("above", "--standalone")
    wait_for_ranks(paths)
    done = cockpit("stop", paths.run_id)
    assert done.returncode == 0, done.stderr
    assert is_settled(paths, Phase.STOPPED)
    case.ends(done.stderr, paths)


def test_a_program_above_torchrun_that_is_killed(home: Path, fault: Begin) -> None:
    case = fault("a program that starts torchrun itself dies by SIGKILL")
    paths = above("above", "--standalone")
    wait_for_ranks(paths)
    send(members(paths, "trainer")[0], signal.SIGKILL)
    wait_until(lambda: look(paths).phase.is_over, 120)
    assert is_settled(paths, Phase.FAILED)
    seen = problem(paths)
    assert "SIGKILL" in seen, "that its ranks were told to stop came after it"
    assert "SIGKILL" in cockpit("explain", paths.run_id).stdout
    case.ends(seen, paths)


def test_a_port_that_is_taken_is_named(home: Path, fault: Begin) -> None:
    case = fault("the port that the script tells torchrun is taken")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        flags = ["--master_addr", "127.0.0.1", "--master_port", str(port)]
        paths = above("above", *flags)
        wait_for(paths, Phase.FAILED)
    seen = shown(paths)
    assert seen["cause"] == "address_in_use", seen["problem"]
    assert str(port) in str(seen["problem"])
    assert is_settled(paths, Phase.FAILED)
    case.ends(str(seen["problem"]), paths)
