from __future__ import annotations

import math
import random
from array import array

import pytest

from cockpit.metrics.blocks import BLOCK, PIECES_FROM, Blocks
from cockpit.metrics.column import Column
from cockpit.metrics.envelope import bucketed, even_edges

NAN = math.nan


class Grown:
    """A curve that is appended to, as a reader hands it out."""

    def __init__(self) -> None:
        self.x, self.y = array("d"), array("d")

    def add(self, values: list[float]) -> tuple[Column, Column]:
        self.x.extend(float(len(self.x) + number) for number in range(len(values)))
        self.y.extend(values)
        return Column(self.x), Column(self.y)


def noise(count: int, seed: int = 1) -> list[float]:
    rng = random.Random(seed)
    return [rng.gauss(0, 1) for _ in range(count)]


def test_few_points_a_column_are_drawn_one_by_one() -> None:
    xs, ys = tuple(map(float, range(500))), tuple(noise(500))
    edges = even_edges(0.0, 499.0, 80)
    assert Blocks().follow(xs, ys).buckets(edges) == bucketed(xs, ys, edges)


@pytest.mark.parametrize("count", [40_000, 40_001, 40_063])
def test_of_many_points_no_extreme_is_lost_and_the_mean_is_kept(count: int) -> None:
    values = noise(count)
    values[12_345], values[-1] = 50.0, -60.0
    xs = tuple(map(float, range(count)))
    buckets = Blocks().follow(xs, values).buckets(even_edges(0.0, count - 1.0, 100))
    assert [bucket.column for bucket in buckets] == list(range(100))
    assert max(bucket.high for bucket in buckets) == 50.0
    assert min(bucket.low for bucket in buckets) == -60.0
    high = next(bucket for bucket in buckets if bucket.high == 50.0)
    assert abs(high.column - 12_345 * 100 // count) <= 1
    assert buckets[-1].last == -60.0
    assert all(abs(bucket.mean) < 0.6 for bucket in buckets)


def test_a_part_of_a_long_curve_is_what_lies_in_it() -> None:
    xs = tuple(map(float, range(100_000)))
    buckets = Blocks().follow(xs, xs).buckets(even_edges(50_000.0, 80_000.0, 50))
    assert 50_000 - BLOCK <= buckets[0].low <= 50_000
    assert 80_000 - BLOCK <= buckets[-1].high <= 80_000


def test_nan_breaks_the_line_of_a_long_curve_too() -> None:
    values = noise(20_000)
    values[10_000] = NAN
    values[15_000:16_000] = [NAN] * 1000
    xs = tuple(map(float, range(20_000)))
    buckets = Blocks().follow(xs, values).buckets(even_edges(0.0, 19_999.0, 50))
    broken = [bucket.column for bucket in buckets if not bucket.is_joined]
    assert broken[0] == 0
    assert {10_000 * 50 // 20_000, 16_000 * 50 // 20_000} <= {
        column + shift for column in broken for shift in (-1, 0, 1)
    }
    assert len(broken) < 10
    assert all(math.isfinite(bucket.mean) for bucket in buckets)


def test_a_grown_curve_gives_the_same_as_one_that_was_read_at_once() -> None:
    values, grown, slowly = noise(9_000), Grown(), Blocks()
    for start in range(0, 9_000, 700):
        slowly.follow(*grown.add(values[start : start + 700]))
    at_once = Blocks().follow(Column(grown.x), Column(grown.y))
    edges = even_edges(0.0, 8_999.0, 40)
    assert slowly.buckets(edges) == at_once.buckets(edges)
    assert slowly.pieces() == at_once.pieces()


def test_another_curve_of_the_same_length_is_noticed() -> None:
    blocks, xs = Blocks(), tuple(map(float, range(5_000)))
    before = blocks.follow(xs, tuple(noise(5_000))).stamp
    after = blocks.follow(xs, tuple([7.0] * 5_000))
    assert after.stamp != before
    assert {bucket.mean for bucket in after.buckets(even_edges(0.0, 4_999.0, 10))} == {7.0}


def test_what_was_taken_back_by_a_resume_is_forgotten() -> None:
    grown = Grown()
    blocks = Blocks().follow(*grown.add([1.0] * 5_000))
    grown.x, grown.y = grown.x[:3_000], grown.y[:3_000]
    blocks.follow(*grown.add([5.0] * 3_000))
    assert max(bucket.high for bucket in blocks.buckets(even_edges(0.0, 5_999.0, 10))) == 5.0


def test_pieces_are_points_while_they_are_few() -> None:
    xs = tuple(map(float, range(PIECES_FROM)))
    assert Blocks().follow(xs, xs).pieces()[1] == xs
    longer = (*xs, float(PIECES_FROM))
    assert len(Blocks().follow(longer, longer).pieces()[0]) == PIECES_FROM // BLOCK


def test_huge_and_infinite_values_are_borne() -> None:
    xs = tuple(map(float, range(4_000)))
    huge = Blocks().follow(xs, [1.7e308] * 4_000)
    assert huge.buckets(even_edges(0.0, 3_999.0, 10))[3].high == 1.7e308
    assert Blocks().follow(xs, [math.inf] * 4_000).buckets(even_edges(0.0, 3_999.0, 10)) == ()
    assert Blocks().follow((), ()).buckets((0.0, 1.0)) == ()
