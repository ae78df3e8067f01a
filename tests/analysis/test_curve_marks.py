from __future__ import annotations

import math
import random

import pytest

from cockpit.analysis.curve_marks import MarkKind, Pieces, curve_marks, not_finite, plateau, spikes
from cockpit.metrics.blocks import Blocks
from cockpit.metrics.series import Axis, Goal


def pieces(*values: float) -> Pieces:
    xs = tuple(float(number) for number in range(1, len(values) + 1))
    return Pieces(*Blocks().follow(xs, values).pieces())


def falling(count: int, noise: float = 0.0, seed: int = 3) -> list[float]:
    rng = random.Random(seed)
    return [0.5 + 2 * math.exp(-at / 12) + rng.gauss(0, noise) for at in range(count)]


def test_each_stretch_of_nan_has_one_mark() -> None:
    marks = not_finite(pieces(1.0, math.nan, math.inf, 0.8, math.nan, 0.7))
    assert [(mark.x, mark.end) for mark in marks] == [(2.0, 3.0), (5.0, 5.0)]


def test_a_value_far_off_and_gone_after_is_a_spike() -> None:
    values = falling(60, noise=0.01)
    values[30] = 9.0
    (mark,) = spikes(pieces(*values))
    assert (mark.x, mark.value) == (31.0, 9.0)


def test_a_drop_that_is_gone_after_is_one_too() -> None:
    values = [0.6 + 0.001 * (at % 3) for at in range(40)]
    values[20] = 0.1
    (mark,) = spikes(pieces(*values))
    assert (mark.x, mark.value) == (21.0, 0.1)


def test_a_step_that_stays_is_no_spike() -> None:
    assert spikes(pieces(*falling(30, 0.01), *(value + 5 for value in falling(30, 0.01)))) == ()


@pytest.mark.parametrize("seed", range(8))
def test_noise_is_no_spike(seed: int) -> None:
    assert spikes(pieces(*falling(300, noise=0.05, seed=seed))) == ()


def test_the_newest_values_are_not_judged() -> None:
    assert spikes(pieces(*falling(40, 0.01), 9.0)) == ()
    assert spikes(pieces(*falling(40, 0.01), 9.0, 0.6)) == ()


def test_a_first_loss_of_a_hundred_million_is_no_spike_but_the_fall() -> None:
    assert spikes(pieces(1e8, *falling(40))) == ()


def test_few_spikes_are_marked_the_highest() -> None:
    values = falling(400, 0.01)
    for number in range(20):
        values[10 + 18 * number] = 10.0 + number
    marks = spikes(pieces(*values))
    assert [mark.value for mark in marks] == [25.0, 26.0, 27.0, 28.0, 29.0]


def test_a_best_that_no_longer_improves_is_a_plateau() -> None:
    rising = [0.4 * (1 - math.exp(-at / 5)) for at in range(1, 60)]
    mark = plateau(pieces(*rising), Goal.UP)
    assert mark is not None
    assert 20 < mark.x < 30
    assert mark.end == 59.0
    assert mark.value == max(rising)


def test_there_is_no_plateau_while_it_improves_or_before_ten_epochs() -> None:
    assert plateau(pieces(*(2.0 / at for at in range(1, 100))), Goal.DOWN) is None
    assert plateau(pieces(*([0.3] * 9)), Goal.UP) is None
    assert plateau(pieces(*([0.3] * 30)), Goal.NONE) is None
    assert plateau(pieces(*([0.3] * 30)), Goal.UP, Axis.STEP) is None
    assert plateau(pieces(*([math.nan] * 30)), Goal.UP) is None


def test_a_long_curve_is_told_by_its_blocks() -> None:
    values = falling(100_000, noise=0.05)
    values[50_000], values[70_000] = 40.0, math.nan
    kinds = {mark.kind: mark for mark in curve_marks(pieces(*values), Goal.DOWN, Axis.STEP)}
    assert abs(kinds[MarkKind.SPIKE].x - 50_000) <= 64
    assert abs(kinds[MarkKind.NOT_FINITE].x - 70_000) <= 64


def test_marks_of_nothing() -> None:
    assert curve_marks(pieces(), Goal.DOWN) == ()
    assert curve_marks(pieces(1.0), Goal.DOWN) == ()
