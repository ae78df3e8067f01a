from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.analysis.eta import Eta, Expected, Outlook, remaining
from cockpit.analysis.forecast.band import Band, within

TWO = ((1, 14.0), (2, 24.0))
"""An epoch of 10 s after one with a start-up."""


def after(ends: tuple[tuple[int, float], ...], expected: Expected | None) -> Eta:
    found = remaining(ends, 20, 0.0, outlook=Outlook(expected=expected))
    assert found is not None
    return found


def test_what_was_expected_narrows_the_first_epochs() -> None:
    alone, joined = after(TWO, None), after(TWO, Expected(within(11.0, 1.2)))
    assert alone.remaining_s < joined.remaining_s < 18 * 11.0
    assert joined.high_s / joined.low_s < 1.5 < alone.high_s / alone.low_s


def test_where_they_contradict_each_other_the_run_is_right() -> None:
    assert after(TWO, Expected(within(30.0, 1.2))) == after(TWO, None)


def test_many_epochs_speak_for_themselves() -> None:
    many = tuple((epoch, 4.0 + 10.0 * epoch) for epoch in range(1, 11))
    assert after(many, Expected(within(11.0, 1.1))) == after(many, None)


def test_what_follows_the_last_epoch_is_part_of_the_rest() -> None:
    end = Band(1.0, 2.0, 4.0)
    without, found = (
        after(TWO, Expected(within(10.0, 1.2))),
        after(TWO, Expected(within(10.0, 1.2), end)),
    )
    assert found.remaining_s == pytest.approx(without.remaining_s + 2.0)
    assert found.high_s == pytest.approx(without.high_s + 4.0)


def test_what_only_the_second_epoch_takes_is_not_expected_of_the_others() -> None:
    with_extra = ((1, 14.0), (2, 26.0))
    usual = Expected(within(10.0, 1.2))
    knowing = after(with_extra, replace(usual, second_extra_s=2.0))
    assert knowing.remaining_s == pytest.approx(after(TWO, usual).remaining_s)
    assert knowing.remaining_s < after(with_extra, usual).remaining_s


def test_an_extra_of_longer_epochs_does_not_eat_up_a_short_one() -> None:
    far = Expected(within(10.0, 1.2))
    assert after(TWO, replace(far, second_extra_s=1000.0)).remaining_s == pytest.approx(18 * 6.0)
    assert after(TWO, replace(far, second_extra_s=-1000.0)).remaining_s == pytest.approx(18 * 14.0)


def test_another_epoch_than_the_second_keeps_its_length() -> None:
    later = ((3, 34.0), (4, 44.0))
    usual = Expected(within(10.0, 1.2))
    assert after(later, replace(usual, second_extra_s=2.0)) == after(later, usual)
