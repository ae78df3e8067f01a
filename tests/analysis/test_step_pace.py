"""What the beginning of a training tells of its steps and epochs."""

from __future__ import annotations

import math

import pytest

from cockpit.analysis.step_pace import Beginning, Mark


def seen(*marks: tuple[float, float, float], ends: tuple[float, ...] = ()) -> Beginning:
    found = Beginning(ends=list(enumerate(ends, 1)))
    for time_s, done, total in marks:
        found.take(Mark(time_s, done, total))
    return found


def bar(begins_s: float, step_s: float, done: int, total: int) -> list[tuple[float, float, float]]:
    return [(begins_s + step * step_s, step, total) for step in range(done + 1)]


def test_the_first_steps_are_left_out() -> None:
    slow = [(10.0 + 2 * step, step, 1000.0) for step in range(10)]
    found = seen(*slow, *((30.0 + 0.5 * step, 10 + step, 1000.0) for step in range(41)))
    pace = found.pace()
    assert found.steps() == 50
    assert pace.step_s == pytest.approx(0.5)
    assert pace.start_s == pytest.approx(25.0), "where it would have begun at the usual pace"
    assert pace.epoch_s is None, "nobody saw one whole"


def test_an_epoch_is_its_steps_and_what_comes_after_them() -> None:
    warm = [(5.0 + step, step, 20.0) for step in range(6)]
    rest = [(10.0 + 0.1 * step, 5 + step, 20.0) for step in range(1, 16)]
    found = seen(*warm, *rest, ends=(13.5,))
    pace = found.pace()
    assert pace.step_s == pytest.approx(0.1)
    assert pace.epoch_s == pytest.approx(2.0 + 2.0), "20 steps, and 2 s of validation"
    assert pace.start_s == pytest.approx(13.5 - 4.0)


def test_a_second_bar_tells_more_than_the_first() -> None:
    found = seen(*bar(5, 1.0, 8, 8), *bar(15, 0.2, 8, 8), ends=(14.0, 18.0))
    pace = found.pace()
    assert pace.step_s == pytest.approx(0.2)
    assert pace.epoch_s == pytest.approx(4.0)
    assert pace.start_s == pytest.approx(10.0)


def test_the_bar_of_something_else_counts_no_steps() -> None:
    found = seen((1.0, 0, 6), (1.5, 6, 6), *bar(5, 0.5, 20, 100))
    assert found.steps() == 20
    assert found.pace().step_s == pytest.approx(0.5)


def test_a_bar_over_the_whole_training_tells_no_epoch() -> None:
    found = seen(*bar(5, 0.5, 40, 1000), ends=(20.0,))
    assert found.pace().epoch_s is None


def test_parts_become_steps_once_the_samples_are_known() -> None:
    found = Beginning()
    for step in range(11):
        found.take(Mark(10.0 + step, 640.0 * step, 64_000.0, is_steps=False))
    assert found.steps() == 0
    assert found.pace().step_s is None
    found.steps_per_epoch = 1000
    assert found.steps() == 100
    assert found.pace().step_s == pytest.approx(0.1)


def test_a_count_of_steps_without_an_end_is_enough_once_they_are_many() -> None:
    found = seen(*((10.0 + step, 10 * step, math.inf) for step in range(8)))
    assert found.pace().step_s == pytest.approx(0.1)
    assert found.is_enough(50, 17.0)
    assert not found.is_enough(100, 17.0)


def test_an_epoch_that_ends_soon_is_waited_for() -> None:
    assert not seen(*bar(5, 0.5, 60, 100)).is_enough(50, 35.0), "20 s more"
    assert seen(*bar(5, 0.5, 60, 1000)).is_enough(50, 35.0), "8 minutes more"
    assert not seen(*bar(5, 5.0, 90, 100)).is_enough(50, 455.0), "little, after so long"
    assert seen(*bar(5, 0.5, 100, 100), *bar(60, 0.5, 9, 100), ends=(58, 120)).is_enough(50, 120)


def test_short_epochs_are_seen_until_there_were_steps_enough() -> None:
    found = seen(*bar(5, 0.2, 8, 8), *bar(7, 0.2, 8, 8), ends=(7.0, 9.0))
    assert not found.is_enough(50, 9.0)
    assert found.is_enough(50, 61.0), "not for ever"
    assert found.is_enough(16, 9.0)
    assert seen(ends=(7.0, 9.0)).is_enough(50, 9.0), "no steps are shown"


def test_a_spread_follows_the_steps_until_epochs_tell_it() -> None:
    steady = seen(*bar(5, 0.5, 60, 60), ends=(36.0,)).pace()
    assert steady.epoch_s is not None
    assert steady.epoch_low_s == pytest.approx(steady.epoch_s)
    uneven = [(5 + 0.5 * step + (0.4 if step % 9 > 4 else 0.0), step, 60.0) for step in range(61)]
    pace = seen(*uneven, ends=(36.0,)).pace()
    assert pace.epoch_s is not None
    assert pace.epoch_low_s is not None
    assert pace.epoch_low_s < pace.epoch_s
    told = seen(ends=(10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 22.5)).pace()
    assert told.epoch_s == pytest.approx(2.083, abs=0.01)
    assert (told.epoch_low_s, told.epoch_high_s) == (2.0, 2.5)


def test_nothing_seen_tells_nothing() -> None:
    pace = Beginning().pace()
    assert (pace.start_s, pace.step_s, pace.epoch_s) == (None, None, None)
    assert not Beginning().is_enough(50, 100.0)


def test_epochs_that_were_over_before_they_were_seen_count_as_such() -> None:
    late = Beginning(ends=[(3, 8.0), (5, 12.0)])
    pace = late.pace()
    assert late.epochs == 5
    assert (pace.epoch_s, pace.start_s) == (2.0, 2.0)
