from __future__ import annotations

import pytest

from diagnostics.collectives.fit import fit
from diagnostics.collectives.formulas import OPS, gb_per_s, parse_sizes, size_words
from diagnostics.collectives.rows import Gathering, collective_row, pair_row, percentile

KIB, MIB = 1 << 10, 1 << 20


@pytest.mark.parametrize(
    ("op", "factor"),
    [
        ("all_reduce", 1.75),
        ("all_gather", 0.875),
        ("reduce_scatter", 0.875),
        ("all_to_all", 0.875),
        ("broadcast", 1.0),
    ],
)
def test_bus_bandwidth_is_nccl_tests_for_eight_ranks(op: str, factor: float) -> None:
    assert OPS[op].factor(8) == factor


def test_a_size_that_is_shared_out_is_that_of_the_whole_array() -> None:
    gather, reduce = OPS["all_gather"], OPS["all_reduce"]
    assert (gather.elements(MIB, 4, 8), reduce.elements(MIB, 4, 8)) == (32768, 262144)
    assert gather.size_bytes(32768, 4, 8) == reduce.size_bytes(262144, 4, 8) == MIB
    # Three parts of 1 KiB: each is cut down to a multiple of 16 bytes.
    assert gather.elements(KIB, 4, 3) == 84
    assert gather.elements(1, 4, 8) == 1


def test_one_rank_moves_nothing() -> None:
    assert OPS["all_reduce"].factor(1) == 0


def test_bandwidth_is_decimal_and_none_in_no_time() -> None:
    assert gb_per_s(2e9, 0.5) == 4.0
    assert gb_per_s(1, 0) is None


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("1KiB:8KiB", [1024, 2048, 4096, 8192]),
        ("1K:64K:x4", [1024, 4096, 16384, 65536]),
        ("1MiB, 16MiB", [MIB, 16 * MIB]),
        ("4096,1k:2k,1024", [1024, 2048, 4096]),
        ("1B:3B", [1, 2, 3]),
    ],
)
def test_sizes_are_read(text: str, sizes: list[int]) -> None:
    assert parse_sizes(text) == sizes


@pytest.mark.parametrize("text", ["", ",", "1XB", "0", "-1", "4K:1K", "1K:2K:1", "1:2:3:4", "K"])
def test_sizes_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="size"):
        parse_sizes(text)


def test_sizes_are_told_in_binary_units() -> None:
    assert [size_words(size) for size in (84, 1008, 1536, MIB)] == [
        "84 B",
        "1008 B",
        "1.5 KiB",
        "1 MiB",
    ]


def test_the_fit_finds_latency_and_plateau_despite_an_outlier() -> None:
    points = [(float(4**k * KIB), 20e-6 + 4**k * KIB / 10e9) for k in range(9)]
    points[3] = (points[3][0], points[3][1] * 30)
    line = fit(points)
    assert line is not None
    assert line.latency_s == pytest.approx(20e-6, rel=0.02)
    assert line.bytes_per_s == pytest.approx(10e9, rel=0.02)
    assert line.half_bytes == pytest.approx(200e3, rel=0.04)
    assert line.error < 0.01


def test_the_latency_is_never_negative() -> None:
    line = fit([(1e3, 1e-7), (1e4, 1e-5), (1e5, 1e-4), (1e6, 1e-3)])
    assert line is not None
    assert line.latency_s >= 0


@pytest.mark.parametrize(
    "points",
    [
        [(1e3, 1e-4), (1e6, 1e-3)],
        [(1e6, 1e-3), (2e6, 2e-3), (3e6, 3e-3), (4e6, 4e-3)],
        [(1e3, 4e-3), (1e4, 3e-3), (1e5, 2e-3), (1e6, 1e-6)],
    ],
    ids=["too few", "too near", "the larger the faster"],
)
def test_data_that_hold_no_line_give_none(points: list[tuple[float, float]]) -> None:
    assert fit(points) is None


def said(times_s: list[float], wrong: int = 0) -> dict[str, object]:
    labels = {"op": "all_gather", "asked_bytes": 1024, "in_place": False, "count": 128}
    return {**labels, "times_s": times_s, "wrong": wrong, "not_finite": 0}


def test_a_row_is_the_mean_over_ranks_and_has_percentiles_of_iterations() -> None:
    row = collective_row([said([1e-6, 3e-6]), said([3e-6, 5e-6], wrong=2)], "float32", 4)
    assert row == {
        "op": "all_gather",
        "size_bytes": 1024,
        "count": 128,
        "dtype": "float32",
        "in_place": False,
        "time_us": pytest.approx(3.0),
        "time_p50_us": pytest.approx(2.0),
        "time_p99_us": pytest.approx(4.0),
        "time_min_us": pytest.approx(2.0),
        "time_max_us": pytest.approx(4.0),
        "algbw_gb_per_s": pytest.approx(1024 / 3e-6 / 1e9),
        "busbw_gb_per_s": pytest.approx(1024 / 3e-6 / 1e9 / 2),
        "wrong": 2,
    }


def test_a_row_waits_for_all_ranks_of_the_same_measurement() -> None:
    gathering = Gathering(2)
    late = {**said([1.0]), "asked_bytes": 2048}
    assert gathering.add(said([1.0])) == gathering.add(late) == []
    assert len(gathering.add(said([2.0]))) == 2
    assert gathering.add(late) == [late, late]


def test_a_pair_is_one_direction() -> None:
    fields = {"source_rank": 2, "target_rank": 0, "size_bytes": 2_000_000, "wrong": 0}
    row = pair_row({**fields, "time_s": 1e-3, "latency_s": 1e-5})
    assert (row["gb_per_s"], row["latency_us"]) == (pytest.approx(2.0), pytest.approx(10.0))


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(value) for value in range(1, 101)]
    assert [percentile(values, p) for p in (0, 50, 99, 100)] == [1, 50, 99, 100]
    assert percentile([7.0], 99) == 7.0
