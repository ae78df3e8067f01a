from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.tools.bundle import find_or_pack
from diagnostics.ranks.run import RanksFailed, RanksSilent, Said, run_ranks
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(find_spec("torch") is None, reason="no torch in this interpreter"),
]

ROOT = Path(__file__).parents[2]
WORKS = "tests.diagnostics.rank_works:"


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in ("Z", "X")


def test_ranks_reduce_and_print_and_a_port_that_is_taken_is_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pids: list[list[int]] = []
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        work = WORKS + "add_up"
        ranks = run_ranks(work, ["a", "b"], 2, "gloo", 60, on_start=pids.append, first_port=taken)
        said = list(ranks)
    expected = {"total": 1.0, "arguments": ["a", "b"], "threads": "1"}
    totals = sorted(one for one in said if "total" in one.fields)
    assert totals == [Said(rank, expected) for rank in range(2)]
    assert [one.fields["value"] == one.fields["value"] for one in said if one not in totals] == [
        False,
        False,
    ]
    printed = capsys.readouterr().err
    assert "[rank0]: from python" in printed
    assert "[rank1]: from C" in printed
    assert [len(team) for team in pids] == [2, 2]
    assert not any(is_alive(pid) for team in pids for pid in team)


def test_the_rank_that_raised_is_named_not_the_one_that_lost_it() -> None:
    with pytest.raises(RanksFailed) as caught:
        list(run_ranks(WORKS + "raise_on_rank_one", [], 2, "gloo", 60))
    assert (caught.value.rank, caught.value.error) == (1, "ValueError: no luck")
    assert any("raise ValueError" in line for line in caught.value.stderr)


def test_a_killed_rank_is_named_with_its_signal_and_last_words() -> None:
    with pytest.raises(RanksFailed) as caught:
        list(run_ranks(WORKS + "die_on_rank_one", [], 2, "gloo", 60))
    failure = caught.value
    assert (failure.rank, failure.signal, failure.exit_code) == (1, "SIGKILL", None)
    assert f"rank 1 (pid {failure.pid}) was ended by SIGKILL" in str(failure)


def test_a_rank_that_leaves_before_its_work_is_done_has_failed() -> None:
    with pytest.raises(RanksFailed, match="exit code 0 before its work was done"):
        list(run_ranks(WORKS + "leave_early", [], 1, "gloo", 60))


def test_who_waits_and_who_is_missing_is_told_and_nobody_is_left(tmp_path: Path) -> None:
    pids: list[int] = []
    child = tmp_path / "child"
    work = WORKS + "wait_for_rank_one"
    with pytest.raises(RanksSilent) as caught:
        list(run_ranks(work, [str(child)], 2, "gloo", 4, on_start=pids.extend))
    assert (caught.value.what, caught.value.arrived, caught.value.missing) == (
        "the barrier",
        [0],
        [1],
    )
    assert not any(map(is_alive, pids))
    # Nobody here can wait for the child of a rank: it was killed with its group.
    wait_until(lambda: not is_alive(int(child.read_text())), timeout_s=20)


PARENT = """
import sys
sys.path[:0] = {path}
from diagnostics.ranks.run import RanksStopped, run_ranks
def tell(pids):
    print(*pids, flush=True)
try:
    list(run_ranks("{work}", [{child!r}], 2, "gloo", 60, on_start=tell))
except RanksStopped as stop:
    print(stop.signal, flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_ranks_end_with_their_parent_from_a_zip_file(
    tmp_path: Path, number: signal.Signals
) -> None:
    bundle = find_or_pack(locations.diagnostics_dir(), tmp_path / "cache")
    child = tmp_path / "child"
    program = PARENT.format(
        path=[str(bundle), str(ROOT)], work=WORKS + "wait_for_rank_one", child=str(child)
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environ, cwd="/"
    ) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        command_line = Path(f"/proc/{pids[0]}/cmdline").read_bytes().decode()
        assert str(bundle) in command_line
        wait_until(lambda: child.exists() and child.read_text() != "")
        parent.send_signal(number)
        last_words = parent.stdout.read()
    assert last_words == ("" if number is signal.SIGKILL else f"{number.name}\n")
    wait_until(lambda: not any(map(is_alive, [*pids, int(child.read_text())])), timeout_s=20)
