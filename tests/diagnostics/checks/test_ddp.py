from __future__ import annotations

import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from diagnostics.checks import ddp
from diagnostics.checks.ddp import Outcome, Plan, SmokeTest
from diagnostics.emit import NOTE, OK, PROBLEM, WARNING
from tests.waiting import wait_until

CPU = Plan("gloo", 2)
GOOD: dict[str, Any] = {"has_changed": True, "differing": [], "is_finite": True}


@pytest.mark.parametrize(
    ("gpus", "wanted"),
    [
        ("cpu", Plan("gloo", 2)),
        (
            "2,3",
            Plan("nccl", 2, {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": "2,3"}),
        ),
    ],
)
def test_the_chosen_devices(gpus: str, wanted: Plan) -> None:
    assert ddp.plan(gpus, {}) == wanted


def test_ranks_that_agree_are_well() -> None:
    finding = ddp.judge(CPU, Outcome({0: GOOD, 1: GOOD}))
    assert (finding.level, finding.code) == (OK, "ddp.step")
    assert "2 CPU ranks (gloo)" in finding.what


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ({**GOOD, "differing": [0]}, "the parameters differ between rank 1"),
        ({**GOOD, "has_changed": False}, "the parameters of rank 1 did not change"),
        ({**GOOD, "is_finite": False}, "the parameters of rank 1 are not finite"),
        ({}, "rank 1 told nothing"),
    ],
)
def test_ranks_that_do_not_are_named(second: dict[str, Any], words: str) -> None:
    finding = ddp.judge(CPU, Outcome({0: GOOD, 1: second}))
    assert (finding.level, words in finding.what) == (PROBLEM, True)


def test_links_under_load_come_from_the_ranks() -> None:
    link = {"width": 4, "width_max": 16, "speed_gt": 16.0, "speed_max_gt": 16.0}
    told = {0: {**GOOD, "gpu": "RTX 2080", "link": link}, 1: GOOD}
    (finding,) = ddp.judge_links(Outcome(told))
    assert finding.level == WARNING
    assert "RTX 2080 of rank 0: x4 of x16" in finding.what
    assert ddp.judge_links(Outcome({0: GOOD})) == []


def test_a_test_that_needs_a_gpu_is_not_blamed_when_there_is_none() -> None:
    assert ddp.judge_unreachable(Plan("nccl", 4)).level == NOTE


def test_what_torch_is_built_for_is_read_without_importing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise RuntimeError('nobody imports it')")
    monkeypatch.syspath_prepend(str(tmp_path))
    version = tmp_path / "torch" / "version.py"
    for line, is_cuda in (("cuda: Optional[str] = None", False), ("cuda: str = '12.8'", True)):
        version.write_text(f"__version__ = '2.9'\n{line}\nhip = None\n")
        assert ddp.has_cuda_build() is is_cuda


@pytest.mark.real
@pytest.mark.skipif(find_spec("torch") is None, reason="no torch in this interpreter")
class TestReally:
    def test_a_rank_that_is_killed_is_named(self) -> None:
        smoke = SmokeTest(CPU, "tests.diagnostics.checks.rank_works:leave_one_behind")
        smoke.start()
        os.kill(smoke.pids[1], signal.SIGKILL)
        finding = ddp.judge(CPU, smoke.finish())
        assert finding.level == PROBLEM
        assert f"rank 1 (pid {smoke.pids[1]}) was ended by SIGKILL" in finding.what
        wait_until(lambda: not any(map(is_alive, smoke.pids)))

    def test_a_rank_that_hangs_is_named(self) -> None:
        work = "tests.diagnostics.checks.rank_works:leave_one_behind"
        smoke = SmokeTest(CPU, work, silence_limit_s=2.0)
        smoke.start()
        finding = ddp.judge(CPU, smoke.finish())
        assert finding.level == PROBLEM
        assert finding.what.endswith("hung at «step 2 of 2», where rank 0 waited: missing rank 1")


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


FORKING = """
import sys
import torch
from diagnostics.checks.ddp import Plan, SmokeTest, judge

smoke = SmokeTest(Plan("gloo", 2), *sys.argv[1:], silence_limit_s=20.0, is_forked=True)
smoke.start()
finding = judge(smoke.plan, smoke.finish())
print(finding.level, finding.what)
print(*[pid for pid in smoke.pids if Path(f"/proc/{pid}").exists()])
"""


@pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
@pytest.mark.parametrize(
    ("worker", "words"),
    [
        ([], "ok 2 training steps under DistributedDataParallel on 2 CPU ranks (gloo): param"),
        (["tests.diagnostics.rank_works:die_on_rank_one"], "was ended by SIGKILL"),
        (["tests.diagnostics.rank_works:raise_on_rank_one"], "rank 1 (pid"),
    ],
)
def test_ranks_that_are_forked_do_the_same(worker: list[str], words: str) -> None:
    program = "from pathlib import Path\n" + FORKING
    done = subprocess.run(
        [sys.executable, "-c", program, *worker],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=120,
    )
    *said, left = done.stdout.splitlines()
    assert words in said[0], done.stderr
    assert not left
