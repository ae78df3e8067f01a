from __future__ import annotations

import os
from pathlib import Path

from cockpit.runs.phase import Phase
from cockpit.supervise.oom_kills import OomKills
from cockpit.supervise.verdict import reason
from tests.supervise.running import start, wait_for

V2 = "low 0\nhigh 0\nmax 3\noom 1\noom_kill {count}\n"
V1 = "oom_kill_disable 0\nunder_oom 0\noom_kill {count}\n"


def test_the_cgroup_of_version_2_counts(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("0::/user/me\n")
    events = tmp_path / "user" / "me" / "memory.events"
    events.parent.mkdir(parents=True)
    events.write_text(V2.format(count=2))
    kills = OomKills(tmp_path, tmp_path / "own", tmp_path / "nothing")
    assert kills.since_then([]) == 0
    events.write_text(V2.format(count=3))
    assert kills.since_then([]) == 1


def test_the_cgroup_of_version_1_counts_as_a_container_sees_it(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("5:cpu:/\n4:memory:/docker/abc\n0::/\n")
    control = tmp_path / "memory" / "memory.oom_control"
    control.parent.mkdir()
    control.write_text(V1.format(count=0))
    kills = OomKills(tmp_path, tmp_path / "own", tmp_path / "nothing")
    control.write_text(V1.format(count=1))
    assert kills.since_then([]) == 1


def test_the_kernel_names_a_process_of_ours(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("")
    log = tmp_path / "kmsg"
    os.mkfifo(log)  # as /dev/kmsg, it gives what comes and never ends
    writer = os.open(log, os.O_RDWR | os.O_NONBLOCK)
    kills = OomKills(tmp_path, tmp_path / "own", log)
    os.write(writer, b"4,900,1,-;Out of memory: Killed process 4711 (python) total-vm:1kB\n")
    assert kills.since_then([4711]) == 1
    os.write(writer, b"4,901,2,-;Out of memory: Killed process 4712 (python) total-vm:1kB\n")
    assert kills.since_then([4711]) == 0
    kills.close()
    os.close(writer)


def test_a_killed_rank_with_the_kernels_word_is_a_lack_of_memory(home: Path) -> None:
    paths = start(kill_self="true")
    wait_for(paths, Phase.FAILED)
    cause = reason(paths, -9, is_complete=False, oom_kills=1)
    assert cause.code == "host_oom_kill"
    assert reason(paths, -9, is_complete=False).code == "unknown"
