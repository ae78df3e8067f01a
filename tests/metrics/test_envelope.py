from __future__ import annotations

import math
import random

import pytest

from cockpit.metrics.envelope import envelope

NAN = math.nan


def test_a_short_curve_keeps_every_point() -> None:
    buckets = envelope((0.0, 1.0, 2.0, 3.0), (5.0, 7.0, 6.0, 1.0), 4, 0.0, 3.0)
    assert [bucket.column for bucket in buckets] == [0, 1, 2, 3]
    assert [bucket.low for bucket in buckets] == [5, 7, 6, 1]
    assert [bucket.is_joined for bucket in buckets] == [False, True, True, True]


def test_a_long_curve_keeps_its_spikes_and_its_mean() -> None:
    rng = random.Random(1)
    xs = tuple(float(x) for x in range(10_000))
    ys = [rng.random() for _ in xs]
    ys[4321] = 99.0
    buckets = envelope(xs, ys, 100, 0.0, 9999.0)
    assert len(buckets) == 100
    assert max(bucket.high for bucket in buckets) == 99.0
    assert min(bucket.low for bucket in buckets) == min(ys)
    assert buckets[43].high == 99.0
    assert buckets[7].mean == pytest.approx(0.5, abs=0.1)
    assert all(bucket.low <= bucket.mean <= bucket.high for bucket in buckets)


def test_no_point_is_lost_whatever_the_columns() -> None:
    rng = random.Random(2)
    for _ in range(50):
        xs = sorted(rng.uniform(-3, 3) for _ in range(rng.randrange(1, 60)))
        ys = [rng.random() for _ in xs]
        columns = rng.randrange(1, 20)
        buckets = envelope(xs, ys, columns, xs[0], xs[-1])
        numbers = [bucket.column for bucket in buckets]
        assert numbers == sorted(set(numbers))
        assert all(0 <= number < columns for number in numbers)
        assert min(bucket.low for bucket in buckets) == min(ys)
        assert max(bucket.high for bucket in buckets) == max(ys)
        assert (buckets[0].first, buckets[-1].last) == (ys[0], ys[-1])


def test_nan_breaks_the_line() -> None:
    buckets = envelope((0.0, 1.0, 2.0, 3.0), (5.0, NAN, 6.0, 7.0), 4, 0.0, 3.0)
    assert [(bucket.column, bucket.is_joined) for bucket in buckets] == [
        (0, False),
        (2, False),
        (3, True),
    ]


def test_nan_inside_a_column_leaves_its_other_values() -> None:
    (bucket,) = envelope((0.0, 1.0, 2.0), (4.0, NAN, 6.0), 1, 0.0, 2.0)
    assert (bucket.low, bucket.high, bucket.mean) == (4.0, 6.0, 5.0)


def test_nan_at_the_end_of_a_column_breaks_the_line_to_the_next() -> None:
    xs = tuple(float(x) for x in range(4))
    buckets = envelope(xs, (1.0, NAN, 2.0, 3.0), 2, 0.0, 3.0)
    assert [bucket.is_joined for bucket in buckets] == [False, False]


def test_infinity_and_huge_values() -> None:
    assert envelope((0.0, 1.0), (math.inf, -math.inf), 2, 0.0, 1.0) == ()
    (bucket,) = envelope((0.0, 1.0), (1.5e308, 1.5e308), 1, 0.0, 1.0)
    assert bucket.mean == pytest.approx(1.5e308)
    assert bucket.is_joined is False


def test_a_sparse_curve_leaves_columns_out_but_stays_joined() -> None:
    buckets = envelope((0.0, 10.0), (1.0, 2.0), 100, 0.0, 10.0)
    assert [(bucket.column, bucket.is_joined) for bucket in buckets] == [(0, False), (99, True)]


def test_one_point_and_one_value_of_x() -> None:
    (bucket,) = envelope((3.0,), (0.5,), 80, 3.0, 3.0)
    assert (bucket.column, bucket.first, bucket.last) == (0, 0.5, 0.5)


@pytest.mark.parametrize(
    ("columns", "low", "high"), [(0, 0.0, 1.0), (5, 1.0, 0.0), (5, NAN, 1.0), (5, 7.0, 8.0)]
)
def test_nothing_to_draw(columns: int, low: float, high: float) -> None:
    assert envelope((0.0, 1.0), (1.0, 2.0), columns, low, high) == ()


def test_a_window_shows_only_what_lies_in_it() -> None:
    xs = tuple(float(x) for x in range(100))
    buckets = envelope(xs, xs, 10, 20.0, 29.0)
    assert (buckets[0].first, buckets[-1].last) == (20.0, 29.0)


def test_a_million_values_come_down_to_the_columns() -> None:
    xs = range(1_000_000)
    ys = tuple(float(x % 1000) for x in xs)
    buckets = envelope(xs, ys, 400, 0.0, 999_999.0)
    assert len(buckets) == 400
    assert {bucket.high for bucket in buckets} == {999.0}
