from __future__ import annotations

import pytest

from cockpit.devices.throttle import Throttle
from tests.analysis.alerts.box import COUNTS, Box


def running(count: int) -> Box:
    box = Box(count, ranks=True)
    assert box.codes(300) == []
    return box


@pytest.mark.parametrize("count", COUNTS[1:])
def test_a_rank_whose_clock_is_held_down_sets_the_pace(count: int) -> None:
    box = running(count)
    slow = count - 1
    box.set(slow, sm_clock_mhz=1410, throttle=Throttle.SW_THERMAL)
    assert box.codes(50) == []
    alert = box.only(30, "run.straggler")
    assert alert.subject == f"GPU {slow} · rank {slow}"
    assert alert.gpu_uuid == f"GPU-{slow}"
    assert "too hot, driver slowdown: 1410 MHz, the others 1800 MHz" in alert.what
    assert "sets the pace of all" in alert.what
    assert "airflow" in alert.remedy
    box.set(slow, sm_clock_mhz=1790, throttle=Throttle.POWER_CAP)
    assert "run.straggler" not in box.codes(130)


def test_a_slightly_lower_clock_is_no_straggler() -> None:
    box = running(8)
    box.set(3, sm_clock_mhz=1660, throttle=Throttle.SW_THERMAL)
    assert "run.straggler" not in box.codes(600)


def test_a_lower_clock_without_a_reason_is_no_proof() -> None:
    box = running(8)
    box.set(3, sm_clock_mhz=1200, throttle=Throttle.NONE)
    box.set(4, sm_clock_mhz=1200, throttle=None)
    assert box.codes(600) == []


def test_a_lower_clock_with_less_power_is_proof_without_a_reason() -> None:
    box = running(8)
    box.set(3, sm_clock_mhz=1260, power_w=130, throttle=Throttle.NONE)
    alert = box.only(130, "run.straggler")
    assert "1260 MHz, the others 1800 MHz, 130 W instead of 210 W at equal" in alert.what
    assert "no reason is told" in alert.what
    assert "nvidia-smi -i 3 -rgc" in alert.remedy


def test_of_two_ranks_a_lower_clock_without_a_reason_proves_nothing() -> None:
    box = running(2)
    box.set(1, sm_clock_mhz=1260, power_w=130, throttle=Throttle.NONE)
    assert box.codes(600) == []


def test_of_two_ranks_a_power_cap_proves_nothing() -> None:
    box = running(2)
    box.set(1, sm_clock_mhz=1200, throttle=Throttle.POWER_CAP)
    assert box.codes(600) == []


def test_of_many_ranks_one_under_a_lower_power_cap_is_a_straggler() -> None:
    box = running(8)
    box.set(5, sm_clock_mhz=1400, power_w=150, power_limit_w=150)
    alert = box.only(130, "run.straggler")
    assert "power cap: 1400 MHz" in alert.what
    assert "compare its power limit" in alert.remedy


@pytest.mark.parametrize("count", COUNTS[2:])
def test_one_rank_that_draws_more_than_all_others_is_waited_for(count: int) -> None:
    box = running(count)
    box.set(utilization_pct=100, power_w=120)
    box.set(2, power_w=205)
    alert = box.only(130, "run.straggler")
    assert alert.subject == "GPU 2 · rank 2"
    assert "draws 205 W, the others 120 W at equal utilisation; they wait for it" in alert.what
    assert "py-spy" in alert.remedy
    box.set(power_w=205)
    assert box.codes(130) == []


def test_of_two_ranks_the_one_that_draws_more_is_not_blamed() -> None:
    box = running(2)
    box.set(0, power_w=120)
    assert box.codes(600) == []


def test_one_rank_that_draws_less_is_not_blamed() -> None:
    box = running(8)
    box.set(3, power_w=90)
    assert box.codes(600) == []


def test_two_ranks_that_draw_more_prove_nothing() -> None:
    box = running(8)
    box.set(power_w=120)
    box.set(2, 5, power_w=205)
    assert box.codes(600) == []


def test_gpus_of_different_kinds_are_not_compared() -> None:
    box = running(4)
    box.set(0, name="RTX 3090", power_limit_w=350, power_w=340, sm_clock_mhz=1400)
    assert box.codes(600) == []


def test_one_rank_that_works_while_others_idle_is_no_straggler() -> None:
    box = running(4)
    box.set(1, 2, 3, utilization_pct=20, power_w=60)
    assert "run.straggler" not in box.codes(600)


def test_a_short_difference_is_no_straggler() -> None:
    box = running(8)
    for _ in range(10):
        box.set(1, sm_clock_mhz=1200, throttle=Throttle.HW_THERMAL)
        assert box.codes(45) == []
        box.set(1, sm_clock_mhz=1800, throttle=Throttle.POWER_CAP)
        assert box.codes(90) == []


def test_equal_gpus_are_never_stragglers() -> None:
    box = Box(64, ranks=True)
    for turn in range(100):
        for index in range(64):
            wave = (index * 7 + turn * 3) % 11
            box.set(index, power_w=190 + 2 * wave, sm_clock_mhz=1750 + 5 * wave)
        assert box.codes(5) == []


def test_without_a_run_there_is_no_straggler() -> None:
    box = Box(8)
    box.set(2, sm_clock_mhz=1000, throttle=Throttle.HW_THERMAL)
    assert box.codes(600) == ["gpu.throttled"]
