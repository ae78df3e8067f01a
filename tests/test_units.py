from __future__ import annotations

import math

import pytest

from cockpit import units


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"), (0, "0"), (0.408, "0.408"), (1.0, "1.00"), (1.081, "1.08"), (12.34, "12.3"),
        (123.4, "123"), (12400, "12.4k"), (3.1e8, "310M"), (0.000328, "3.28e-04"),
        (math.nan, "NaN"), (0.0013979, "0.00140"), (0.00234, "0.00234"), (0.064, "0.0640"),
        (0.9996, "1.00"), (9.996, "10.0"), (99.96, "100"), (0.09996, "0.100"), (-0.0123, "-0.0123"),
        (0.00099999, "0.00100"), (9999.0, "9999"),
        (math.inf, "inf"), (-0.25, "-0.250"), (2e20, "2.00e+20"),
    ],
)  # fmt: skip
def test_metrics(value: float | None, text: str) -> None:
    assert units.metric(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"), (0.4, "0 s"), (48, "48 s"), (185, "3m 05s"), (720, "12 min"),
        (5940, "1h 39m"), (187_200, "2d 04h"), (math.inf, "–"),
    ],
)  # fmt: skip
def test_durations(seconds: float | None, text: str) -> None:
    assert units.duration(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(None, "–"), (640, "640 B"), (5_662_310, "5.4 MiB"), (212 << 30, "212 GiB")],
)
def test_sizes(size: int | None, text: str) -> None:
    assert units.binary(size) == text


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "–"),
        (float("inf"), "–"),
        (0.0, "0.0 s"),
        (0.00041, "0.41 ms"),
        (0.00412, "4.1 ms"),
        (0.00996, "10 ms"),
        (0.0284, "28 ms"),
        (0.412, "412 ms"),
        (0.9996, "1.0 s"),
        (3.21, "3.2 s"),
        (9.96, "10 s"),
        (85.0, "1m 25s"),
    ],
)
def test_a_short_time_keeps_the_digits_that_matter(seconds: float | None, said: str) -> None:
    assert units.short_duration(seconds) == said
