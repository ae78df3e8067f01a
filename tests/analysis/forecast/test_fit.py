from __future__ import annotations

import math
import random

import pytest

from cockpit.analysis.forecast.fitting.fit import (
    NINE_OF_TEN,
    Observation,
    Values,
    about,
    fit,
    share,
    share_about,
)


def test_without_observations_a_belief_stays() -> None:
    found = fit([about(3.0, 0.5)], [])
    band = found.band(lambda values: math.exp(values[0]))
    assert band.likely == pytest.approx(3.0)
    assert band.high == pytest.approx(3.0 * math.exp(0.5 * NINE_OF_TEN), rel=1e-3)
    assert band.low == pytest.approx(3.0 / math.exp(0.5 * NINE_OF_TEN), rel=1e-3)


def test_what_is_seen_moves_and_narrows_a_belief() -> None:
    seen = Observation(lambda values: math.exp(values[0]), 10.0, 0.1)
    found = fit([about(3.0, 3.0)], [seen, seen])
    assert math.exp(found.values[0]) == pytest.approx(10.0, rel=0.01)
    assert found.doubt(0) == pytest.approx(0.1 / math.sqrt(2), rel=0.01)


def test_independent_beliefs_add_up_as_such() -> None:
    found = fit([about(2.0, 0.3), about(5.0, 0.4)], [])
    band = found.band(lambda values: math.exp(values[0] + values[1]))
    assert band.likely == pytest.approx(10)
    assert math.log(band.high / band.likely) == pytest.approx(0.5 * NINE_OF_TEN, rel=1e-3)


def test_a_line_is_found_through_noise() -> None:
    dice = random.Random(3)

    def line(values: Values, at: float) -> float:
        return math.exp(values[0]) + math.exp(values[1]) * at

    seen = [
        Observation(
            lambda values, at=at: line(values, at),  # type: ignore[misc]
            (4 + 2 * at) * math.exp(dice.gauss(0, 0.02)),
            0.02,
        )
        for at in range(1, 30)
    ]
    found = fit([about(1.0, 3.0), about(1.0, 3.0)], seen)
    assert math.exp(found.values[0]) == pytest.approx(4, rel=0.1)
    assert math.exp(found.values[1]) == pytest.approx(2, rel=0.05)
    band = found.band(lambda values: line(values, 60))
    assert band.low < 124 < band.high
    assert band.width < 1.1


def test_a_number_that_no_unknown_moves_has_no_doubt() -> None:
    band = fit([about(1.0, 1.0)], []).band(lambda _values: 7.0)
    assert (band.low, band.likely, band.high) == (7.0, 7.0, 7.0)


def test_a_share_stays_one() -> None:
    assert share(share_about(0.3, 1.0).middle) == pytest.approx(0.3)
    assert 0 < share(-1e9) < share(1e9) <= 1


def test_a_formula_that_rounds_to_nothing_is_a_bad_fit_and_no_error() -> None:
    seen = Observation(lambda values: math.exp(values[0] * 100), 1e-180, 0.01)
    fitted = fit([about(1.0, 3.0)], [seen])
    assert math.isfinite(fitted.values[0])
