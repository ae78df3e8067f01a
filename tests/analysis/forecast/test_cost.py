from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from cockpit.analysis.forecast.band import NOTHING, Band, exactly
from cockpit.analysis.forecast.cost.energy import Power, power_of, ranks_per_device
from cockpit.analysis.forecast.cost.forecast import (
    CostTerms,
    forecast_cost,
    hosts_of,
    parallel_and_serial,
    why_unpriced,
)
from cockpit.analysis.forecast.cost.spot import Break, with_interruptions
from cockpit.analysis.forecast.result import Tier, TimeForecast
from cockpit.analysis.forecast.work import Work
from cockpit.calibrations.calibration import Calibration, Kind
from cockpit.catalog.load import shipped_catalog
from cockpit.catalog.names import find_accelerator
from cockpit.catalog.rows import Accelerator, Catalog, Offer, Runtime

CATALOG = shipped_catalog()
OFFERS = CATALOG.offers
HOUR = 3600.0
MSHNET = Work(epochs=400, world_size=1, batch_per_rank=16, device="a100", model="mshnet")
YOLOV7 = Work(epochs=100, world_size=1, batch_per_rank=384, device="v100", model="yolov7-tiny")
PLAIN = Offer("plain", "Plain", "v100", "test", "2026-11", hour=2.0)


def hours(low: float, likely: float | None = None, high: float | None = None) -> TimeForecast:
    likely = low if likely is None else likely
    total = Band(low, likely, likely if high is None else high).times(HOUR)
    return TimeForecast(
        total_s=total,
        epoch_s=total.times(0.01),
        start_s=exactly(60),
        tier=Tier.RUNS,
        evidence="told",
        basis=(),
    )


# Document 002: cost and month.


def test_document_002_prints_26_dollars_where_its_price_and_time_make_24_60() -> None:
    cost = forecast_cost(MSHNET, hours(6.7), OFFERS["aws-a100"], CostTerms())
    assert cost.run.likely == pytest.approx(24.6, abs=0.05)
    printed = 26
    assert printed / 3.67 == pytest.approx(7.1, abs=0.05)  # the hours its figure would be for


def test_document_002_counts_a_month_of_aws_as_30_runs() -> None:
    assert 30 * 26 == 780
    cost = forecast_cost(MSHNET, hours(26 / 3.67), OFFERS["aws-a100"], CostTerms())
    assert cost.month is not None and cost.month.likely == pytest.approx(780)
    ten = forecast_cost(MSHNET, hours(26 / 3.67), OFFERS["aws-a100"], CostTerms(runs_per_month=10))
    assert ten.month is not None and ten.month.likely == pytest.approx(260)


def test_document_002_counts_3_dollars_of_electricity_for_a_local_run_of_10_hours() -> None:
    cost = forecast_cost(MSHNET, hours(10), OFFERS["own-rtx-4090"], CostTerms())
    assert cost.parts["electricity"] == pytest.approx(3.0)
    # Its table has no 10 hours: 6.7 on an A100 would be $2.01, and its $30 a month are 10 runs.
    table = forecast_cost(MSHNET, hours(6.7), OFFERS["own-rtx-4090"], CostTerms())
    assert table.parts["electricity"] == pytest.approx(2.01)
    assert 10 * cost.parts["electricity"] == pytest.approx(30)


def test_hardware_of_ones_own_is_spread_over_its_life_which_the_document_leaves_out() -> None:
    cost = forecast_cost(MSHNET, hours(10), OFFERS["own-rtx-4090"], CostTerms())
    assert cost.parts["purchase"] == pytest.approx(1600 / 36 / 30)
    assert cost.run.likely == pytest.approx(3 + 1600 / 36 / 30)
    assert cost.month is not None and cost.month.likely == pytest.approx(90 + 1600 / 36)
    assert any("over 36 months (assumed) of 30 runs" in line for line in cost.basis)
    told = replace(OFFERS["own-rtx-4090"], lifetime_months=48.0)
    longer = forecast_cost(MSHNET, hours(10), told, CostTerms())
    assert longer.parts["purchase"] == pytest.approx(1600 / 48 / 30)
    assert not any("(assumed)" in line for line in longer.basis)


UNLIMITED = replace(OFFERS["colab-pro-a100"], month_hours=None)
"""As document 002 has it: it names no quota."""


def test_document_002_counts_a_subscription_as_the_whole_month() -> None:
    cost = forecast_cost(MSHNET, hours(6.7), UNLIMITED, CostTerms())
    assert cost.run == exactly(10.0)
    assert cost.month == exactly(10.0)
    assert any("one run costs the whole month" in line and "0.33" in line for line in cost.basis)


def test_a_month_of_a_subscription_never_costs_less_than_its_runs_take() -> None:
    """A month has 730 hours: 30 runs of 40 h need two subscriptions, one of 900 h two months."""
    offer = UNLIMITED
    many = forecast_cost(MSHNET, hours(40), offer, CostTerms())
    assert (many.run, many.month) == (exactly(10.0), exactly(20.0))
    assert any("2 subscriptions" in line for line in many.basis)
    assert not any("share" in line for line in many.basis)
    long = replace(offer, session_hours=None)
    one = forecast_cost(MSHNET, hours(900), long, CostTerms(runs_per_month=1))
    assert (one.run, one.month) == (exactly(20.0), exactly(20.0))
    assert any("2 whole months" in line for line in one.basis)


@pytest.mark.parametrize("needed", [1, 40, 900])
@pytest.mark.parametrize("key", OFFERS)
def test_the_parts_of_a_price_add_up_to_it(key: str, needed: float) -> None:
    offer = replace(OFFERS[key], session_hours=None)
    cost = forecast_cost(MSHNET, hours(needed), offer, CostTerms())
    assert sum(cost.parts.values()) == pytest.approx(cost.run.likely)


def test_what_is_free_in_document_002_stays_free() -> None:
    cost = forecast_cost(MSHNET, hours(3.3), OFFERS["colab-free-tpu"], CostTerms(hosts=1))
    assert cost.run == NOTHING
    assert cost.month == NOTHING
    assert cost.sessions == 1


# Document 000: two trainings, 3-4 hours each, on five instances.

PRICED_IN_000 = [key for key, offer in OFFERS.items() if offer.source == "document 000"]


def test_document_000_two_hosts_cost_3_to_24_50_where_it_prints_6_to_24_and_12_to_24() -> None:
    both = [
        forecast_cost(YOLOV7, hours(3, 3.5, 4), OFFERS[key], CostTerms()).run.times(2)
        for key in PRICED_IN_000
    ]
    assert len(both) == 5
    assert min(cost.low for cost in both) == pytest.approx(3.0)
    assert max(cost.high for cost in both) == pytest.approx(24.48)


def test_document_000_two_hosts_take_3_to_4_hours_where_one_takes_6_to_8() -> None:
    time = hours(3, 3.5, 4)
    cost = forecast_cost(YOLOV7, time, OFFERS["p3.2xlarge"], CostTerms())
    ways = parallel_and_serial(cost, time, 2)
    assert ways.parallel_s == Band(3, 3.5, 4).times(HOUR)
    assert ways.serial_s == Band(6, 7, 8).times(HOUR)
    assert ways.parallel_cost == ways.serial_cost == cost.run.times(2)


def test_a_range_of_prices_is_met_at_both_ends() -> None:
    cost = forecast_cost(YOLOV7, hours(3, 3.5, 4), OFFERS["vast-rtx-3090"], CostTerms())
    assert cost.run.low == pytest.approx(3 * 0.5)
    assert cost.run.likely == pytest.approx(3.5 * 0.75)
    assert cost.run.high == pytest.approx(4 * 1.0)


def test_parallel_trainings_need_hardware_and_subscriptions_for_each() -> None:
    time = hours(10)
    own = forecast_cost(MSHNET, time, OFFERS["own-rtx-4090"], CostTerms())
    ways = parallel_and_serial(own, time, 3)
    assert ways.serial_cost == own.run.times(3)
    assert ways.parallel_cost.likely == pytest.approx(3 * 3.0 + 9 * own.parts["purchase"])
    month = forecast_cost(MSHNET, time, UNLIMITED, CostTerms())
    ways = parallel_and_serial(month, time, 3)
    assert (ways.parallel_cost.likely, ways.serial_cost.likely) == (30, 10)


# Hosts.


@pytest.mark.parametrize(
    ("device", "world_size", "count", "hosts"),
    [
        ("v100", 1, 1, 1),
        ("v100", 8, 1, 8),
        ("rtx-2080", 16, 8, 2),
        ("rtx-2080", 9, 8, 2),
        ("NVIDIA GeForce RTX 2080", 16, 16, 1),
        ("tpu-v2-8", 8, 1, 1),
        ("tpu-v3-8", 16, 1, 2),
        ("tpu-v5e-1", 4, 1, 4),
        ("cpu", 4, 1, 1),
        ("cpu: Xeon, 8 cores", 4, 1, 1),
    ],
)
def test_hosts_hold_all_ranks(device: str, world_size: int, count: int, hosts: int) -> None:
    work = replace(MSHNET, device=device, world_size=world_size)
    terms = CostTerms(ranks_per_device=ranks_per_device(find_accelerator(CATALOG, device)))
    assert hosts_of(work, replace(PLAIN, count=count), terms) == hosts


@pytest.mark.parametrize(
    ("offer", "ranks", "is_priced"),
    [("colab-pro-a100", 1, True), ("colab-pro-a100", 2, False), ("aws-a100", 2, True)],
)
def test_notebooks_that_would_have_to_be_joined_have_no_price(
    offer: str, ranks: int, is_priced: bool
) -> None:
    why = why_unpriced(replace(MSHNET, world_size=ranks), OFFERS[offer], CostTerms())
    assert (why == "") == is_priced
    assert is_priced or "notebooks cannot be joined" in why


def test_the_network_between_hosts_is_said_not_to_be_counted() -> None:
    two = forecast_cost(replace(MSHNET, world_size=2), hours(1), PLAIN, CostTerms())
    assert "Plain: 2 hosts, their network is not counted" in two.basis
    one = forecast_cost(MSHNET, hours(1), PLAIN, CostTerms())
    assert not any("network" in line for line in one.basis)


def test_accelerators_that_are_paid_and_not_used_are_told() -> None:
    eight = replace(PLAIN, count=8)
    cost = forecast_cost(replace(MSHNET, world_size=9), hours(1), eight, CostTerms())
    assert "Plain: 9 of 16 are used, all are paid" in cost.basis
    full = forecast_cost(replace(MSHNET, world_size=8), hours(1), eight, CostTerms())
    assert not any("are used" in line for line in full.basis)
    cpu = forecast_cost(replace(MSHNET, device="cpu", world_size=4), hours(1), PLAIN, CostTerms())
    assert not any("are used" in line for line in cpu.basis)


def test_hosts_that_are_told_are_not_counted_again() -> None:
    assert hosts_of(replace(MSHNET, world_size=8), PLAIN, CostTerms(hosts=1)) == 1
    four = forecast_cost(MSHNET, hours(1), PLAIN, CostTerms(hosts=4))
    assert four.run.likely == pytest.approx(8.0)


def test_a_tpu_has_as_many_ranks_as_its_row_has_cores_whatever_it_is_called() -> None:
    tpu = Accelerator("my-tpu", "My TPU", Runtime.XLA, "own", "2026-11", power_w=400, cores=4)
    work = replace(MSHNET, device="my-tpu", world_size=4)
    assert hosts_of(work, PLAIN, CostTerms(ranks_per_device=ranks_per_device(tpu))) == 1
    assert ranks_per_device(replace(tpu, runtime=Runtime.CPU)) == 1
    power = power_of(work, (), Catalog({tpu.key: tpu}))
    assert power is not None
    assert power.watts.high == pytest.approx(400)


# Spot hosts.

SPOT = replace(PLAIN, spot_hour=0.6, interruptions_per_hour=0.1)


def test_an_interruption_costs_a_start_and_half_a_checkpoint_interval() -> None:
    terms = CostTerms(spot=True, checkpoint_every_s=1080)
    cost = forecast_cost(MSHNET, hours(100), SPOT, terms)
    share = 0.1 * (60 + 540) / 3600  # of the time
    assert cost.total_s is not None
    assert cost.total_s.likely == pytest.approx(100 * HOUR / (1 - share), rel=0.001)
    assert cost.run.likely == pytest.approx(0.6 * cost.total_s.likely / HOUR)
    assert cost.is_spot
    assert cost.run.low < cost.run.likely < cost.run.high


def test_more_spot_hosts_are_interrupted_more_often() -> None:
    terms = CostTerms(spot=True, checkpoint_every_s=1080)
    one = forecast_cost(MSHNET, hours(100), SPOT, terms)
    four = forecast_cost(replace(MSHNET, world_size=4), hours(100), SPOT, terms)
    assert one.total_s is not None and four.total_s is not None
    assert four.total_s.likely > one.total_s.likely
    assert four.run.likely > 4 * one.run.likely


def test_without_an_interval_a_checkpoint_is_written_each_epoch() -> None:
    each = forecast_cost(MSHNET, hours(100), SPOT, CostTerms(spot=True))
    hour = forecast_cost(MSHNET, hours(100), SPOT, CostTerms(spot=True, checkpoint_every_s=HOUR))
    assert each.total_s == hour.total_s  # an epoch is a hundredth of the run


def test_nine_of_ten_runs_on_spot_hosts_end_within_the_range() -> None:
    """Both the number of breaks and what each undoes are left to chance."""
    total_s, interval_s, start_s, rate = 100 * HOUR, 4 * HOUR, 600.0, 0.5 / HOUR
    chance = random.Random(7)

    def run_s() -> float:
        taken = done = 0.0
        while done < total_s:
            until_break = chance.expovariate(rate)
            while done < total_s and until_break >= interval_s:
                until_break, taken, done = (
                    until_break - interval_s,
                    taken + interval_s,
                    done + interval_s,
                )
            if done < total_s:
                taken += until_break + start_s
        return taken

    band = with_interruptions(exactly(total_s), exactly(0.5), Break(start_s, interval_s)).total_s
    runs = [run_s() for _ in range(400)]
    within = sum(band.low <= one <= band.high for one in runs) / len(runs)
    assert 0.85 <= within <= 0.98


def test_an_assumed_rate_is_called_assumed() -> None:
    offer = replace(SPOT, interruptions_per_hour=None)
    cost = forecast_cost(MSHNET, hours(100), offer, CostTerms(spot=True))
    assert any("assumed, 0.0125 to 0.2 an hour" in line for line in cost.basis)
    told = forecast_cost(MSHNET, hours(100), SPOT, CostTerms(spot=True))
    assert not any("assumed" in line for line in told.basis)


def test_an_offer_without_a_spot_price_says_so() -> None:
    cost = forecast_cost(MSHNET, hours(10), PLAIN, CostTerms(spot=True))
    assert not cost.is_spot
    assert cost.run.likely == pytest.approx(20)
    assert any("no spot price" in line for line in cost.basis)


def test_an_offer_of_spot_hosts_alone_is_spot_without_being_asked() -> None:
    cost = forecast_cost(MSHNET, hours(10), replace(SPOT, hour=None), CostTerms())
    assert cost.is_spot and cost.run.likely >= 6


def test_hosts_that_are_taken_away_faster_than_work_is_saved_never_end_it() -> None:
    terms = CostTerms(spot=True, checkpoint_every_s=100 * HOUR, interruptions_per_hour=1)
    cost = forecast_cost(MSHNET, hours(100), SPOT, terms)
    assert cost.total_s is not None and math.isinf(cost.total_s.likely)
    assert math.isinf(cost.run.likely)
    assert any("no run ever ends there" in line for line in cost.basis)


# Sessions.

NOTEBOOK = replace(PLAIN, hour=0.0, session_hours=12.0)


@pytest.mark.parametrize(("needed", "sessions"), [(3.3, 1), (12, 1), (12.1, 2), (20, 2), (66.7, 6)])
def test_a_run_longer_than_a_session_needs_several(needed: float, sessions: int) -> None:
    cost = forecast_cost(MSHNET, hours(needed), NOTEBOOK, CostTerms(checkpoint_every_s=1200))
    assert cost.sessions == sessions
    assert cost.total_s is not None
    more = (sessions - 1) * (60 + 600)
    assert cost.total_s.likely == pytest.approx(needed * HOUR + more)
    assert cost.run == NOTHING
    says = any("it must resume" in line for line in cost.basis)
    assert says == (sessions > 1)


def test_a_session_too_short_for_a_checkpoint_never_ends_and_stays_free() -> None:
    terms = CostTerms(checkpoint_every_s=30 * HOUR)
    cost = forecast_cost(MSHNET, hours(100), NOTEBOOK, terms)
    assert cost.sessions is None
    assert cost.total_s is not None and math.isinf(cost.total_s.likely)
    assert cost.run == NOTHING


def test_a_run_that_may_not_fit_into_a_session_says_both() -> None:
    cost = forecast_cost(MSHNET, hours(9, 11, 15), NOTEBOOK, CostTerms())
    assert cost.sessions == 1
    assert any("needs 1 to 2 of them" in line for line in cost.basis)


def test_a_spot_host_with_a_session_limit_tells_both() -> None:
    offer = replace(SPOT, session_hours=12.0)
    terms = CostTerms(spot=True, checkpoint_every_s=1080)
    cost = forecast_cost(MSHNET, hours(30), offer, terms)
    assert cost.is_spot
    assert cost.sessions == 3
    told = [line for line in cost.basis if "interruptions of a spot host: 0.1 an hour" in line]
    assert len(told) == 1
    assert "3.1 expected" in told[0]
    assert any("a session ends after 12 h" in line for line in cost.basis)


# Energy.

RUN = Calibration(
    "run:a",
    Kind.RUN,
    0.0,
    "here",
    "NVIDIA GeForce RTX 4090",
    preset="mine",
    world_size=2,
    total_s=HOUR,
    energy_j=2 * 300 * HOUR,
)
OWN = replace(MSHNET, device="rtx-4090", preset="mine")


def test_recorded_energy_comes_before_what_a_board_is_rated_for() -> None:
    power = power_of(OWN, [RUN], CATALOG)
    assert power is not None and power.is_measured
    assert power.watts.likely == pytest.approx(300)
    terms = CostTerms(kwh_price=0.4, power=power)
    cost = forecast_cost(OWN, hours(10), OFFERS["own-rtx-4090"], terms)
    assert cost.energy_kwh is not None and cost.energy_kwh.likely == pytest.approx(3.0)
    assert cost.parts["electricity"] == pytest.approx(1.2)
    assert any("recorded in 1 run of mine" in line for line in cost.basis)


def test_without_records_a_share_of_the_rated_power_is_assumed() -> None:
    power = power_of(OWN, [], CATALOG)
    assert power is not None and not power.is_measured
    assert power.watts == Band(0.4, 0.7, 1.0).times(450)
    assert "assumed" in power.basis


def test_power_of_simulated_or_other_gpus_is_no_evidence() -> None:
    other = [replace(RUN, is_simulated=True), replace(RUN, device="NVIDIA A100-SXM4-40GB")]
    power = power_of(OWN, [*other, replace(RUN, energy_j=None)], CATALOG)
    assert power is not None and not power.is_measured


def test_other_work_on_the_same_gpus_is_weaker_evidence() -> None:
    same, other = power_of(OWN, [RUN], CATALOG), power_of(MSHNET_4090, [RUN], CATALOG)
    assert same is not None and other is not None
    assert other.is_measured and other.watts.width > same.watts.width


MSHNET_4090 = replace(MSHNET, device="rtx-4090")


def test_a_device_of_unknown_power_has_none() -> None:
    assert power_of(replace(OWN, device="cpu"), [], CATALOG) is None
    assert power_of(replace(OWN, device="mystery"), [], CATALOG) is None


def test_a_tpu_is_rated_as_a_whole() -> None:
    power = power_of(replace(OWN, device="tpu-v3-8", world_size=8), [], CATALOG)
    assert power is not None and power.watts.high == pytest.approx(880)


def test_without_a_price_of_a_kilowatt_hour_the_offers_own_figure_counts() -> None:
    terms = CostTerms(power=Power(exactly(300), "recorded", "rtx-4090", is_measured=True))
    cost = forecast_cost(OWN, hours(10), OFFERS["own-rtx-4090"], terms)
    assert cost.parts["electricity"] == pytest.approx(3.0)
    assert cost.energy_kwh is not None


def test_a_price_of_a_kilowatt_hour_may_stand_in_the_row() -> None:
    offer = replace(OFFERS["own-rtx-4090"], kwh=0.5)
    cost = forecast_cost(OWN, hours(10), offer, CostTerms(power=power_of(OWN, [RUN], CATALOG)))
    assert cost.parts["electricity"] == pytest.approx(3.0 * 0.5)
    unknown = forecast_cost(OWN, hours(10), offer, CostTerms())
    assert unknown.parts["electricity"] == pytest.approx(3.0)  # by the hour, without any power


def test_power_of_another_device_does_not_count() -> None:
    terms = CostTerms(kwh_price=0.5, power=power_of(replace(OWN, device="a100"), [], CATALOG))
    cost = forecast_cost(OWN, hours(10), OFFERS["own-rtx-4090"], terms)
    assert cost.energy_kwh is None
    assert cost.parts["electricity"] == pytest.approx(3.0)


def test_assumed_energy_of_a_rented_host_is_not_told() -> None:
    power = power_of(YOLOV7, [], CATALOG)
    cost = forecast_cost(YOLOV7, hours(3), OFFERS["p3.2xlarge"], CostTerms(power=power))
    assert cost.energy_kwh is None


def test_hardware_without_any_price_of_electricity_says_that_it_is_not_counted() -> None:
    offer = Offer("own-box", "box", "rtx-4090", "yours", "2026-11", purchase=1000.0)
    cost = forecast_cost(OWN, hours(10), offer, CostTerms())
    assert any("not counted" in line for line in cost.basis)


def test_runs_that_do_not_fit_into_a_month_need_more_hardware() -> None:
    cost = forecast_cost(MSHNET, hours(73), OFFERS["own-rtx-4090"], CostTerms())
    # 30 runs of 73 hours are three months of one machine.
    assert cost.parts["purchase"] == pytest.approx(1600 / 36 / 10)


def test_runs_that_are_more_hours_than_a_month_has_have_no_price_of_a_month() -> None:
    # 30 runs of 27.7 hours are 831 hours, and one host has 730 of them a month.
    cost = forecast_cost(MSHNET, hours(27.7), OFFERS["aws-a100"], CostTerms())
    assert cost.month is None
    assert any(
        "no price of a month: 30 runs need 831 h, and it has 730 h" in line for line in cost.basis
    )
    fewer = forecast_cost(MSHNET, hours(27.7), OFFERS["aws-a100"], CostTerms(runs_per_month=20))
    assert fewer.month == fewer.run.times(20)


def test_a_run_beyond_a_quota_pays_further_months_and_waits_for_them() -> None:
    offer = replace(UNLIMITED, month_hours=10.0, session_hours=None)
    cost = forecast_cost(MSHNET, hours(25), offer, CostTerms(runs_per_month=1))
    assert cost.run == exactly(30.0)
    assert cost.waited_s == exactly(2 * 720 * HOUR)
    assert cost.total_s == exactly((25 + 2 * 720) * HOUR)
    assert any("10 h a month; beyond that it waits" in line for line in cost.basis)
    within = forecast_cost(MSHNET, hours(9), offer, CostTerms(runs_per_month=1))
    assert within.run == exactly(10.0)
    assert within.waited_s == NOTHING


def test_every_price_tells_where_it_is_from() -> None:
    for offer in OFFERS.values():
        cost = forecast_cost(MSHNET, hours(5), offer, CostTerms(hosts=1))
        assert any(offer.source in line and offer.date in line for line in cost.basis), offer.key


def test_prices_keep_their_currency() -> None:
    offer = replace(PLAIN, currency="CNY")
    cost = forecast_cost(MSHNET, hours(5), offer, CostTerms())
    assert cost.currency == "CNY"
    assert any("2 CNY an hour" in line for line in cost.basis)


# Quotas.


def test_trainings_in_turn_share_one_quota_and_wait_for_more_of_it() -> None:
    offer = replace(UNLIMITED, month_hours=10.0, session_hours=None)
    time = hours(7)
    cost = forecast_cost(MSHNET, time, offer, CostTerms(runs_per_month=1))
    assert cost.waited_s == NOTHING
    ways = parallel_and_serial(cost, time, 3)
    assert ways.parallel_s == time.total_s
    assert ways.serial_s == exactly((21 + 2 * 720) * HOUR)
    assert ways.serial_cost.likely == 30


def test_a_quota_of_a_week_is_waited_for_by_the_week() -> None:
    """Kaggle grants 30 h a week: 40 h end in the next one, not after 40 h."""
    kaggle = OFFERS["kaggle-p100"]
    assert kaggle.quota is not None
    assert (kaggle.quota.hours, kaggle.quota.period) == (30, "week")
    time = hours(40)
    cost = forecast_cost(MSHNET, time, replace(kaggle, session_hours=None), CostTerms())
    assert cost.waited_s == exactly(138 * HOUR)
    assert cost.total_s == exactly(178 * HOUR)
    assert any("30 h a week; beyond that it waits" in line for line in cost.basis)


def test_what_is_free_has_no_month_of_more_hours_than_its_quota() -> None:
    kaggle = replace(OFFERS["kaggle-p100"], session_hours=None)
    cost = forecast_cost(MSHNET, hours(20), kaggle, CostTerms())
    assert cost.run == NOTHING
    assert cost.month is None
    assert any(
        "no price of a month: 30 runs need 600 h, and it has 130 h" in line for line in cost.basis
    )
    few = forecast_cost(MSHNET, hours(20), kaggle, CostTerms(runs_per_month=6))
    assert few.month == NOTHING


def test_hardware_of_which_only_electricity_is_paid_has_no_month_of_2000_hours() -> None:
    offer = Offer("own-box", "box", "rtx-4090", "yours", "2026-11", electricity_hour=0.2)
    assert forecast_cost(OWN, hours(70), offer, CostTerms()).month is None
    assert forecast_cost(OWN, hours(10), offer, CostTerms()).month is not None


# Words.


def test_an_own_price_of_a_gpu_hour_says_nothing_of_hosts() -> None:
    own = replace(PLAIN, key="own", name="your price")
    cost = forecast_cost(replace(MSHNET, world_size=8), hours(1), own, CostTerms())
    assert cost.run.likely == pytest.approx(16)
    assert not any("network" in line for line in cost.basis)


def test_hardware_of_unknown_power_is_not_said_to_lack_a_price() -> None:
    offer = Offer("own-box", "box", "cpu", "yours", "2026-11", purchase=1000.0, kwh=0.3)
    cost = forecast_cost(replace(MSHNET, device="cpu"), hours(10), offer, CostTerms())
    told = [line for line in cost.basis if "electricity is not counted" in line]
    assert told == ["box: its electricity is not counted, the power of cpu is not known"]


def test_energy_that_is_not_in_the_price_says_what_it_rests_on() -> None:
    power = power_of(MSHNET_4090, [], CATALOG)
    cost = forecast_cost(MSHNET_4090, hours(10), OFFERS["own-rtx-4090"], CostTerms(power=power))
    assert cost.energy_kwh is not None and not cost.is_energy_measured
    assert any("of the boards alone: assumed, 40% to 100%" in line for line in cost.basis)
    assert any(line.endswith("not in the price") for line in cost.basis)
    told = replace(OFFERS["own-rtx-4090"], kwh=0.5)
    priced = forecast_cost(MSHNET_4090, hours(10), told, CostTerms(power=power))
    assert not any("not in the price" in line for line in priced.basis)


def test_the_checkpoints_that_are_assumed_are_told() -> None:
    assumed = forecast_cost(MSHNET, hours(100), SPOT, CostTerms(spot=True))
    assert any("done again, with a checkpoint each epoch" in line for line in assumed.basis)
    told = forecast_cost(MSHNET, hours(100), SPOT, CostTerms(spot=True, checkpoint_every_s=9.0))
    assert not any("checkpoint each epoch" in line for line in told.basis)
