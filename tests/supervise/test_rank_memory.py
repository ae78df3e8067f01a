"""The memory that a rank takes of its host, seen from outside."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from cockpit.processes.identity import identify
from cockpit.runs.record import ProcessRecord
from cockpit.supervise.rank_memory import RankMemory
from tests.waiting import wait_until

MIB = 1 << 20
HOLD = "import sys; held = bytearray(b'x') * (int(sys.argv[1]) << 20); print('held', flush=True); "
STAY = "sys.stdin.read()"
FORK = "import os; child = os.fork(); child and print(child, flush=True); "


class Held:
    """Processes that hold memory until their input ends."""

    def __init__(self) -> None:
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, mib: int, *, forks: bool = False) -> list[int]:
        code = HOLD + (FORK if forks else "") + STAY
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(mib)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return [process.pid, *([int(process.stdout.readline())] if forks else [])]


@pytest.fixture
def held() -> Iterator[Held]:
    found = Held()
    yield found
    for process in found.processes:
        process.communicate("")


def member(pid: int, role: str, rank: int | None = None) -> ProcessRecord:
    identity = identify(pid)
    assert identity is not None
    return ProcessRecord(identity, role, rank, ("python",), 0.0)


def peak_mib(*members: ProcessRecord) -> float:
    memory = RankMemory()
    memory.look(members)
    assert memory.peak_bytes is not None
    return memory.peak_bytes / MIB


def test_the_rank_that_took_most_counts_and_no_launcher(held: Held) -> None:
    small, large, launcher = (held.start(mib)[0] for mib in (60, 120, 240))
    ranks = (member(small, "rank", 0), member(large, "rank", 1))
    assert 120 <= peak_mib(*ranks, member(launcher, "launcher")) < 180


def test_what_a_worker_shares_with_its_rank_counts_once(held: Held) -> None:
    parent, child = held.start(200, forks=True)
    assert 200 <= peak_mib(member(parent, "trainer"), member(child, "worker")) < 260


def test_a_peak_stays_when_the_process_is_gone(held: Held) -> None:
    one = member(held.start(80)[0], "trainer")
    memory = RankMemory()
    memory.look([one])
    before = memory.peak_bytes
    held.processes.pop().communicate("")
    wait_until(lambda: identify(one.identity.pid) is None)
    memory.look([one])
    assert memory.peak_bytes == before
    assert before is not None and before > 80 * MIB
