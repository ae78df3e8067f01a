from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from cockpit.analysis.figures import added, paused
from cockpit.devices.sample import GpuSample
from cockpit.devices.throttle import Throttle
from cockpit.runs.gpu_figures import EnergySource, GpuFigures


def sample(time: float, **fields: Any) -> GpuSample:
    return replace(GpuSample(3, "GPU-3", "RTX 2080", time), **fields)


def summed(samples: list[GpuSample], figures: GpuFigures | None = None) -> GpuFigures:
    before: GpuSample | None = None
    for one in samples:
        figures = added(figures, before, one)
        before = one
    assert figures is not None
    return figures


def test_one_sample_has_peaks_and_no_time() -> None:
    figures = summed(
        [sample(0, power_w=210, temperature_c=71, memory_used_bytes=6, utilization_pct=9)]
    )
    assert (figures.gpu_index, figures.gpu_uuid, figures.name) == (3, "GPU-3", "RTX 2080")
    assert figures.seconds == 0
    assert figures.mean_utilization_pct is None
    assert (figures.peak_power_w, figures.peak_temperature_c, figures.peak_memory_bytes) == (
        210,
        71,
        6,
    )


def test_means_are_weighted_by_time() -> None:
    figures = summed(
        [
            sample(0, utilization_pct=0, power_w=0, temperature_c=0),
            sample(5, utilization_pct=100, power_w=200, temperature_c=80),
            sample(15, utilization_pct=40, power_w=50, temperature_c=50),
        ]
    )
    assert figures.seconds == 15
    assert figures.mean_utilization_pct == pytest.approx((5 * 100 + 10 * 40) / 15)
    assert figures.mean_power_w == pytest.approx((5 * 200 + 10 * 50) / 15)
    assert figures.mean_temperature_c == pytest.approx(60)
    assert figures.peak_temperature_c == 80


def test_a_long_run_has_the_mean_of_its_samples() -> None:
    dice = random.Random(3)
    shares = [dice.uniform(0, 100) for _ in range(2000)]
    figures = summed([sample(5.0 * i, utilization_pct=share) for i, share in enumerate(shares)])
    assert figures.mean_utilization_pct == pytest.approx(sum(shares[1:]) / 1999)


@pytest.mark.parametrize("gap_s", [15.1, 61, 4000, -5, -90000, 0])
def test_a_gap_or_a_clock_that_jumps_is_no_time(gap_s: float) -> None:
    figures = summed(
        [sample(0, utilization_pct=90, power_w=9), sample(gap_s, utilization_pct=5, power_w=9)]
    )
    assert figures.seconds == 0
    assert figures.energy_j is None
    assert figures.mean_utilization_pct is None


def test_a_longer_interval_has_longer_gaps_but_none_over_a_minute() -> None:
    def seconds(elapsed_s: float, interval_s: float) -> float:
        return added(None, sample(0), sample(elapsed_s), interval_s).seconds

    assert seconds(4, 1) == 0
    assert seconds(29, 10) == 29
    assert seconds(59, 30) == 59
    assert seconds(61, 30) == 0


def test_what_is_not_told_changes_no_mean() -> None:
    figures = summed([sample(0), sample(5, utilization_pct=80), sample(10), sample(15)])
    assert figures.mean_utilization_pct == 80
    assert figures.mean_power_w is None
    assert figures.peak_power_w is None
    assert figures.energy_j is None
    assert figures.energy_source is None
    assert figures.seconds == 15


def test_a_sample_with_a_problem_changes_nothing() -> None:
    good = [sample(0, power_w=100), sample(5, power_w=100)]
    before = summed(good)
    stale = replace(good[-1], problem="no answer for 9 s", time=10, power_w=999)
    assert added(before, good[-1], stale) == before
    assert added(before, stale, sample(12, power_w=100)).seconds == 5


def test_only_heat_and_the_power_supply_count_as_throttled() -> None:
    bits = [0, Throttle.POWER_CAP, Throttle.SW_THERMAL, Throttle.POWER_BRAKE, None, Throttle.IDLE]
    figures = summed([sample(5.0 * i, throttle=bit) for i, bit in enumerate(bits)])
    assert figures.throttled_s == 10


def test_energy_is_what_the_counter_says() -> None:
    figures = summed([sample(5.0 * i, power_w=999, energy_j=1000.0 + 500 * i) for i in range(11)])
    assert figures.energy_j == 5000
    assert figures.energy_source is EnergySource.COUNTER
    assert figures.energy_counter_j == 6000


def test_the_counter_covers_the_time_without_a_supervisor() -> None:
    figures = summed([sample(0, energy_j=1000), sample(5, energy_j=1500)])
    later = added(figures, None, sample(9000, energy_j=901_500))
    assert later.energy_j == 900_500
    assert later.seconds == 5


def test_what_others_used_between_two_attempts_is_not_ours() -> None:
    figures = summed([sample(0, energy_j=1000), sample(5, energy_j=1500)])
    later = summed(
        [sample(9000, energy_j=901_500), sample(9005, energy_j=902_000)], paused(figures)
    )
    assert later.energy_j == 1000


def test_a_counter_that_starts_anew_never_gives_negative_energy() -> None:
    figures = summed(
        [
            sample(0, energy_j=10_000),
            sample(5, energy_j=11_000),
            sample(10, energy_j=50),
            sample(15, energy_j=1050),
        ]
    )
    assert figures.energy_j == 2000


def test_a_counter_that_is_missing_now_and_then_loses_nothing() -> None:
    figures = summed(
        [
            sample(0, energy_j=0, power_w=9),
            sample(5, power_w=9),
            sample(10, energy_j=2000, power_w=9),
        ]
    )
    assert figures.energy_j == 2000
    assert figures.energy_source is EnergySource.COUNTER


def test_without_a_counter_energy_is_power_times_time() -> None:
    figures = summed([sample(5.0 * i, power_w=200) for i in range(11)])
    assert figures.energy_j == pytest.approx(200 * 50)
    assert figures.energy_source is EnergySource.SAMPLES
    assert figures.energy_counter_j is None


def test_a_counter_that_is_read_a_little_later_becomes_the_source() -> None:
    figures = summed(
        [
            sample(0, power_w=200),
            sample(5, power_w=200),
            sample(10, power_w=200, energy_j=7000),
            sample(15, power_w=200, energy_j=8000),
        ]
    )
    assert figures.energy_source is EnergySource.COUNTER
    assert figures.energy_j == 1000


def test_two_sources_are_never_added_up() -> None:
    samples = [sample(5.0 * i, power_w=200) for i in range(100)]
    samples += [sample(500 + 5.0 * i, power_w=200, energy_j=1e6 + 9e9 * i) for i in range(10)]
    figures = summed(samples)
    assert figures.energy_source is EnergySource.SAMPLES
    assert figures.energy_j == pytest.approx(200 * 545)
