from __future__ import annotations

import pytest

from cockpit.devices.throttle import Throttle
from cockpit.runs.alert import AlertLevel
from tests.analysis.alerts.box import COUNTS, T0, Box


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("step_s", [1.0, 5.0])
def test_a_hot_gpu_is_told_once_it_was_hot_for_a_minute_and_not_before(
    count: int, step_s: float
) -> None:
    box = Box(count, step_s=step_s)
    assert box.codes(120) == []
    box.set(count - 1, temperature_c=86)
    assert box.codes(60) == []
    alert = box.only(10, "gpu.hot")
    assert alert.subject == f"GPU {count - 1}"
    assert alert.gpu_uuid == f"GPU-{count - 1}"
    assert alert.what.startswith("86 °C for 1m")
    assert f"nvidia-smi -i {count - 1} -pl 180" in alert.remedy
    assert T0 + 115 <= alert.since <= T0 + 125


def test_one_degree_less_is_not_hot() -> None:
    box = Box()
    box.set(temperature_c=84.5)
    assert box.codes(600) == []


def test_a_gpu_with_a_low_limit_of_its_own_is_hot_earlier() -> None:
    box = Box()
    box.set(temperature_c=79, temperature_slowdown_c=83)
    alert = box.only(70, "gpu.hot")
    assert alert.what.endswith("slows down at 83 °C")


def test_a_gpu_that_does_not_tell_its_limit_is_hot_at_85() -> None:
    box = Box()
    box.set(temperature_c=85, temperature_slowdown_c=None)
    assert box.codes(70) == ["gpu.hot"]


def test_hot_stays_until_it_is_clearly_cooler_for_a_while() -> None:
    box = Box()
    box.set(temperature_c=88)
    since = box.only(120, "gpu.hot").since
    box.set(temperature_c=83)  # below the bound, not clearly
    assert box.only(300, "gpu.hot").since == since
    assert box.only(5, "gpu.hot").what.startswith("83 °C, hot for 7 min (from 85 °C)")
    box.set(temperature_c=75)
    assert box.codes(25) == ["gpu.hot"]
    assert box.codes(15) == []


def test_a_temperature_that_swings_around_the_bound_makes_one_alert() -> None:
    box = Box()
    box.set(temperature_c=88)
    since = box.only(120, "gpu.hot").since
    for turn in range(60):
        box.set(temperature_c=86 if turn % 2 else 83)
        assert box.only(20, "gpu.hot").since == since


def test_a_short_peak_is_no_heat() -> None:
    box = Box()
    for _ in range(20):
        box.set(temperature_c=95)
        assert box.codes(50) == []
        box.set(temperature_c=70)
        assert box.codes(10) == []


def test_a_missing_temperature_neither_raises_nor_lowers() -> None:
    box = Box()
    box.set(temperature_c=None)
    assert box.codes(600) == []
    box.set(temperature_c=90)
    box.after(120)
    box.set(temperature_c=None)
    assert box.codes(900) == ["gpu.hot"]


def test_a_gap_breaks_what_was_held() -> None:
    box = Box()
    box.set(temperature_c=90)
    box.after(50)
    box.now += 300
    assert [alert.code for alert in box.look()] == []
    assert box.codes(50) == []
    assert box.codes(20) == ["gpu.hot"]


def test_heat_that_holds_the_clock_down_is_told_in_one_line() -> None:
    box = Box()
    box.set(temperature_c=90, sm_clock_mhz=1410, throttle=Throttle.SW_THERMAL)
    alerts = box.after(240)
    assert [alert.code for alert in alerts] == ["gpu.hot"]
    assert alerts[0].what.startswith("90 °C for 3 min")
    assert alerts[0].what.endswith("clock down to 1410 of 1815 MHz")


def test_a_power_cap_alone_never_alarms() -> None:
    box = Box(8)
    box.set(throttle=Throttle.POWER_CAP, sm_clock_mhz=900, utilization_pct=100)
    assert box.codes(900) == []


@pytest.mark.parametrize("reason", [Throttle.HW_SLOWDOWN, Throttle.SW_THERMAL, Throttle.HW_THERMAL])
def test_a_clock_held_down_by_heat_or_hardware_is_told(reason: Throttle) -> None:
    box = Box()
    box.set(throttle=reason | Throttle.POWER_CAP, sm_clock_mhz=1200)
    assert box.codes(60) == []
    alert = box.only(10, "gpu.throttled")
    assert "clock down to 1200 of 1815 MHz, 70 °C" in alert.what
    assert "slowdown" in alert.what
    assert "power cap" not in alert.what
    assert alert.remedy
    box.set(throttle=None)
    assert box.codes(300) == ["gpu.throttled"]
    box.set(throttle=Throttle.NONE)
    assert box.codes(40) == []


def test_a_power_brake_is_a_problem_of_the_box() -> None:
    box = Box()
    box.set(throttle=Throttle.POWER_BRAKE, sm_clock_mhz=600)
    assert box.codes(10) == []
    alert = box.only(10, "gpu.power-brake")
    assert alert.level is AlertLevel.PROBLEM
    assert "power supplies" in alert.remedy
    assert "600 of 1815 MHz" in alert.what


def test_a_power_brake_that_lowers_the_clock_is_told_in_one_line() -> None:
    box = Box()
    box.set(throttle=Throttle.POWER_BRAKE | Throttle.HW_SLOWDOWN, sm_clock_mhz=600)
    assert box.codes(300) == ["gpu.power-brake"]
