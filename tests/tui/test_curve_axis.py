from __future__ import annotations

import math

import pytest

from cockpit.metrics.series import Axis, MetricSeries, MetricTable
from cockpit.tui.curve_axis import AxisWords, clock_of, step_word, table_axis
from cockpit.tui.curve_layout import Source, axes_of, lay_out
from cockpit.tui.curve_range import followed, moved, range_words, zoomed

EPOCHS = tuple(float(epoch) for epoch in range(1, 11))
ENDS = tuple((epoch, 60.0 * epoch) for epoch in range(1, 11))
START = 1_795_200_000.0


def table(**more: object) -> MetricTable:
    series = {"loss": MetricSeries("loss", EPOCHS, tuple(1 / x for x in EPOCHS))}
    return MetricTable(series, epoch=10, epochs=20, **more)  # type: ignore[arg-type]  # a test's


def test_an_epoch_between_two_known_steps_lies_between_them() -> None:
    scale = MetricSeries("step", (1.0, 2.0, 4.0), (100.0, 200.0, 600.0))
    way = table_axis(table(scales={Axis.STEP: scale}), Axis.STEP)
    assert way is not None
    assert way.to_shown(3.0) == 400.0
    assert way.to_own(400.0) == 3.0
    assert way.to_shown(5.0) == 800.0


def test_an_axis_that_nothing_tells_is_not_offered() -> None:
    assert axes_of(table()) == (Axis.EPOCH,)
    assert axes_of(table(epoch_ends=ENDS)) == (Axis.EPOCH,)
    assert axes_of(table(epoch_ends=ENDS), (START,)) == (Axis.EPOCH, Axis.TIME)


def test_the_clock_of_our_own_run_counts_from_its_start() -> None:
    way = clock_of(ENDS, (), (START,))
    assert way.to_shown(10.0) == START + 600
    assert way.to_own(START + 90) == 1.5
    assert way.pauses == ()


def test_a_pause_between_attempts_is_a_gap_to_which_no_epoch_belongs() -> None:
    way = clock_of(ENDS, (4.0,), (START, START + 3600))
    assert way.to_shown(4.0) == pytest.approx(START + 240)
    assert way.to_shown(5.0) == pytest.approx(START + 3660)
    assert way.pauses == ((START + 240, START + 3600),)
    assert 4.0 < way.to_own(START + 300) < 4.0001
    assert 4.0 < way.to_own(START + 3500) < 4.0001


def test_of_three_parts_and_two_known_starts_the_last_part_has_the_last_start() -> None:
    way = clock_of(ENDS, (2.0, 6.0), (START, START + 7200))
    assert way.to_shown(6.0) == pytest.approx(START + 360)
    assert way.to_shown(7.0) == pytest.approx(START + 7260)


def test_a_long_wait_in_the_trainers_own_clock_is_a_pause() -> None:
    times = tuple(START + 60 * x + (5000 if x > 4 else 0) for x in EPOCHS)
    scale = {Axis.TIME: MetricSeries("time", EPOCHS, times)}
    way = table_axis(table(scales=scale, resumed_after=(4.0,)), Axis.TIME)
    assert way is not None
    assert way.pauses == ((START + 240, START + 5240),)
    assert way.to_shown(5.0) == START + 5300


def test_other_runs_are_laid_over_by_the_time_since_their_start() -> None:
    other = Source("b", "base", table(epoch_ends=ENDS), (START - 9000,))
    layout = lay_out(table(epoch_ends=ENDS), None, Axis.TIME, (START,), (other,))
    assert layout.words == AxisWords(Axis.TIME, since_start=True)
    assert layout.axis is not None
    assert layout.axis.to_shown(10.0) == 600
    assert layout.overlays[0].axis is not None
    assert layout.overlays[0].axis.to_shown(10.0) == 600
    assert layout.whole == (0.0, 600.0)


def test_a_run_without_a_clock_is_not_laid_over_by_the_clock() -> None:
    layout = lay_out(
        table(epoch_ends=ENDS), None, Axis.TIME, (START,), (Source("b", "b", table()),)
    )
    assert layout.overlays == ()


def test_a_longer_run_laid_over_makes_the_axis_longer() -> None:
    long = MetricTable({"loss": MetricSeries("loss", (1.0, 300.0), (1.0, 0.1))})
    assert lay_out(table(), None, None).whole == (1.0, 20.0)
    assert lay_out(table(), None, None, (), (Source("b", "b", long),)).whole == (1.0, 300.0)


def test_an_axis_that_is_lost_gives_way_to_the_own_one() -> None:
    assert lay_out(table(), None, Axis.TIME).words.axis is Axis.EPOCH


def test_zooming_keeps_what_it_is_around_in_its_place_and_ends_at_the_whole() -> None:
    whole = (1.0, 101.0)
    closer = zoomed(whole, whole, 51.0, 1, 4.0)
    assert closer == pytest.approx((21.0, 81.0))
    assert closer is not None
    assert zoomed(closer, whole, 51.0, -1, 4.0) is None
    least = zoomed((40.0, 45.0), whole, 42.0, 5, 4.0)
    assert least is not None
    assert least[1] - least[0] == 4.0


def test_moving_stops_at_the_ends() -> None:
    assert moved((20.0, 60.0), (1.0, 100.0), 0.25) == (30.0, 70.0)
    assert moved((20.0, 60.0), (1.0, 100.0), 9.0) == (60.0, 100.0)
    assert followed((20.0, 60.0), 65.0, (1.0, 100.0)) == (25.0, 65.0)
    assert followed((20.0, 60.0), 30.0, (1.0, 100.0)) == (20.0, 60.0)


def test_the_range_is_told_in_words() -> None:
    assert range_words((20.0, 60.0), (1.0, 100.0), AxisWords()) == "epochs 20–60 of 100"
    assert range_words(None, (1.0, 100.0), AxisWords()) == "epoch"
    steps = AxisWords(Axis.STEP)
    assert range_words((1e4, 2e4), (0.0, 1e5), steps) == "steps 10,000–20,000 of 100,000"
    assert range_words(None, (0.0, 1.0), AxisWords(Axis.TIME, True)) == "time since the start"


@pytest.mark.parametrize(
    ("step", "word"), [(0.0, "0"), (12_400.0, "12400"), (250_000.0, "250k"), (1.25e6, "1.25M")]
)
def test_steps_are_short_at_the_axis_and_whole_at_the_cursor(step: float, word: str) -> None:
    assert step_word(step) == word
    assert AxisWords(Axis.STEP).exact(step, 1e6) == f"{step:,.0f}"


def test_a_single_row_has_an_axis_too() -> None:
    one = MetricTable({"loss": MetricSeries("loss", (1.0,), (math.nan,))}, epoch_ends=((1, 9.0),))
    layout = lay_out(one, None, Axis.TIME, (START,))
    assert layout.whole == (START, START + 9.0)
