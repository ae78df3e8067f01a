from __future__ import annotations

import math

from cockpit.metrics.epochs import Curve, TrainingClock
from cockpit.metrics.series import MetricSeries, Point


def curve_of(*values: float) -> Curve:
    curve = Curve()
    for epoch, value in enumerate(values, start=1):
        curve.put(epoch, value)
    return curve


def test_what_was_handed_out_survives_a_cut_and_a_second_value() -> None:
    curve = curve_of(5.0, 4.0, 3.0)
    before = curve.series("loss", 0)
    curve.put(3, 9.0)
    between = curve.series("loss", 0)
    curve.cut(2)
    curve.put(2, 7.0)
    assert before.values == (5.0, 4.0, 3.0)
    assert between.values == (5.0, 4.0, 9.0)
    assert curve.series("loss", 0).values == (5.0, 7.0)
    assert (before.best, between.best) == (Point(3, 3.0), Point(2, 4.0))


def test_the_best_is_the_one_that_looking_through_all_finds() -> None:
    curve = Curve()
    values = (3.0, math.nan, 1.0, math.inf, 1.0, 2.0, -math.inf, 0.5, 9.0, 0.5)
    for epoch, value in enumerate(values):
        curve.put(epoch, value)
        for name in ("loss", "accuracy", "lr"):
            kept = curve.series(name, 1)
            assert kept.best == MetricSeries(name, kept.x, kept.values).best
    for epoch in (9, 8, 7, 3, 2, 0):
        curve.cut(epoch)
        kept = curve.series("loss", 1)
        assert kept.best == MetricSeries("loss", kept.x, kept.values).best


def test_a_curve_without_a_finite_value_has_no_best() -> None:
    assert curve_of(math.nan, math.inf).series("loss", 0).best is None
    assert MetricSeries("loss", (1.0,), (math.nan,)).best is None


def test_epoch_ends_are_pairs_of_whole_epochs_from_one_on() -> None:
    clock = TrainingClock()
    for epoch in range(4):
        clock.put(epoch, epoch * 2.0 + 1)
    ends = clock.ends(0)
    assert ends == ((1, 3.0), (2, 5.0), (3, 7.0))
    assert (len(ends), ends[0], ends[-1], ends[-2:]) == (3, (1, 3.0), (3, 7.0), ends[1:])
    assert list(ends) == list(ends[:])
    assert isinstance(ends[0][0], int)
    assert clock.ends(1)[0] == (1, 1.0)
    clock.put(4, 1.0)
    assert len(ends) == 3
    assert clock.ends(0)[-1] == (4, 8.0)
    assert clock.ends(0) != ends


def test_parts_of_epochs_have_no_end() -> None:
    clock = TrainingClock()
    for epoch, time_s in ((0.5, 1.0), (1.0, 2.0), (1.5, 3.0)):
        clock.put(epoch, time_s)
    assert clock.ends(0, are_whole=False) == ((1, 2.0),)
