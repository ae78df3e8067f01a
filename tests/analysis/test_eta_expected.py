from __future__ import annotations

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
