from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.analysis.forecast.band import Band, exactly
from cockpit.analysis.forecast.result import (
    CostForecast,
    Forecast,
    MemoryForecast,
    Tier,
    TimeForecast,
)
from cockpit.analysis.forecast.work import Work
from cockpit.units import GIB
from cockpit.views import forecast_words as words

TIME = TimeForecast(
    total_s=Band(17_400, 20_400, 23_400),
    epoch_s=Band(174, 204, 234),
    start_s=exactly(20),
    tier=Tier.RUNS,
    evidence="2 runs of quickstart here",
    basis=(),
)
MEMORY = MemoryForecast(
    need_bytes=Band(6.9 * GIB, 7.1 * GIB, 7.3 * GIB),
    tier=Tier.PROBE,
    evidence="3 probes",
    basis=(),
    capacity_bytes=8 * GIB,
    largest_batch=13,
)
COST = CostForecast("own", "USD", Band(27, 32, 38))


def need(low: float, likely: float, high: float) -> MemoryForecast:
    return replace(MEMORY, need_bytes=Band(low * GIB, likely * GIB, high * GIB))


def test_a_time_is_told_with_its_range() -> None:
    assert words.time_words(TIME) == "5h 40m, 4h 50m to 6h 30m"


def test_a_part_of_a_second_is_told_in_milliseconds() -> None:
    assert words.duration_span(Band(0.4, 0.5, 12.0)) == "400 ms to 12 s"


def test_a_range_whose_ends_read_the_same_is_one_number() -> None:
    assert words.duration_span(exactly(3600)) == "1h 00m"
    assert words.money_span(exactly(32.1)) == "32"
    assert words.duration_words(exactly(20)) == "20 s"


@pytest.mark.parametrize(
    ("memory", "said", "sign"),
    [
        (MEMORY, "7.1 of 8.0 GiB a GPU, ±0.2 · largest batch that fits: 13", "✓"),
        (replace(MEMORY, is_core=True),
         "7.1 of 8.0 GiB a core, ±0.2 · largest batch that fits: 13", "✓"),
        (need(5, 7, 9.8), "7.0 of 8.0 GiB a GPU, 5.0 to 9.8 · may not fit; batch 13 does for sure",
         "▲"),
        (need(9, 9.2, 9.4), "9.2 of 8.0 GiB a GPU, ±0.2 · does not fit; batch 13 does", "✗"),
        (replace(need(9, 9.2, 9.4), largest_batch=0),
         "9.2 of 8.0 GiB a GPU, ±0.2 · does not fit", "✗"),
        (replace(MEMORY, capacity_bytes=None),
         "7.1 GiB a GPU, ±0.2 · how much the GPU has is not known", "·"),
        (replace(need(1, 1, 1), is_host=True),
         "1.0 of 8.0 GiB of RAM a rank · largest batch that fits: 13",
         "✓"),
    ],
)  # fmt: skip
def test_a_need_is_told_with_its_doubt_and_what_fits(
    memory: MemoryForecast, said: str, sign: str
) -> None:
    assert words.memory_words(memory) == said
    assert words.fit_sign(memory) == sign


def test_money_keeps_cents_where_they_matter() -> None:
    assert [words.money(amount) for amount in (0, 0.001, 0.42, 4.2, 9.996, 32.4, 1420)] == [
        "0.00", "under 0.01", "0.42", "4.20", "10", "32", "1,420",
    ]  # fmt: skip
    assert words.cost_words(COST) == "USD 32, 27 to 38"


def test_the_own_price_and_the_cheapest_offer_are_told_apart() -> None:
    dear, cheap = replace(COST, offer="p3"), replace(COST, offer="g5", run=exactly(3))
    forecast = Forecast(Work(1, 1, 1, "x"), None, None, (dear, COST, cheap))
    assert words.own_cost(forecast) is COST
    assert words.offered_cost(forecast) is cheap
    assert words.own_cost(replace(forecast, costs=(dear,))) is None
