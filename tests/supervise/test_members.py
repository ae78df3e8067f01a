from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from cockpit.devices.feed import POLLER_MARK
from cockpit.processes.identity import identify
from cockpit.runs.layout import RunPaths
from cockpit.supervise.members import Members
from tests.waiting import wait_until

BODY = (
    "import os, sys, time\n"
    "sys.stdin.readline()\n"
    "os.execve(sys.executable, [sys.executable, '-c', 'import time; time.sleep(600)'],"
    " {'COCKPIT_POLLER': '1'})"
)


def test_a_poller_seen_before_its_exec_is_no_suspect_after_it(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", BODY], stdin=subprocess.PIPE, env=dict(os.environ), text=True
    )
    members = Members(RunPaths(tmp_path))
    try:
        members.scan(0, ())
        assert members.has_suspects()
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
        environ = Path(f"/proc/{child.pid}/environ")
        wait_until(lambda: b"COCKPIT_POLLER=1" in environ.read_bytes())
        members.scan(0, ())
        assert not members.has_suspects()
        assert identify(child.pid) not in members.alive()
    finally:
        child.kill()
        child.communicate()


def test_a_child_without_any_mark_belongs_to_the_run_when_seen_again(tmp_path: Path) -> None:
    assert POLLER_MARK
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], env={})
    members = Members(RunPaths(tmp_path))
    try:
        members.scan(0, ())
        assert identify(child.pid) not in members.alive()
        members.scan(0, ())
        assert identify(child.pid) in members.alive()
    finally:
        child.kill()
        child.wait()


def test_of_a_process_that_is_gone_the_pid_is_kept(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path)
    child = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], env=dict(os.environ) | paths.marks
    )
    identity = identify(child.pid)
    assert identity is not None
    members = Members(paths)
    wait_until(lambda: bool(members.scan(0, (), by_mark=True)))
    assert members.describe(identity) == f"worker, pid {child.pid}"
    child.kill()
    child.wait()
    members.scan(0, ())
    assert members.alive() == []
    assert child.pid in members.pids()
    assert members.describe(identity) == f"process, pid {child.pid}"
