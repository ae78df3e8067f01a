from __future__ import annotations

import statistics

import pytest

from cockpit.analysis.forecast.means import arithmetic_mean, geometric_mean, median


@pytest.mark.parametrize("values", [[3.0], [4.0, 1.0], [0.5, 9.0, 2.0], [7.0, 7.0, 1e-9, 1e9]])
def test_means_are_those_of_the_standard_library(values: list[float]) -> None:
    assert arithmetic_mean(values) == pytest.approx(statistics.fmean(values))
    assert geometric_mean(values) == pytest.approx(statistics.geometric_mean(values))
    assert median(values) == statistics.median(values)
