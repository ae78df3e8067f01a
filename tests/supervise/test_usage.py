from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from cockpit.processes.descendants import describe, find_descendants
from cockpit.processes.identity import ProcessIdentity, boot_id, identify, read_stat
from cockpit.runs.record import ProcessRecord
from cockpit.supervise.usage import UsageMeter, loader_workers, read_taken
from tests.waiting import wait_until

TREE = """
import os, subprocess, sys, time
for busy in (True, False):
    if os.fork() == 0:
        block = bytearray(64 << 20)
        while True:
            busy or time.sleep(0.1)
other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
time.sleep(600)
"""


@pytest.fixture
def tree() -> Iterator[subprocess.Popen[bytes]]:
    """A trainer, two processes forked from it, of which one is busy, and another program."""
    top = subprocess.Popen([sys.executable, "-c", TREE])
    wait_until(lambda: len(find_descendants(top.pid)) == 3)
    yield top
    for stat in find_descendants(top.pid):
        subprocess.run(["kill", "-9", str(stat.pid)], check=False)
    top.kill()
    top.wait()


def records(top_pid: int) -> list[ProcessRecord]:
    found = [read_stat(top_pid), *find_descendants(top_pid)]
    return [
        ProcessRecord(
            ProcessIdentity(stat.pid, stat.start_ticks, boot_id()),
            "trainer" if stat.pid == top_pid else "worker",
            None,
            describe(stat).argv,
            0.0,
        )
        for stat in found
        if stat is not None
    ]


def test_cpu_memory_and_workers_of_a_tree_are_measured(tree: subprocess.Popen[bytes]) -> None:
    meter = UsageMeter()
    first = meter.measure(records(tree.pid))
    assert first.cpu_cores is None
    assert (first.process_count, first.worker_count) == (4, 2)
    began = busiest(tree.pid)[1]
    wait_until(lambda: busiest(tree.pid)[1] >= began + 20)
    now = meter.measure(records(tree.pid))
    assert now.cpu_cores is not None
    assert now.worker_cpu_cores is not None
    assert 0.05 < now.worker_cpu_cores <= now.cpu_cores < 1.5
    assert now.memory_bytes is not None
    assert now.memory_bytes > 128 << 20


def test_a_process_that_was_found_late_brings_no_jump(tree: subprocess.Popen[bytes]) -> None:
    wait_until(lambda: busiest(tree.pid)[1] >= 50)
    busy = busiest(tree.pid)[0]
    meter = UsageMeter()
    meter.measure([])
    now = meter.measure([busy])
    assert now.cpu_cores == 0.0


def test_what_is_gone_takes_nothing() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    identity = identify(child.pid)
    assert identity is not None
    child.wait()
    assert read_taken(identity) is None
    assert UsageMeter().measure([ProcessRecord(identity, "rank", 0, (), 0.0)]).process_count == 0


def test_spawned_workers_count_and_their_keeper_does_not() -> None:
    def one(pid: int, role: str, *argv: str) -> ProcessRecord:
        return ProcessRecord(ProcessIdentity(pid, 1, ""), role, 0, argv, 0.0)

    found = loader_workers(
        [
            one(1, "rank", "python", "train.py"),
            one(2, "worker", "python", "train.py"),
            one(3, "worker", "python", "-c", "from multiprocessing.spawn import spawn_main; s()"),
            one(4, "worker", "python", "-c", "from multiprocessing.resource_tracker import main"),
            one(5, "worker", "wandb-core"),
        ]
    )
    assert {identity.pid for identity in found} == {2, 3}


def busiest(top_pid: int) -> tuple[ProcessRecord, int]:
    """Return the process of the tree that has had most of the CPU, and its ticks."""
    taken = [(one, read_taken(one.identity)) for one in records(top_pid)]
    return max(((one, it.cpu_ticks) for one, it in taken if it), key=lambda pair: pair[1])
