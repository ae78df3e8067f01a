from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cockpit import locations
from cockpit.tools.bundle import find_or_pack
from diagnostics.collectives.plan import parse, parse_ops, plan_of, within_memory
from diagnostics.collectives.rank import Pulse, beat_s, follow
from tests.waiting import wait_until

needs_torch = [
    pytest.mark.real,
    pytest.mark.skipif(find_spec("torch") is None, reason="no torch in this interpreter"),
]


def test_the_backend_is_nccl_where_there_are_gpus() -> None:
    with_gpus = plan_of(parse([]), 4)
    without = plan_of(parse(["--ranks", "3"]), 0)
    assert (with_gpus.backend, with_gpus.world_size) == ("nccl", 4)
    assert (without.backend, without.world_size) == ("gloo", 3)
    assert max(with_gpus.sizes) > max(without.sizes)


def test_one_rank_is_allowed_and_has_no_pairs() -> None:
    plan = plan_of(parse(["--ranks", "1", "--backend", "gloo"]), 0)
    assert (plan.world_size, plan.pair_bytes) == (1, 0)


def test_every_phase_is_known_before_the_start() -> None:
    words = ["--op", "all_gather,broadcast", "--sizes", "1KiB", "--ranks", "2"]
    assert plan_of(parse(words), 0).phases() == [
        "all_gather of 1 KiB",
        "all_gather of 1 KiB, in place",
        "broadcast of 1 KiB",
        "rank 0 to rank 1",
        "rank 1 to rank 0",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--ranks", "5", "--backend", "nccl"], "5 ranks need as many GPUs; torch can use 4"),
        (["--op", "all_reduce,alreduce"], "'alreduce': the operations are all_reduce"),
        (["--sizes", "1 banana"], "is no size"),
        (["--iterations", "0"], "--iterations must be more than 0"),
        (["--ranks", "-1"], "must not be negative"),
        (["--ranks", "1000", "--backend", "gloo"], "too many"),
        (["--dtype", "float31"], "float31"),
    ],
)
def test_what_cannot_be_had_is_refused(words: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        plan_of(parse(words), 4)


def test_nccl_without_a_gpu_is_refused() -> None:
    with pytest.raises(ValueError, match="--backend gloo uses the CPU"):
        plan_of(parse(["--backend", "nccl"]), 0)


def test_operations_are_read_with_dashes_and_once() -> None:
    assert parse_ops("all-reduce, broadcast,all_reduce") == ["all_reduce", "broadcast"]


def test_sizes_beyond_the_memory_are_left_out_and_told() -> None:
    out = io.StringIO()
    plan = within_memory(plan_of(parse(["--sizes", "1KiB,4096GiB"]), 0), out)
    assert plan.sizes == [1024]
    assert plan.pair_bytes <= 1024
    finding = json.loads(out.getvalue())
    assert (finding["level"], finding["code"]) == ("warning", "collectives.memory")
    with pytest.raises(ValueError, match="4096 GiB on 2 ranks needs 16384 GiB of memory"):
        within_memory(plan_of(parse(["--sizes", "4096GiB"]), 0), out)


class Tool:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.events: list[dict[str, Any]] = []

    def read_until(self, is_it: Callable[[dict[str, Any]], bool]) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events.append(json.loads(line))
            if is_it(self.events[-1]):
                return

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["kind"] == kind]

    @property
    def pids(self) -> list[int]:
        return [int(one["value"]) for one in self.of("measurement") if one["name"] == "rank.pid"]

    def finding(self, code: str) -> dict[str, Any]:
        return next(one for one in self.of("finding") if one["code"] == code)


@contextmanager
def collectives(tmp_path: Path, *words: str) -> Iterator[Tool]:
    bundle = find_or_pack(locations.diagnostics_dir(), tmp_path / "cache")
    environ = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, "-I", str(bundle), "collectives", "--backend", "gloo", *words]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environ, cwd="/"
    ) as process:
        try:
            yield Tool(process)
        finally:
            process.terminate()


def is_over(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def is_row(event: dict[str, Any]) -> bool:
    return str(event["kind"]) == "row"


def never(_: dict[str, Any]) -> bool:
    return False


LONG = ("--op", "all_reduce", "--sizes", "1KiB,32MiB", "--iterations", "300", "--limit", "3")


@pytest.mark.parametrize(("limit_s", "every_s"), [(60.0, 5.0), (5.0, 5 / 3), (0.3, 0.1)])
def test_a_rank_is_heard_more_often_than_it_may_be_silent(limit_s: float, every_s: float) -> None:
    assert beat_s(limit_s) == pytest.approx(every_s)
    beats: list[float] = []
    now_s = time.perf_counter()
    pulse = Pulse(lambda: beats.append(now_s), beat_s(limit_s))
    for _ in range(1000):
        now_s += limit_s / 100
        pulse.tick(now_s)
    assert max(later - earlier for earlier, later in pairwise(beats)) < limit_s / 2
    assert len(beats) <= 10 * limit_s / every_s


class Mark:
    """An event of a GPU that is asked so often before it has happened."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def query(self) -> bool:
        self.looks -= 1
        return self.looks < 0


def test_only_what_a_gpu_has_done_is_a_sign_of_life() -> None:
    beats: list[int] = []
    marks = [Mark(0), Mark(30), Mark(3)]
    follow(marks, Pulse(lambda: beats.append(sum(mark.looks < 0 for mark in marks)), 0.0))
    assert beats == [1, 2, 3]


class TestRanks:
    pytestmark = needs_torch

    def test_a_wrong_element_is_counted_wherever_it_is(self) -> None:
        import torch

        from diagnostics.collectives import check

        total = check.summed(4)
        result = torch.zeros(2_000_003, dtype=torch.bfloat16)
        check.fill(result, total)
        assert check.count_wrong(result, total) == 0
        result[0] += 1
        result[1_999_999] = float("nan")
        assert check.count_wrong(result, total) == 2
        assert check.count_not_finite(result) == 1
        # One part that landed in the place of another.
        moved = torch.zeros(4096)
        check.fill(moved, check.pattern(3, 16))
        assert check.count_wrong(moved, check.pattern(10, 16)) > 2048
        assert check.count_wrong(moved[1024:], check.pattern(3, 16), 1024) == 0
        assert check.count_wrong(moved[1024:], check.pattern(3, 16), 1023) > 1536

    def test_four_ranks_do_every_operation_right(self, tmp_path: Path) -> None:
        words = ("--ranks", "4", "--sizes", "1KiB:64KiB:4", "--dtype", "bfloat16")
        with collectives(tmp_path, *words, "--iterations", "3") as tool:
            tool.read_until(never)
        rows = [event["values"] for event in tool.of("row") if event["table"] != "pairs"]
        pairs = [event["values"] for event in tool.of("row") if event["table"] == "pairs"]
        ways = [(row["op"], row["in_place"]) for row in rows if row["size_bytes"] == 1024]
        assert ways == [
            ("all_reduce", True),
            ("all_gather", False),
            ("all_gather", True),
            ("reduce_scatter", False),
            ("reduce_scatter", True),
            ("broadcast", True),
            ("all_to_all", False),
        ]
        assert len(rows) == 28
        assert {row["wrong"] for row in [*rows, *pairs]} == {0}
        directions = {(pair["source_rank"], pair["target_rank"]) for pair in pairs}
        assert len(directions) == len(pairs) == 12
        reduced = next(row for row in rows if row["op"] == "all_reduce")
        assert reduced["count"] == 512
        assert reduced["busbw_gb_per_s"] == pytest.approx(1.5 * reduced["algbw_gb_per_s"])
        assert reduced["algbw_gb_per_s"] == pytest.approx(1.024 / reduced["time_us"])
        assert tool.finding("collectives.correct")["level"] == "ok"
        names = [event["name"].split(".") for event in tool.of("measurement")]
        fitted = {op for op, what in names if what == "latency"}  # none where the times scatter
        assert fitted == {op for op, what in names if what == "plateau_busbw"}
        done = [(event["done"], event["total"]) for event in tool.of("progress")]
        assert done == [(number, 40) for number in range(41)]
        assert tool.events[-1]["outcome"] == "passed"
        assert all(map(is_over, tool.pids))

    def test_a_rank_that_hangs_is_named_and_ended(self, tmp_path: Path) -> None:
        with collectives(tmp_path, "--ranks", "2", *LONG) as tool:
            tool.read_until(is_row)
            os.kill(tool.pids[1], signal.SIGSTOP)
            tool.read_until(never)
        hang = tool.finding("collectives.hang")
        assert "all_reduce of 32 MiB; arrived: rank 0; missing: rank 1" in hang["what"]
        assert tool.events[-1]["outcome"] == "failed"
        assert len(tool.of("row")) == 1
        assert all(map(is_over, tool.pids))

    def test_a_rank_that_is_killed_is_named(self, tmp_path: Path) -> None:
        with collectives(tmp_path, "--ranks", "2", *LONG) as tool:
            tool.read_until(is_row)
            os.kill(tool.pids[1], signal.SIGKILL)
            tool.read_until(never)
        death = tool.finding("collectives.rank-died")
        assert death["what"].startswith(f"rank 1 (pid {tool.pids[1]}) was ended by SIGKILL")
        assert tool.finding("collectives.correct")["what"].endswith("in 1 results")
        assert tool.events[-1]["outcome"] == "failed"
        assert all(map(is_over, tool.pids))

    def test_an_interrupt_keeps_what_was_measured(self, tmp_path: Path) -> None:
        with collectives(tmp_path, "--ranks", "2", *LONG) as tool:
            tool.read_until(is_row)
            tool.process.send_signal(signal.SIGINT)
            tool.read_until(never)
        assert tool.finding("collectives.stopped")["level"] == "note"
        assert (tool.events[-1]["kind"], tool.events[-1]["outcome"]) == ("finished", "stopped")
        assert len(tool.of("row")) == 1
        wait_until(lambda: all(map(is_over, tool.pids)))
