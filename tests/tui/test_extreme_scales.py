from __future__ import annotations

import math

import pytest

from cockpit.tui.axes import choose_scale
from cockpit.tui.bars import sparkline


@pytest.mark.parametrize("is_log", [False, True])
@pytest.mark.parametrize(
    "values",
    [(-1e308, 1e308), (1e300, -1e308, 0.3), (1e308, 1e308), (5e-324, 1e-320), (5e-324, 1e308)],
)
def test_values_at_the_ends_of_what_a_float_holds_have_a_scale(
    values: tuple[float, ...], is_log: bool
) -> None:
    scale = choose_scale(values, log=is_log)
    assert math.isfinite(scale.high - scale.low)
    assert scale.high > scale.low
    for value in values:
        scale.part(value)
        scale.side(value)
    assert all(scale.labels[at] or at == 1 for at in range(3))


def test_a_sparkline_is_drawn_of_values_whose_span_overflows() -> None:
    ((text, _),) = sparkline((1e300, -1e308, 1e308, 0.3), 10)
    assert len(text) == 10
    assert text[0] == text[2] != text[1]
