from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.emit import Finding
from diagnostics.steps.cause import (
    BATCH,
    CODE,
    CORES,
    DATA,
    GOOD,
    NETWORK,
    UNKNOWN,
    Around,
    cause_of_scaling,
    cause_of_step,
    fixed_share,
    lost_time,
)
from diagnostics.steps.laws import Point

ON_GPUS = Around()


def point(
    world_size: int,
    batch: int = 16,
    data_ms: float = 0.0,
    compute_ms: float = 100.0,
    communication_ms: float = 0.0,
    spread_pct: float = 1.0,
) -> Point:
    step_ms = data_ms + compute_ms + communication_ms
    rate = world_size * batch / step_ms * 1000
    return Point(
        world_size, batch, rate, step_ms, data_ms, compute_ms, communication_ms, spread_pct
    )


def cause(points: list[Point], around: Around = ON_GPUS) -> Finding:
    found = cause_of_scaling(points, around)
    assert found.code == CODE
    return found


def test_waiting_for_data_is_named_with_its_share() -> None:
    found = cause([point(1), point(4, data_ms=150.0, communication_ms=10.0)])
    assert found.what.startswith(DATA)
    assert "58% of a step waits for data" in found.what
    assert found.level == "warning"


def test_communication_that_compute_does_not_hide_is_the_network() -> None:
    found = cause([point(1), point(4, data_ms=5.0, communication_ms=80.0)])
    assert found.what.startswith(NETWORK)
    assert "80.0 ms of communication" in found.what
    assert "43%" in found.what


def test_communication_beside_a_device_that_is_not_filled_is_the_batch() -> None:
    found = cause([point(1), point(4, communication_ms=80.0)], Around(fixed_share=0.6))
    assert found.what.startswith(BATCH)
    assert "60% of the compute time" in found.what


def test_compute_that_does_not_shrink_with_the_batch_is_the_batch() -> None:
    found = cause([point(1, batch=16), point(4, batch=4, compute_ms=70.0)])
    assert found.what.startswith(BATCH)
    assert "17.50 ms a sample on 4 ranks, 6.25 on one" in found.what


def test_ranks_on_too_few_cores_are_said_to_share_them() -> None:
    around = Around(cores=2, threads_per_rank=1)
    found = cause([point(1), point(4, compute_ms=150.0, communication_ms=80.0)], around)
    assert found.what.startswith(CORES)
    assert "4 ranks share 2 cores" in found.what


def test_other_processes_on_the_cores_are_named() -> None:
    around = Around(cores=2, threads_per_rank=1, others=1.5)
    found = cause([point(1), point(2, compute_ms=150.0)], around)
    assert found.what.startswith(CORES)
    assert "2 ranks and other processes, which keep 1.5 busy, share 2 cores" in found.what
    idle = cause([point(1), point(2, communication_ms=60.0)], Around(cores=2, others=0.1))
    assert idle.what.startswith(NETWORK)


def test_slower_compute_on_gpus_at_the_same_batch_is_none_of_the_three() -> None:
    found = cause([point(1), point(4, compute_ms=200.0)])
    assert found.what.startswith(UNKNOWN)
    assert found.remedy is not None
    assert "heat" in found.remedy


def test_good_scaling_is_said_so() -> None:
    found = cause([point(1), point(4, communication_ms=5.0)])
    assert (found.level, found.what) == ("ok", f"{GOOD}: 4 ranks reach 95% of linear")


def test_good_scaling_of_a_training_that_waits_is_no_reason_to_be_content() -> None:
    found = cause([point(1, data_ms=100.0), point(4, data_ms=100.0)])
    assert found.level == "note"
    assert "50% of a step waits for data" in found.what


def test_noise_that_is_larger_than_the_loss_proves_nothing() -> None:
    found = cause([point(1), point(4, communication_ms=30.0, spread_pct=40.0)])
    assert found.what.startswith(UNKNOWN)
    assert "40 %" in found.what


def test_good_scaling_within_the_noise_is_not_called_good() -> None:
    found = cause([point(1), point(4, communication_ms=5.0, spread_pct=41.0)])
    assert found.what.startswith(f"{UNKNOWN}: blocks spread by 41 %")


def test_a_part_of_a_step_that_is_smaller_than_the_noise_is_no_cause() -> None:
    for one in (point(2, communication_ms=60.0), point(2, data_ms=60.0), point(2)):
        found = cause_of_step(one._replace(spread_pct=41.0), ON_GPUS)
        assert found.what.startswith(f"{UNKNOWN}: blocks spread by 41 %")


def test_epochs_without_parts_tell_no_cause() -> None:
    bare = [Point(1, 16, 1.0, 60.0), Point(8, 16, 2.0, 240.0)]
    assert cause(bare).what.startswith(UNKNOWN)
    assert cause(bare[:1]).what.startswith(UNKNOWN)
    assert cause([]).what.startswith(UNKNOWN)


@pytest.mark.parametrize("ratio", [1, 4])
def test_what_is_lost_is_the_sum_of_its_parts(ratio: int) -> None:
    base = point(1, batch=16, data_ms=8.0)
    lost = lost_time(base, point(4, batch=16 // ratio, data_ms=20.0, communication_ms=30.0))
    assert lost is not None
    assert lost.total_ms == pytest.approx(sum(lost[1:]))


def test_one_world_size_names_the_part_that_is_too_large() -> None:
    assert cause_of_step(point(2, data_ms=60.0), ON_GPUS).what.startswith(DATA)
    assert cause_of_step(point(2, communication_ms=60.0), ON_GPUS).what.startswith(NETWORK)
    small = Around(fixed_share=0.5)
    assert cause_of_step(point(2, communication_ms=60.0), small).what.startswith(BATCH)
    assert cause_of_step(point(1), small).what.startswith(BATCH)
    assert cause_of_step(point(1), ON_GPUS).what.startswith(UNKNOWN)
    assert cause_of_step(point(2, communication_ms=5.0), ON_GPUS).level == "ok"
    assert cause_of_step(point(4, data_ms=60.0), Around(cores=2)).what.startswith(CORES)


def test_the_fixed_part_is_where_the_line_meets_no_samples() -> None:
    assert fixed_share(16, 100.0, 8, 50.0) == pytest.approx(0.0)
    assert fixed_share(16, 100.0, 8, 100.0) == pytest.approx(1.0)
    assert fixed_share(16, 100.0, 8, 75.0) == pytest.approx(0.5)
    assert fixed_share(16, 100.0, 8, 30.0) == 0.0
    assert fixed_share(1, 100.0, 1, 100.0) is None


times = st.floats(0.0, 1000.0)


@given(times, times, st.floats(0.1, 1000.0), times, st.integers(2, 64), st.integers(1, 64))
def test_there_is_always_exactly_one_cause_that_starts_with_its_name(
    data: float, more: float, compute: float, communication: float, ranks: int, batch: int
) -> None:
    base = point(1, 64, data, compute)
    many = point(ranks, batch, data + more, compute, communication)
    for around in (ON_GPUS, Around(cores=2), Around(fixed_share=0.5)):
        for found in (cause([base, many], around), cause_of_step(many, around)):
            names = (DATA, BATCH, NETWORK, CORES, GOOD, UNKNOWN, "none of the three")
            assert sum(found.what.startswith(name) for name in names) == 1
