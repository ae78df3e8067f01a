from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.steps.laws import (
    Point,
    amdahl,
    doublings,
    find_stop,
    karp_flatt,
    predict,
    scaling_efficiency,
    speedup,
    spread_pct,
)


def points_of(minutes: dict[int, float]) -> list[Point]:
    """An epoch of 60 samples at each world size."""
    return [Point(size, 1, 60 / took, 0.0) for size, took in minutes.items()]


YOLOV5_1860 = {1: 60.0, 2: 36.0, 4: 20.0, 8: 30.0}
"""ultralytics/yolov5 issue 1860: minutes of an epoch on 2080 Ti."""
ATHENA = {1: 121.0, 2: 83.0, 3: 62.0, 4: 55.0}
"""Seconds on 1 to 4 GPUs, as the Athena speech toolkit reports them."""


@pytest.mark.parametrize(
    ("times", "world_size", "times_as_fast", "efficiency", "serial"),
    [
        (YOLOV5_1860, 2, 1.67, 0.83, 0.20),
        (YOLOV5_1860, 4, 3.0, 0.75, 0.11),
        (YOLOV5_1860, 8, 2.0, 0.25, 0.43),
        (ATHENA, 2, 1.46, 0.73, 0.37),
        (ATHENA, 3, 1.95, 0.65, 0.27),
        (ATHENA, 4, 2.2, 0.55, 0.27),
    ],
)
def test_what_others_report_comes_out(
    times: dict[int, float], world_size: int, times_as_fast: float, efficiency: float, serial: float
) -> None:
    alone, many = 60 / times[1], 60 / times[world_size]
    assert speedup(many, alone) == pytest.approx(times_as_fast, abs=0.006)
    assert scaling_efficiency(many, alone, world_size) == pytest.approx(efficiency, abs=0.006)
    assert karp_flatt(many / alone, world_size) == pytest.approx(serial, abs=0.006)


@pytest.mark.parametrize(("times", "world_size", "serial"), [(3.6, 4, 0.037), (13.6, 16, 0.012)])
def test_claimed_speed_ups_have_their_serial_part(
    times: float, world_size: int, serial: float
) -> None:
    assert karp_flatt(times, world_size) == pytest.approx(serial, abs=0.0005)
    assert scaling_efficiency(times, 1.0, world_size) == pytest.approx(times / world_size)


def test_one_rank_has_no_serial_part() -> None:
    assert karp_flatt(1.0, 1) is None


@given(st.floats(0.0, 1.0), st.integers(2, 4096))
def test_the_serial_part_is_the_one_that_amdahl_was_given(serial: float, world_size: int) -> None:
    assert karp_flatt(amdahl(serial, world_size), world_size) == pytest.approx(serial, abs=1e-9)


def test_amdahl_with_the_best_serial_part_measured_on_a_real_box() -> None:
    assert amdahl(0.11, 16) == pytest.approx(6.0, abs=0.05)


def test_the_stop_is_before_the_loss() -> None:
    stop = find_stop(points_of(YOLOV5_1860))
    assert stop is not None
    assert (stop.world_size, stop.next_size) == (4, 8)
    assert stop.gain == pytest.approx(-1 / 3)


def test_linear_scaling_has_no_stop() -> None:
    assert find_stop([Point(size, 1, 10.0 * size, 0.0) for size in (1, 2, 4, 8)]) is None


def test_half_a_doubling_is_judged_as_a_whole_one() -> None:
    # 3 to 4 ranks bring 20 %, but at this rate a doubling brings more than half as much again.
    assert find_stop([Point(3, 1, 30.0, 0.0), Point(4, 1, 36.0, 0.0)]) is None


def test_the_order_of_the_points_does_not_matter() -> None:
    stop = find_stop(points_of(dict(reversed(YOLOV5_1860.items()))), least_gain=0.7)
    assert stop is not None
    assert (stop.world_size, stop.next_size) == (1, 2)
    assert stop.gain == pytest.approx(2 / 3)


def test_a_prediction_is_a_band_and_goes_no_farther_than_twice_what_was_measured() -> None:
    measured = points_of({1: 60.0, 2: 36.0, 4: 20.0})
    low, high = predict(measured, 8) or (0.0, 0.0)
    assert low == pytest.approx(amdahl(0.2, 8))
    assert high == pytest.approx(amdahl(1 / 9, 8))
    assert predict(measured, 16) is None
    assert predict(measured[:1], 2) is None
    assert predict(measured[1:], 8) is None


@given(st.integers(1, 10_000))
def test_doublings_begin_with_one_and_end_with_the_most(most: int) -> None:
    sizes = doublings(most)
    assert (sizes[0], sizes[-1]) == (1, most)
    assert all(larger <= 2 * smaller for smaller, larger in itertools.pairwise(sizes))


def test_the_spread_is_relative_to_the_median() -> None:
    assert spread_pct([90.0, 100.0, 110.0]) == pytest.approx(20.0)
    assert spread_pct([5.0]) == 0.0
