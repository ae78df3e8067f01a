from __future__ import annotations

from diagnostics.collectives import verdicts as verdict
from diagnostics.ranks.failures import RanksFailed, RanksSilent

NVLINKED = ["NVIDIA H100 80GB HBM3"] * 8
ALL_PEERS = {rank: [other for other in range(8) if other != rank] for rank in range(8)}


def pairs(world_size: int, slow: dict[tuple[int, int], float]) -> list[dict[str, object]]:
    return [
        {"source_rank": a, "target_rank": b, "gb_per_s": slow.get((a, b), 20.0), "wrong": 0}
        for a in range(world_size)
        for b in range(world_size)
        if a != b
    ]


def test_wrong_elements_are_a_problem_that_names_the_worst() -> None:
    rows: list[dict[str, object]] = [
        {"op": "all_reduce", "size_bytes": 1 << 20, "wrong": 0},
        {"op": "broadcast", "size_bytes": 1 << 10, "wrong": 7},
        {"source_rank": 1, "target_rank": 3, "size_bytes": 1 << 20, "wrong": 2},
    ]
    finding = verdict.judge_correct(rows, not_finite=4)
    assert (finding.level, finding.code) == ("problem", "collectives.wrong")
    assert "9 wrong elements in 2 of 3 results; most in broadcast of 1 KiB: 7" in finding.what
    assert "4 of them are NaN" in finding.what
    assert verdict.judge_correct(rows[:1], 0).level == "ok"


def test_the_rank_that_all_slow_pairs_share_is_named() -> None:
    slow = {(5, 0): 6.0, (2, 5): 5.0, (5, 7): 6.0}
    finding = verdict.judge_pairs(pairs(8, slow), "nccl")
    assert finding is not None
    assert (finding.level, finding.code) == ("warning", "collectives.slow-pair")
    assert "3 of 56 directions" in finding.what
    assert "all of them end at rank 5; slowest is rank 2 to rank 5: 5 GB/s" in finding.what


def test_slow_pairs_without_a_common_rank_accuse_nobody() -> None:
    finding = verdict.judge_pairs(pairs(4, {(0, 1): 5.0, (2, 3): 5.0}), "nccl")
    assert finding is not None
    assert "all of them" not in finding.what


def test_pairs_on_the_cpu_are_not_judged_and_even_ones_are_ok() -> None:
    slow = verdict.judge_pairs(pairs(4, {(0, 1): 5.0}), "gloo")
    even = verdict.judge_pairs(pairs(4, {(0, 1): 17.0}), "nccl")
    assert slow is not None and even is not None
    assert (slow.level, slow.code) == (even.level, even.code) == ("ok", "collectives.pairs")
    assert verdict.judge_pairs([], "nccl") is None


def test_the_link_is_judged_by_what_the_board_has() -> None:
    good = verdict.judge_link("nccl", NVLINKED, ALL_PEERS, 360.0)
    bad = verdict.judge_link("nccl", NVLINKED, ALL_PEERS, 40.0)
    assert (good.level, bad.level) == ("ok", "warning")
    assert "450" in bad.what
    pcie = verdict.judge_link("nccl", ["NVIDIA H100 PCIe"] * 2, {0: [1], 1: [0]}, 20.0)
    assert (pcie.level, "NVLink" in pcie.what) == ("ok", False)
    geforce = verdict.judge_link("nccl", ["NVIDIA GeForce RTX 2080"] * 4, {}, 5.0)
    assert (geforce.level, "12 of 12 directions" in geforce.what) == ("note", True)
    assert verdict.judge_link("nccl", NVLINKED[:1], {}, 0.0).level == "note"
    assert "not a network" in verdict.judge_link("gloo", [], {}, 1.0).what


def test_boards_are_told_apart_by_their_whole_name() -> None:
    assert verdict.nvlink_gb_per_s(["NVIDIA H200"] * 8) == 450
    assert verdict.nvlink_gb_per_s(["NVIDIA H20"] * 8) == 450
    assert verdict.nvlink_gb_per_s(["NVIDIA H200 NVL"] * 2) is None
    assert verdict.nvlink_gb_per_s(["NVIDIA H200", "NVIDIA H20"]) is None


NCCL_LOG = """\
box:11:21 [0] NCCL INFO Channel 00/0 : 0[0] -> 1[1] via P2P/CUMEM
box:11:21 [0] NCCL INFO Channel 01/0 : 0[0] -> 1[1] via P2P/direct pointer/read
box:12:22 [1] NCCL INFO Channel 00 : 1[2b000] -> 0[25000] via SHM/direct/direct
box:12:22 [1] NCCL INFO Trees [0] -1/-1/-1->1->0
"""


def test_transports_are_read_from_the_log_of_nccl() -> None:
    finding = verdict.judge_transports(NCCL_LOG, {0: [], 1: []})
    assert finding is not None
    assert (finding.level, finding.what) == (
        "note",
        "NCCL uses P2P on 2 channels, SHM on 1 channels",
    )
    avoided = verdict.judge_transports(NCCL_LOG, {0: [1], 1: [0]})
    assert avoided is not None
    assert "do not" in avoided.what
    net = "x NCCL INFO Channel 07/0 : 0[0] -> 2[0] [receive] via NET/IB/2/GDRDMA"
    by_net = verdict.judge_transports(net, {})
    assert by_net is not None
    assert by_net.level == "warning"
    assert verdict.judge_transports("", {}) is None


def test_a_hang_names_who_arrived_and_who_is_missing() -> None:
    silence = RanksSilent("all_reduce of 1 MiB", [0, 2], [1], 60)
    finding = verdict.judge_silence(silence, "nccl")
    assert (finding.level, finding.code) == ("problem", "collectives.hang")
    assert "all_reduce of 1 MiB; arrived: ranks 0, 2; missing: rank 1" in finding.what
    assert finding.remedy is not None
    assert "NCCL_DEBUG=INFO" in finding.remedy and "NCCL_P2P_DISABLE=1" in finding.remedy


def test_a_death_names_rank_pid_signal_and_last_words() -> None:
    finding = verdict.judge_death(RanksFailed(1, 4711, -9, "", ["one", "two"]))
    assert (finding.level, finding.code) == ("problem", "collectives.rank-died")
    assert finding.what.startswith("rank 1 (pid 4711) was ended by SIGKILL")
    assert finding.what.endswith("one\ntwo")
    assert finding.remedy is not None and "out of memory" in finding.remedy


def test_what_a_backend_lacks_is_a_note_and_memory_a_warning() -> None:
    fields = {"op": "all_to_all", "asked_bytes": 1 << 20, "error": "RuntimeError: no"}
    lacks = verdict.judge_lack({**fields, "lacks": "operation"}, "gloo")
    memory = verdict.judge_lack({**fields, "lacks": "memory"}, "nccl")
    assert (lacks.level, lacks.code) == ("note", "collectives.unsupported")
    assert (memory.level, memory.code) == ("warning", "collectives.memory")
