from __future__ import annotations

import math
from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from cockpit.analysis.forecast.band import Band, exactly
from cockpit.analysis.forecast.cost.forecast import CostTerms, forecast_cost, parallel_and_serial
from cockpit.analysis.forecast.result import CostForecast, Tier, TimeForecast
from cockpit.analysis.forecast.time.forecast import forecast_time
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
        month_hours=draw(st.none() | st.floats(1, 730)),
        week_hours=draw(st.none() | st.floats(1, 168)),
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


@given(times, any_offer, all_terms, st.floats(1, 1000))
def test_a_month_that_holds_a_run_costs_at_least_that_run(
    time: TimeForecast, offer: Offer, terms: CostTerms, runs: float
) -> None:
    cost = forecast_cost(WORK, time, offer, replace(terms, runs_per_month=runs))
    if cost.month is not None:
        assert cost.run.low <= cost.month.low * (1 + 1e-9)
        assert cost.run.likely <= cost.month.likely * (1 + 1e-9)
        assert cost.run.high <= cost.month.high * (1 + 1e-9)


@given(times, offers(), all_terms, st.floats(1, 10))
def test_a_higher_price_never_costs_less(
    time: TimeForecast, offer: Offer, terms: CostTerms, factor: float
) -> None:
    names = ("hour", "spot_hour", "month", "purchase", "electricity_hour")
    prices = {name: getattr(offer, name) for name in names}
    dearer = replace(
        offer, **{name: one * factor for name, one in prices.items() if one is not None}
    )
    usual, more = (forecast_cost(WORK, time, one, terms) for one in (offer, dearer))
    pairs = [(usual.run, more.run), (usual.month, more.month)]
    for one, other in pairs:
        if one is not None and other is not None:
            assert one.low <= other.low * (1 + 1e-9)
            assert one.likely <= other.likely * (1 + 1e-9)
            assert one.high <= other.high * (1 + 1e-9)


@given(times, any_offer, all_terms, st.integers(1, 20))
def test_trainings_in_turn_take_at_least_as_long_as_their_number(
    time: TimeForecast, offer: Offer, terms: CostTerms, trainings: int
) -> None:
    """A quota that each of them alone keeps to may be too small for all."""
    cost = forecast_cost(WORK, time, offer, terms)
    ways = parallel_and_serial(cost, time, trainings)
    slack = 1 - 1e-9
    for serial, one in (
        (ways.serial_s.low, time.total_s.low),
        (ways.serial_s.likely, time.total_s.likely),
        (ways.serial_s.high, time.total_s.high),
    ):
        assert serial >= trainings * one * slack
    assert ways.serial_s.low <= ways.serial_s.likely <= ways.serial_s.high


@given(st.floats(0.01, 2000), st.floats(0.5, 200), st.floats(0.1, 400))
def test_a_smaller_quota_never_ends_a_run_sooner(
    needed_h: float, hours: float, less: float
) -> None:
    offer = Offer("o", "O", "v100", "test", "2026-11", hour=0.0, month_hours=hours)
    small = replace(offer, month_hours=hours / (1 + less))
    one, other = (
        forecast_cost(WORK, time_of(needed_h, 1.0), each, CostTerms()).total_s
        for each in (offer, small)
    )
    assert one is not None and other is not None
    assert one.likely <= other.likely * (1 + 1e-9)
    assert one.likely >= needed_h * HOUR * (1 - 1e-9)


@given(st.sampled_from(["g5.48xlarge", "p3.2xlarge", "lambda-4x-h100"]), st.integers(0, 4))
def test_more_hosts_never_cost_less_than_ideal_scaling_would(key: str, doublings: int) -> None:
    catalog = shipped_catalog()
    offer = catalog.offers[key]
    costs = []
    for hosts in (1, 2**doublings):
        ranks = hosts * offer.count
        work = Work(50, ranks, 16, offer.accelerator, 118_287, "yolo11m", 640)
        time = forecast_time(work, (), catalog)
        assert time is not None
        costs.append(forecast_cost(work, time, offer, CostTerms()).run)
    assert costs[0].likely <= costs[1].likely * (1 + 1e-9)
    assert costs[0].low <= costs[1].low * (1 + 1e-9)


@given(
    st.sampled_from(sorted(shipped_catalog().models)),
    st.integers(1, 300),
    st.integers(1, 300),
    st.integers(100, 200_000),
    st.integers(0, 200_000),
)
@example("mshnet", 85, 1, 100, 1)  # a guide that names no data set
@example("mshnet", 85, 1, 1000, 19_000)
def test_more_epochs_or_images_never_take_less_time_or_money(
    model: str, epochs: int, more_epochs: int, images: int, more_images: int
) -> None:
    catalog = shipped_catalog()
    offer = catalog.offers["g5.12xlarge"]
    found = []
    for count, samples in ((epochs, images), (epochs + more_epochs, images + more_images)):
        work = Work(count, 4, 8, offer.accelerator, samples, model, 640)
        time = forecast_time(work, (), catalog)
        assert time is not None
        found.append((time.total_s, forecast_cost(work, time, offer, CostTerms()).run))
    for one, other in zip(*found, strict=True):
        assert one.low <= other.low * (1 + 1e-9)
        assert one.likely <= other.likely * (1 + 1e-9)
        assert one.high <= other.high * (1 + 1e-9)
