"""How well the end is foretold on whole courses; `python -m tests.analysis.eta_table` shows all."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import pytest

from tests.analysis.courses import (
    KINDS,
    Course,
    Forecast,
    at_part_of_first,
    captured,
    forecasts,
    simulated,
)

UNFORESEEABLE = {"throttled in mid-run", "other job ends"}
"""What happens later in these, nothing before tells."""


@pytest.fixture(scope="module")
def made() -> list[Forecast]:
    return [one for course in simulated() for one in forecasts(course)]


@pytest.fixture(scope="module")
def real() -> list[Forecast]:
    return [one for course in captured() for one in forecasts(course)]


def within(found: Sequence[Forecast]) -> float:
    return sum(one.is_within for one in found) / len(found)


def test_nine_of_ten_ends_lie_in_their_range(made: list[Forecast], real: list[Forecast]) -> None:
    assert within([*made, *real]) >= 0.9


def test_of_what_could_be_foreseen_nearly_all_ends_do(made: list[Forecast]) -> None:
    foreseeable = [one for one in made if one.course.kind not in UNFORESEEABLE]
    assert within(foreseeable) >= 0.97


def test_half_way_even_those_that_changed_their_speed_are_known(made: list[Forecast]) -> None:
    assert within([one for one in made if one.share == 0.5]) >= 0.97


def test_real_courses_of_some_length_end_in_their_range(real: list[Forecast]) -> None:
    assert within([one for one in real if len(one.course.epoch_ends) >= 20]) >= 0.9


def test_errors_are_small(made: list[Forecast], real: list[Forecast]) -> None:
    assert statistics.median(abs(one.error_pct) for one in made) <= 3
    long = [one for one in real if len(one.course.epoch_ends) >= 20]
    assert statistics.median(abs(one.error_pct) for one in long) <= 10


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_ranges_are_not_needlessly_wide(kind: str, made: list[Forecast]) -> None:
    widths = [
        (one.eta.high_s - one.eta.low_s) / 2 / one.eta.remaining_s
        for one in made
        if one.course.kind == kind and one.course.at(one.share) >= 10
    ]
    assert statistics.median(widths) <= 0.25


def test_a_run_that_stopped_early_is_in_its_range() -> None:
    course = next(one for one in captured() if "stopped_early" in one.name)
    for one in forecasts(course):
        assert one.eta.may_stop_early
        assert one.eta.low_s <= course.total_s - one.elapsed_s + 0.1 < one.eta.remaining_s


BY_EPOCHS = [one for one in captured() if one.epoch_ends[0][0] == 1]


@pytest.mark.parametrize("course", BY_EPOCHS, ids=lambda course: course.name)
def test_a_bar_in_the_first_epoch_gives_the_right_order_of_size(course: Course) -> None:
    eta = at_part_of_first(course, 0.37)
    assert eta.remaining_s / 5 < course.planned_total_s < eta.remaining_s * 5
