from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from cockpit.analysis.forecast.band import Band, exactly
from cockpit.analysis.forecast.cost.forecast import CostTerms, forecast_cost, parallel_and_serial
from cockpit.analysis.forecast.result import CostForecast, Tier, TimeForecast
from cockpit.analysis.forecast.work import Work
from cockpit.catalog.load import shipped_catalog
from cockpit.catalog.rows import Offer

WORK = Work(epochs=10, world_size=4, batch_per_rank=16, device="v100")
HOUR = 3600.0
PRICES = st.none() | st.floats(0, 100)


@st.composite
def offers(draw: st.DrawFn) -> Offer:
    return Offer(
        "o",
        "O",
        "v100",
        "test",
        "2026-11",
        count=draw(st.integers(1, 8)),
        hour=draw(PRICES),
        spot_hour=draw(PRICES),
        interruptions_per_hour=draw(st.none() | st.floats(0, 2)),
        month=draw(PRICES),
        purchase=draw(st.none() | st.floats(0, 1e5)),
        electricity_hour=draw(PRICES),
        session_hours=draw(st.none() | st.floats(0.5, 48)),
    )


any_offer = st.sampled_from(tuple(shipped_catalog().offers.values())) | offers()
all_terms = st.builds(
    CostTerms,
    spot=st.booleans(),
    checkpoint_every_s=st.none() | st.floats(1, 1e5),
    runs_per_month=st.floats(0, 1000),
    hosts=st.none() | st.integers(1, 16),
)


def time_of(low_h: float, doubt: float, start_s: float = 60.0) -> TimeForecast:
    total = Band(low_h, low_h * doubt, low_h * doubt * doubt).times(HOUR)
    return TimeForecast(total, total.times(0.01), exactly(start_s), Tier.RUNS, "", ())


times = st.builds(time_of, st.floats(0.01, 500), st.floats(1, 3), st.floats(0, 600))


def bands(cost: CostForecast) -> list[Band]:
    return [band for band in (cost.run, cost.month, cost.total_s) if band is not None]


@given(times, any_offer, all_terms)
def test_ends_stay_in_order_and_no_cost_is_negative(
    time: TimeForecast, offer: Offer, terms: CostTerms
) -> None:
    for band in bands(forecast_cost(WORK, time, offer, terms)):
        assert 0 <= band.low <= band.likely <= band.high
        assert not math.isnan(band.high)


@given(times, st.floats(1, 5), any_offer, all_terms)
def test_more_time_never_costs_less(
    time: TimeForecast, factor: float, offer: Offer, terms: CostTerms
) -> None:
    longer = TimeForecast(time.total_s.times(factor), time.epoch_s, time.start_s, time.tier, "", ())
    # The same checkpoints for both: a longer run is not also one that saves less often.
    short = forecast_cost(WORK, time, offer, terms)
    long = forecast_cost(WORK, longer, offer, terms)
    slack = 1 + 1e-9
    pairs = [(short.run, long.run), (short.month, long.month), (short.total_s, long.total_s)]
    # A month has no price where its runs are more hours than it has.
    for one, other in pairs:
        if one is None or other is None:
            continue
        assert one.low <= other.low * slack
        assert one.likely <= other.likely * slack
        assert one.high <= other.high * slack


@given(times, any_offer, all_terms)
def test_breaks_never_shorten_a_run(time: TimeForecast, offer: Offer, terms: CostTerms) -> None:
    total = forecast_cost(WORK, time, offer, terms).total_s
    assert total is not None
    assert time.total_s.low <= total.low
    assert time.total_s.likely <= total.likely
    assert time.total_s.high <= total.high


@given(times, offers(), st.floats(0, 1), st.floats(1, 10), st.floats(1, 1e4))
def test_more_interruptions_never_end_a_run_sooner(
    time: TimeForecast, offer: Offer, rate: float, factor: float, every_s: float
) -> None:
    few, many = (
        forecast_cost(
            WORK,
            time,
            offer,
            CostTerms(spot=True, interruptions_per_hour=one, checkpoint_every_s=every_s),
        ).total_s
        for one in (rate, rate * factor)
    )
    assert few is not None and many is not None
    assert few.likely <= many.likely * (1 + 1e-9)
    assert few.high <= many.high * (1 + 1e-9)


@given(times, any_offer, all_terms, st.integers(1, 20))
def test_trainings_in_parallel_are_never_slower_and_never_cheaper(
    time: TimeForecast, offer: Offer, terms: CostTerms, trainings: int
) -> None:
    cost = forecast_cost(WORK, time, offer, terms)
    ways = parallel_and_serial(cost, time, trainings)
    assert ways.parallel_s.likely <= ways.serial_s.likely
    assert ways.serial_cost.likely <= ways.parallel_cost.likely * (1 + 1e-9)
