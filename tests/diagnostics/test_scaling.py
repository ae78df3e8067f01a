"""`scaling` and `steptime` as they run: real ranks over gloo, small and short."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from diagnostics.emit import Finding
from diagnostics.steps.laws import Point
from diagnostics.steps.options import Settings, make_parser, parse_ranks, settings_of
from diagnostics.steps.steptime import parse_workers
from diagnostics.steps.verdicts import judge_busy, judge_dp, judge_efficiency, judge_stop
from tests.waiting import wait_until

needs_torch = [
    pytest.mark.real,
    pytest.mark.skipif(find_spec("torch") is None, reason="no torch in this interpreter"),
]
ROOT = Path(__file__).parents[2]
NET = """
import torch
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Conv2d(3, 8, 3)
    def forward(self, x):
        {before}
        return self.layer(x).mean((2, 3))
"""
SMALL = ("--imgsz", "32", "--batch-per-rank", "4", "--steps", "2")


def events_of(*words: str, act: Callable[[dict[str, Any], list[int]], None] | None = None) -> Any:
    """Run a tool; return its exit code, its events and the pids of its ranks.

    `act` is told every event while the tool runs.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "diagnostics", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    events, pids = [], [process.pid]
    try:
        for line in process.stdout:
            events.append(json.loads(line))
            if events[-1].get("name") == "rank.pid":
                pids.append(events[-1]["value"])
            if act is not None:
                act(events[-1], pids)
        return process.wait(60), events, pids
    finally:
        process.kill()
        process.stdout.close()


def of_kind(events: list[dict[str, Any]], kind: str, table: str = "") -> list[dict[str, Any]]:
    found = [one for one in events if one["kind"] == kind]
    return [one["values"] for one in found if one["table"] == table] if table else found


def codes(events: list[dict[str, Any]]) -> list[str]:
    return [one["code"] for one in of_kind(events, "finding")]


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.usefixtures("no_gpu")
class TestReal:
    pytestmark = needs_torch

    @pytest.fixture
    def no_gpu(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
        yield

    def test_one_and_two_ranks_weak_and_strong(self) -> None:
        words = ("scaling", "--ranks", "2", "--mode", "both", "--blocks", "2", "--backend", "gloo")
        code, events, pids = events_of(*words, *SMALL)
        rows = of_kind(events, "row", "scaling")
        assert (code, events[-1]["outcome"]) == (0, "passed")
        assert [(row["mode"], row["world_size"], row["batch_per_rank"]) for row in rows] == [
            ("weak", 1, 4),
            ("strong", 1, 4),
            ("weak", 2, 4),
            ("strong", 2, 2),
        ]
        assert [row["global_batch"] for row in rows] == [4, 4, 8, 4]
        assert (rows[0]["speedup"], rows[0]["karp_flatt"]) == (1.0, None)
        for row in rows:
            assert row["samples_per_s"] * row["step_time_ms"] == pytest.approx(
                1000 * row["global_batch"]
            )
            assert row["compute_ms"] > 0
        assert codes(events).count("scaling.cause") == 1
        assert codes(events).count("scaling.efficiency") == 2
        assert all(map(is_gone, pids))

    def test_four_ranks_with_loader_workers_tell_every_phase(self) -> None:
        words = ("steptime", "--ranks", "4", "--blocks", "1", "--backend", "gloo", *SMALL)
        code, events, pids = events_of(*words, "--sweep-workers", "1", "--decode-ms", "1")
        rows = of_kind(events, "row", "steptime")
        assert (code, events[-1]["outcome"]) == (0, "passed")
        times = {row["phase"]: row["time_ms"] for row in rows}
        step_ms = next(one["value"] for one in events if one.get("name") == "steptime.step_time")
        assert sum(times.values()) >= 0.99 * step_ms
        assert sum(row["share_pct"] for row in rows) == pytest.approx(100)
        setup = next(one for one in events if one.get("name") == "steptime.blocks")
        assert (setup["model"], setup["batch_per_rank"], setup["ranks"]) == ("synthetic", 4, "4")
        assert times["data wait"] >= 4.0, "four samples, a millisecond of work each"
        assert [row["workers"] for row in of_kind(events, "row", "steptime_loaders")] == [1]
        assert codes(events)[-1] == "scaling.cause"
        assert "4 ranks share" in of_kind(events, "finding")[-1]["what"] or os.cpu_count() != 2
        assert all(map(is_gone, pids))

    def test_a_killed_rank_is_named_and_the_other_world_sizes_keep_their_rows(self) -> None:
        def kill_rank_one(event: dict[str, Any], pids: list[int]) -> None:
            if event["kind"] == "progress" and event["what"].startswith("2 ranks, batch 4: block"):
                os.kill(pids[-1], signal.SIGKILL)

        words = ("scaling", "--ranks", "2", "--blocks", "30", "--backend", "gloo", *SMALL)
        code, events, pids = events_of(*words, "--workers", "1", act=kill_rank_one)
        assert (code, events[-1]["outcome"]) == (1, "failed")
        assert [row["world_size"] for row in of_kind(events, "row", "scaling")] == [1]
        told = next(one for one in of_kind(events, "finding") if one["level"] == "problem")
        assert told["code"] == "scaling.rank-died"
        assert f"rank 1 (pid {pids[-1]}) was ended by SIGKILL" in told["what"]
        assert "scaling.cause" in codes(events)
        wait_until(lambda: all(map(is_gone, pids)), timeout_s=20)

    def test_a_sweep_that_is_ended_keeps_its_rows(self) -> None:
        def end(event: dict[str, Any], pids: list[int]) -> None:
            if event["kind"] == "row":
                os.kill(pids[0], signal.SIGTERM)

        words = ("scaling", "--ranks", "1", "--blocks", "3", "--backend", "gloo", *SMALL)
        code, events, pids = events_of(*words, act=end)
        assert (code, events[-1]["outcome"]) == (0, "stopped")
        assert "scaling.stopped" in codes(events)
        assert "SIGTERM" in events[-1]["why"]
        assert len(of_kind(events, "row", "scaling")) == 1
        wait_until(lambda: all(map(is_gone, pids)), timeout_s=20)

    def test_a_model_that_does_not_import_gets_its_own_traceback(self) -> None:
        code, events, _ = events_of("scaling", "--model", "no_such_module:make", "--ranks", "1")
        told = next(one for one in of_kind(events, "finding") if one["level"] == "problem")
        assert (code, told["code"]) == (1, "scaling.model")
        assert "no_such_module" in told["what"]
        assert not of_kind(events, "row")

    @pytest.mark.parametrize("tool", ["scaling", "steptime"])
    def test_a_model_that_breaks_in_its_first_step_ends_it_with_the_users_traceback(
        self, tool: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        model = write_net(tmp_path, monkeypatch, "raise KeyError('my own')")
        words = (tool, "--model", model, "--ranks", "2", "--backend", "gloo", *SMALL)
        code, events, pids = events_of(*words)
        (told,) = (one for one in of_kind(events, "finding") if one["level"] == "problem")
        assert (code, events[-1]["outcome"], told["code"]) == (1, "failed", "model.step")
        assert "KeyError: 'my own'" in told["what"]
        assert 'users_net.py", line' in told["what"]
        assert "timed.py" not in told["what"]
        assert not of_kind(events, "row")
        wait_until(lambda: all(map(is_gone, pids)), timeout_s=20)

    def test_a_loss_that_is_no_number_is_told_once_beside_the_times(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        model = write_net(tmp_path, monkeypatch, "x = x * float('nan')")
        words = ("scaling", "--model", model, "--ranks", "1", "--blocks", "1", "--backend", "gloo")
        code, events, _ = events_of(*words, *SMALL)
        (told,) = (one for one in of_kind(events, "finding") if one["code"] == "scaling.nan")
        assert (code, told["level"]) == (0, "warning")
        assert len(of_kind(events, "row", "scaling")) == 1


def write_net(folder: Path, monkeypatch: pytest.MonkeyPatch, before: str) -> str:
    (folder / "users_net.py").write_text(NET.format(before=before))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return "users_net:Net"


def settings(*words: str, gpus: int = 0, ranks: int = 2) -> Settings:
    return settings_of(make_parser("scaling").parse_args(list(words)), gpus, ranks)


def test_the_cores_are_shared_out_among_the_most_ranks() -> None:
    assert settings(ranks=64).threads == max(1, settings().cores // 64)
    assert settings(ranks=1).threads == settings(ranks=1).cores


def test_more_ranks_than_a_machine_can_bear_are_refused() -> None:
    with pytest.raises(ValueError, match="65 ranks are too many"):
        settings(ranks=65)


def test_a_gpu_gets_a_larger_workload_and_mixed_precision() -> None:
    on_gpu, on_cpu = settings(gpus=2), settings()
    assert (on_gpu.backend, on_gpu.image_size, on_gpu.batch, on_gpu.amp) == ("nccl", 640, 16, True)
    assert (on_cpu.backend, on_cpu.image_size, on_cpu.batch, on_cpu.amp) == ("gloo", 64, 8, False)
    assert on_cpu.workers == 0 < on_gpu.workers


@pytest.mark.parametrize(
    ("words", "gpus", "what"),
    [
        (("--batch-per-rank", "0"), 0, "--batch-per-rank 0: must be 1 or more"),
        (("--steps", "0"), 0, "--steps 0"),
        (("--workers", "-1"), 0, "--workers -1: must be 0 or more"),
        (("--backend", "nccl"), 0, "needs a torch built with it and a GPU"),
        (("--backend", "nccl"), 1, "2 ranks need as many GPUs; torch can use 1"),
    ],
)
def test_what_cannot_be_measured_is_refused(words: tuple[str, ...], gpus: int, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        settings(*words, gpus=gpus)


@pytest.mark.parametrize(
    ("text", "sizes"), [("", [1, 2, 4]), ("8", [1, 2, 4, 8]), ("3,2", [1, 2, 3]), ("1", [1])]
)
def test_ranks_are_a_most_or_a_list(text: str, sizes: list[int]) -> None:
    assert parse_ranks(text, 4) == sizes


@pytest.mark.parametrize("text", ["0", "1,0", "two", "-1"])
def test_ranks_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"--ranks {text}"):
        parse_ranks(text, 4)


def test_worker_counts_are_counts() -> None:
    assert parse_workers("4,0,2,") == [0, 2, 4]
    with pytest.raises(ValueError, match="--sweep-workers"):
        parse_workers("0,-2")


def rates(*pairs: tuple[int, float]) -> list[Point]:
    return [Point(size, 16, rate, 1000 * size * 16 / rate) for size, rate in pairs]


def what_of(finding: Finding | None) -> str:
    assert finding is not None
    return finding.what


def test_contention_is_told_by_a_serial_part_that_rises() -> None:
    found = what_of(judge_efficiency(rates((1, 10.0), (2, 16.7), (4, 30.0), (8, 20.0)), "weak"))
    assert "8 ranks are 2.00 times as fast as one, 25% of linear" in found
    assert "0.429, up from 0.198 on 2 ranks: contention" in found
    assert judge_efficiency(rates((1, 10.0)), "weak") is None


@pytest.mark.parametrize(
    ("rate", "told"), [(7.4, "–, slower than one rank"), (21.0, "–, faster than linear")]
)
def test_a_serial_part_that_can_be_none_is_not_shown_as_one(rate: float, told: str) -> None:
    found = what_of(judge_efficiency(rates((1, 10.0), (2, rate)), "weak"))
    assert found.endswith(f"serial fraction (Karp-Flatt) {told}")


def test_the_stop_says_what_more_ranks_would_bring() -> None:
    found = what_of(judge_stop(rates((1, 10.0), (4, 30.0), (8, 20.0)), "weak"))
    assert found.startswith("weak scaling: stop at 4 ranks; 8 ranks bring -33% for a doubling")


def test_a_stop_that_the_spread_of_the_blocks_could_undo_is_not_named() -> None:
    slow = [one._replace(spread_pct=41.0) for one in rates((1, 10.0), (2, 7.4))]
    assert "where to stop cannot be told: blocks spread by 41 %" in what_of(
        judge_stop(slow, "weak")
    )
    firm = [one._replace(spread_pct=20.0) for one in slow]
    assert "stop at 1 rank" in what_of(judge_stop(firm, "weak"))
    good = [one._replace(spread_pct=60.0) for one in rates((1, 10.0), (2, 19.0))]
    assert "cannot be told" in what_of(judge_stop(good, "weak"))


def test_without_a_stop_the_next_size_is_predicted_and_called_so() -> None:
    found = judge_stop(rates((1, 10.0), (2, 19.0), (4, 36.0)), "weak")
    assert found is not None
    assert found.level == "ok"
    assert "Amdahl's law would give 8 ranks 5.8x to 6.4x, which was not measured" in found.what


def test_others_on_the_cores_are_told_when_they_count() -> None:
    assert judge_busy("scaling", 0.2, 2) is None
    assert "1.7 of 2 cores" in what_of(judge_busy("scaling", 1.7, 2))


def test_dataparallel_stands_beside_ddp() -> None:
    found = what_of(judge_dp(rates((1, 10.0), (4, 36.0)), rates((4, 15.0))))
    assert found == ("DataParallel on 4 GPUs is 1.50 times as fast as one GPU, DDP 3.60 times")
    assert judge_dp(rates((1, 10.0)), rates((4, 15.0))) is None
