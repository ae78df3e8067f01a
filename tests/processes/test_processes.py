from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.processes.descendants import describe, find_descendants, find_marked
from cockpit.processes.identity import identify, is_alive, read_stat, send
from cockpit.processes.lock import LockHeld, hold, is_held
from tests.waiting import wait_until

SLEEP = "import time; time.sleep(600)"


def test_a_reused_pid_is_another_process() -> None:
    me = identify(os.getpid())
    assert me is not None
    assert is_alive(me)
    assert not is_alive(replace(me, start_ticks=me.start_ticks + 1))
    assert not is_alive(replace(me, boot_id="another boot"))
    assert not send(replace(me, start_ticks=me.start_ticks + 1), signal.SIGKILL)


def test_a_zombie_is_not_alive() -> None:
    child = subprocess.Popen([sys.executable, "-c", SLEEP])
    identity = identify(child.pid)
    assert identity is not None
    child.send_signal(signal.SIGKILL)
    wait_until(lambda: not is_alive(identity))
    assert read_stat(child.pid) is not None
    child.wait()


def test_descendants_are_found_across_sessions_and_by_mark() -> None:
    script = (
        "import subprocess, sys, time\n"
        f"subprocess.Popen([sys.executable, '-c', '{SLEEP}'], start_new_session=True)\n"
        "time.sleep(600)"
    )
    mark = {"COCKPIT_RUN_ID": f"mark {os.getpid()}"}
    environment = os.environ | mark | {"RANK": "1"}
    child = subprocess.Popen([sys.executable, "-c", script], env=environment)
    try:
        wait_until(lambda: len(find_marked(mark)) == 2)
        below = find_descendants(child.pid)
        assert len(below) == 1
        assert describe(below[0]).rank == 1
        assert not find_marked(mark | {"COCKPIT_RUN_DIR": "/elsewhere"})
    finally:
        for one in find_marked(mark):
            send(one, signal.SIGKILL)
        child.wait()


HOPS = """
import os, time
while True:
    time.sleep(0.02)
    if os.fork():
        os._exit(0)
"""


def test_who_hops_from_pid_to_pid_is_never_missed() -> None:
    mark = {"COCKPIT_RUN_ID": f"hopper {os.getpid()}"}
    environment = os.environ | mark
    child = subprocess.Popen([sys.executable, "-c", HOPS], env=environment, start_new_session=True)
    try:
        wait_until(lambda: child.poll() is not None)
        assert all(find_marked(mark) for _ in range(40))
    finally:
        while find_marked(mark, lambda one: send(one, signal.SIGKILL)):
            pass


def test_the_lock_is_dropped_when_its_holder_dies(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_held(path)
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom cockpit.processes.lock import hold\n"
        "hold(Path(sys.argv[1]))\ntime.sleep(600)"
    )
    child = subprocess.Popen([sys.executable, "-c", script, str(path)])
    wait_until(lambda: is_held(path))
    with pytest.raises(LockHeld):
        hold(path)
    child.kill()
    child.wait()
    assert not is_held(path)


def test_the_lock_is_not_inherited(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    descriptor = hold(path)
    child = subprocess.Popen([sys.executable, "-c", SLEEP], close_fds=False)
    try:
        os.close(descriptor)
        wait_until(lambda: not is_held(path))
    finally:
        child.kill()
        child.wait()
