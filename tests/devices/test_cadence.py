from __future__ import annotations

import pytest

from cockpit.devices.cadence import (
    CALLS_PER_S,
    FIRST_CALLS,
    PERIOD_S,
    Count,
    Slow,
    rate_per_s,
    slow_due,
    slow_room,
)


@pytest.mark.parametrize(
    ("interval_s", "calls_made", "without_s", "room"),
    [
        (None, 7, float("inf"), FIRST_CALLS),
        (1.0, 7, 1.0, 1),
        (0.98, 7, 1.0, 1),
        (1.0, 8, 1.0, 0),
        (1.0, 20, 9.0, 0),
        (5.0, 7, 5.0, 33),
        (600.0, 7, 600.0, 73),
        (0.5, 7, 0.5, 0),
        (0.5, 7, 1.0, 1),
    ],
)
def test_what_the_fast_readings_leave_is_room_for_slow_ones(
    interval_s: float | None, calls_made: int, without_s: float, room: int
) -> None:
    assert slow_room(interval_s, calls_made, without_s) == room


def all_of_them(slow: Slow) -> bool:
    return slow in Slow


def test_every_slow_reading_has_a_period() -> None:
    assert set(PERIOD_S) == set(Slow)


def test_the_first_look_takes_the_most_important_in_order() -> None:
    assert slow_due(0, {}, all_of_them, 3) == (Slow.MIG_MODE, Slow.FIELDS, Slow.PCIE_GENERATION)


def test_never_more_than_fit_and_nothing_before_it_is_due() -> None:
    asked = dict.fromkeys(Slow, 100.0)
    assert slow_due(101, asked, all_of_them, 9) == ()
    assert slow_due(100 + PERIOD_S[Slow.FIELDS], asked, all_of_them, 9) == (Slow.FIELDS,)
    assert slow_due(5000, asked, all_of_them, 0) == ()
    assert len(slow_due(5000, asked, all_of_them, 4)) == 4


def test_the_most_overdue_comes_first_and_what_is_not_wanted_never() -> None:
    asked = {Slow.FIELDS: 50.0, Slow.FAN: 0.0}
    wanted = {Slow.FIELDS, Slow.FAN}
    assert slow_due(60, asked, wanted.__contains__, 2) == (Slow.FAN, Slow.FIELDS)
    assert slow_due(60, asked, {Slow.FIELDS}.__contains__, 2) == (Slow.FIELDS,)


def test_a_tick_that_comes_a_little_early_does_not_miss_its_turn() -> None:
    assert slow_due(13.97, {Slow.FIELDS: 10.0}, {Slow.FIELDS}.__contains__, 1) == (Slow.FIELDS,)


@pytest.mark.parametrize("interval_s", [0.5, 1.0, 2.0])
def test_all_get_their_turn_within_twice_their_period_and_the_budget(interval_s: float) -> None:
    # Those that hardly ever come at once: a GPU that tells little in the batch.
    wanted = set(Slow) - {Slow.NVLINK_STATES}
    asked: dict[Slow, float] = {}
    last_s, now_s = 0.0, 0.0
    for tick in range(round(300 / interval_s)):
        now_s = tick * interval_s
        room = slow_room(interval_s, 7, now_s - last_s)
        due = slow_due(now_s, asked, wanted.__contains__, room)
        assert len(due) <= max(round(CALLS_PER_S * interval_s) - 7, 1)
        for slow in due:
            asked[slow] = last_s = now_s
    assert set(asked) == wanted
    assert all(now_s - asked[slow] <= 2.1 * PERIOD_S[slow] for slow in wanted)


def test_a_rate_is_the_rise_over_the_time_between() -> None:
    assert rate_per_s(None, Count(7, 1)) is None
    assert rate_per_s(Count(100, 10), Count(180, 14)) == 20
    assert rate_per_s(Count(180, 10), Count(100, 14)) is None
    assert rate_per_s(Count(100, 10), Count(180, 10)) is None
