from __future__ import annotations

import random

import pytest

from cockpit.analysis.alerts.host import disk_fills_in_s, disk_full_in_s
from cockpit.analysis.alerts.window import HostPoint
from cockpit.units import GIB, MIB
from tests.analysis.alerts.box import Box


def disk(*free: float, step_s: float = 5.0) -> list[HostPoint]:
    return [HostPoint(i * step_s, None, None, None, round(size)) for i, size in enumerate(free)]


def test_the_disk_is_full_when_its_rate_has_eaten_the_rest() -> None:
    points = disk(*(100 * GIB - i * 5 * 10 * MIB for i in range(120)))
    expected = points[-1].disk_free_bytes or 0
    assert disk_full_in_s(points) == pytest.approx(expected / (10 * MIB), rel=0.01)


def test_noise_on_the_disk_changes_the_rate_little() -> None:
    dice = random.Random(7)
    points = disk(*(100 * GIB - i * 50 * MIB + dice.gauss(0, 40 * MIB) for i in range(120)))
    assert disk_full_in_s(points) == pytest.approx(94.1 * GIB / (10 * MIB), rel=0.1)


def test_one_large_file_is_no_rate() -> None:
    assert disk_full_in_s(disk(*[100 * GIB] * 60, *[60 * GIB] * 60)) is None
    spike = [100 * GIB] * 59 + [1 * GIB] * 2 + [100 * GIB] * 59
    assert disk_full_in_s(disk(*spike)) is None


def test_a_disk_that_gets_emptier_is_never_full() -> None:
    assert disk_full_in_s(disk(*(GIB * (10 + i) for i in range(120)))) is None


def test_too_little_time_makes_no_rate() -> None:
    assert disk_full_in_s(disk(*(100 * GIB - i * GIB for i in range(50)))) is None
    assert disk_full_in_s([]) is None


def test_only_a_steady_rate_is_said_all_the_time() -> None:
    steady = disk(*(100 * GIB - i * 50 * MIB for i in range(121)))
    assert disk_fills_in_s(steady) == disk_full_in_s(steady) is not None
    began = disk(*[100 * GIB] * 80, *(100 * GIB - i * 50 * MIB for i in range(41)))
    assert disk_full_in_s(began) is not None
    assert disk_fills_in_s(began) is None
    faster = disk(*(100 * GIB - i**3 * MIB / 100 for i in range(121)))
    assert disk_fills_in_s(faster) is None
    dice = random.Random(7)
    noise = disk(*(100 * GIB + dice.gauss(0, 40 * MIB) for _ in range(121)))
    assert disk_fills_in_s(noise) is None
    assert disk_fills_in_s(steady[:90]) is None, "too little time"
    assert disk_fills_in_s([]) is None


def test_a_disk_that_fills_within_the_hour_is_told_with_how_long_it_lasts() -> None:
    box = Box(0)
    free = 100 * GIB
    codes: list[str] = []
    for _ in range(80):
        free -= 5 * 40 * MIB
        box.set_host(disk_free_bytes=free)
        codes = box.codes(5)
    assert codes == ["host.disk"]
    alert = box.only(1, "host.disk")
    assert "GiB free on the disk of the runs, full in 36 min at the present rate" in alert.what
    assert "checkpoints" in alert.remedy
    assert box.codes(700) == []


def test_a_disk_below_the_floor_is_told_at_once_and_kept_until_clearly_better() -> None:
    box = Box(0)
    box.set_host(disk_free_bytes=round(5.1 * GIB))
    assert box.codes(60) == []
    box.set_host(disk_free_bytes=round(4.9 * GIB))
    assert box.only(5, "host.disk").what == "4.9 GiB free on the disk of the runs"
    box.set_host(disk_free_bytes=round(5.5 * GIB))
    assert box.codes(60) == ["host.disk"]
    box.set_host(disk_free_bytes=None)
    assert box.codes(60) == ["host.disk"]
    box.set_host(disk_free_bytes=7 * GIB)
    assert box.codes(5) == []


def test_little_memory_for_half_a_minute_is_told() -> None:
    box = Box(0)
    box.set_host(memory_used_bytes=248 * GIB)
    assert box.codes(30) == []
    alert = box.only(10, "host.memory")
    assert alert.what.startswith("8.0 GiB of 256 GiB memory left for")
    assert "workers" in alert.remedy
    box.set_host(memory_used_bytes=242 * GIB)  # 5.5 % left: not clearly better
    assert box.codes(300) == ["host.memory"]
    box.set_host(memory_used_bytes=None)
    assert box.codes(300) == ["host.memory"]
    box.set_host(memory_used_bytes=100 * GIB)
    assert box.codes(40) == []


def test_a_full_dev_shm_is_told_with_the_switch_for_containers() -> None:
    box = Box(0)
    box.set_host(shm_free_bytes=6 * GIB)
    alert = box.only(5, "host.shm")
    assert alert.what == "6.0 GiB of 64.0 GiB free in /dev/shm"
    assert "--shm-size" in alert.remedy
    box.set_host(shm_free_bytes=7 * GIB)
    assert box.codes(60) == ["host.shm"]
    box.set_host(shm_free_bytes=20 * GIB)
    assert box.codes(5) == []


def test_without_its_size_dev_shm_is_judged_by_a_floor() -> None:
    box = Box(0)
    box.set_host(shm_free_bytes=60 * MIB, shm_total_bytes=None)
    assert box.codes(60) == []
    box.set_host(shm_free_bytes=20 * MIB)
    assert box.codes(5) == ["host.shm"]


def test_swap_is_told_when_half_of_it_is_used() -> None:
    box = Box(0)
    box.set_host(swap_used_bytes=7 * GIB)
    assert box.codes(60) == []
    box.set_host(swap_used_bytes=9 * GIB)
    alert = box.only(5, "host.swap")
    assert alert.what.startswith("9.0 GiB of 16.0 GiB swap in use")
    assert alert.remedy
    box.set_host(swap_used_bytes=None)
    assert box.codes(60) == ["host.swap"]
    box.set_host(swap_used_bytes=2 * GIB)
    assert box.codes(700) == []


def test_swap_that_grows_is_told_early() -> None:
    box = Box(0)
    codes: list[str] = []
    for step in range(100):
        box.set_host(swap_used_bytes=step * 10 * MIB)
        codes = box.codes(5)
    assert codes == ["host.swap"]
    assert "more in the last 10 min" in box.only(1, "host.swap").what


def test_swap_that_is_used_and_stays_is_no_news() -> None:
    box = Box(0)
    box.set_host(swap_used_bytes=4 * GIB)
    assert box.codes(1800) == []


def test_a_host_that_tells_nothing_is_not_judged() -> None:
    box = Box(0)
    nothing = dict.fromkeys(
        ("disk_free_bytes", "memory_used_bytes", "shm_free_bytes", "swap_used_bytes", "cpu_pct")
    )
    box.set_host(**nothing)
    assert box.codes(900) == []
    box.host = None
    assert box.codes(900) == []


def test_a_host_without_swap_or_shm_is_no_problem() -> None:
    box = Box(0)
    box.set_host(swap_used_bytes=0, swap_total_bytes=0, shm_free_bytes=0, shm_total_bytes=0)
    assert box.codes(900) == []
