from __future__ import annotations

import random
from dataclasses import replace

import pytest

from cockpit.analysis.alerts.book import ORDER, AlertBook
from cockpit.analysis.alerts.limits import Limits
from cockpit.analysis.alerts.rule import lasting, numbers
from cockpit.devices.sample import DeviceReading, MemoryHealth, PcieLink
from cockpit.devices.throttle import Throttle
from cockpit.runs.alert import Alert, AlertLevel
from cockpit.units import GIB
from tests.analysis.alerts.box import NO_DEVICES, T0, Box, busy_gpu


@pytest.mark.parametrize("count", [1, 2, 8, 16, 64])
def test_a_healthy_box_is_quiet_for_an_hour(count: int) -> None:
    box = Box(count, ranks=True, step_s=10)
    for _ in range(36):
        assert box.codes(100) == []


def test_nothing_known_is_nothing_said() -> None:
    book = AlertBook(Limits())
    assert book.look(DeviceReading(None, (), None), T0) == ()
    assert book.look(DeviceReading(NO_DEVICES, (), None), T0 + 1) == ()


def test_the_same_thing_on_several_gpus_is_one_alert_led_by_the_worst() -> None:
    box = Box(16)
    for index in range(3, 9):
        box.set(index, temperature_c=86 + index % 3)
    alert = box.only(70, "gpu.hot")
    assert alert.subject == "GPUs 3 to 8"
    assert alert.what.startswith("worst GPU 5: 88 °C")
    assert "-i 3,4,5,6,7,8 -pl 180" in alert.remedy


def test_an_alert_stays_the_same_while_others_join_and_leave() -> None:
    box = Box(8)
    box.set(5, temperature_c=90)
    topic = box.only(70, "gpu.hot").topic
    box.set(2, 7, temperature_c=95)
    alert = box.only(70, "gpu.hot")
    assert alert.topic == topic
    assert alert.subject == "GPUs 2, 5 and 7"
    box.set(2, 7, temperature_c=60)
    alert = box.only(70, "gpu.hot")
    assert alert.topic == topic
    assert alert.subject == "GPU 5"


def test_different_xids_are_not_told_as_one() -> None:
    box = Box(4)
    box.xid(0, 79)
    box.xid(1, 79)
    box.xid(2, 31)
    alerts = box.after(5)
    assert [(alert.subject, alert.what[:6]) for alert in alerts] == [
        ("GPUs 0 and 1", "Xid 79"),
        ("GPU 2", "Xid 31"),
    ]


def test_the_worst_goes_first() -> None:
    box = Box(8, ranks=True)
    box.set(1, temperature_c=90)
    box.set(2, memory_health=MemoryHealth(0, 0, 1, True, False))
    box.set_host(disk_free_bytes=GIB)
    box.set(7, problem="lost: the driver reports GPU is lost")
    box.set_host(swap_used_bytes=12 * GIB)
    alerts = box.after(100)
    assert [alert.code for alert in alerts] == [
        "gpu.lost",
        "host.disk",
        "gpu.hot",
        "host.swap",
        "gpu.remap-pending",
    ]
    levels = [alert.level is AlertLevel.PROBLEM for alert in alerts]
    assert levels == sorted(levels, reverse=True)


def test_a_gpu_that_is_gone_from_the_inventory_is_forgotten() -> None:
    box = Box(4)
    box.set(3, temperature_c=90)
    assert box.codes(70) == ["gpu.hot"]
    del box.gpus[3]
    assert box.codes(5) == []
    box.gpus.append(replace(busy_gpu(3), temperature_c=90))
    assert box.codes(50) == []


def test_a_mig_device_is_called_by_both_numbers() -> None:
    box = Box(2, ranks=True)
    box.set(1, mig_index=1, gpu_index=0, gpu_uuid="MIG-1", memory_used_bytes=round(7.9 * GIB))
    box.set_run(gpu_ranks={"GPU-0": 0, "MIG-1": 1})
    assert box.only(40, "run.memory-margin").subject == "GPU 0:1 · rank 1"


@pytest.mark.parametrize("jump_s", [-7200.0, -30.0, 3600.0])
def test_a_clock_that_jumps_breaks_nothing(jump_s: float) -> None:
    box = Box(8, ranks=True)
    box.set(1, temperature_c=90)
    box.set(2, temperature_c=90)
    box.xid(2, 79)
    assert box.codes(300) == ["gpu.xid", "gpu.hot"]
    box.now += jump_s
    for alert in box.look():
        assert alert.since <= box.now
        assert "-" not in alert.what
    if jump_s < 0:  # a run that was started in the future is not long running
        box.set_run(attempt_started=box.now, checkpoints=())
    box.after(120)
    box.set(1, 2, temperature_c=60)
    assert "gpu.hot" not in box.codes(60)


def test_raised_once_and_never_lowered_by_readings_that_stop() -> None:
    box = Box(1, ranks=True)
    box.set(temperature_c=90, throttle=int(Throttle.HW_SLOWDOWN), memory_used_bytes=8 * GIB)
    box.set(pcie=PcieLink(width=4, width_max=16))
    raised = box.codes(200)
    assert set(raised) == {"gpu.hot", "gpu.throttled", "gpu.pcie-narrow", "run.memory-margin"}
    box.set(
        temperature_c=None,
        throttle=None,
        memory_used_bytes=None,
        pcie=None,
        utilization_pct=None,
        power_w=None,
        sm_clock_mhz=None,
        memory_health=None,
    )
    assert box.codes(1200) == raised


def wild(dice: random.Random, box: Box) -> None:
    """Let anything happen to one of the GPUs, to the host, or to the clock."""
    index = dice.randrange(len(box.gpus))
    maybe = dice.choice
    box.set(
        index,
        utilization_pct=maybe([None, 0, 3, 40, 100]),
        temperature_c=maybe([None, 40, 84, 90, 99]),
        power_w=maybe([None, 0, 30, 120, 210]),
        sm_clock_mhz=maybe([None, 0, 900, 1800]),
        throttle=maybe([None, 0, 4, 8, 0x20, 0x80, 0x400]),
        memory_used_bytes=maybe([None, 0, 6 * GIB, 8 * GIB]),
        memory_total_bytes=maybe([None, 8 * GIB]),
        temperature_slowdown_c=maybe([None, 93]),
        power_limit_w=maybe([None, 215]),
        sm_clock_max_mhz=maybe([None, 1815]),
        pcie=maybe([None, PcieLink(), PcieLink(width=8, width_max=16)]),
        memory_health=maybe(
            [None, MemoryHealth(), MemoryHealth(1, dice.randrange(4), 1, True, True)]
        ),
        problem=maybe([None, None, None, "no answer for 14 s", "lost: gone"]),
    )
    box.set_host(
        swap_used_bytes=maybe([None, 0, 12 * GIB]),
        disk_free_bytes=maybe([None, 0, 900 * GIB]),
        shm_free_bytes=maybe([None, 0, 60 * GIB]),
        memory_used_bytes=maybe([None, 0, 256 * GIB]),
    )
    box.now += maybe([0, 0, 0, 0, 100, -50, -5000, 5000])
    if dice.random() < 0.2:
        box.xid(index, maybe([13, 31, 43, 45, 79, 94, 154, 999]))


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_each_alert_is_whole(seed: int) -> None:
    dice = random.Random(seed)
    box = Box(4, ranks=True)
    box.set_run(checkpoints=(T0 - 300, T0 - 200, T0 - 100))
    seen: set[str] = set()
    for _ in range(150):
        wild(dice, box)
        box.makes_progress = dice.random() < 0.7
        alerts = box.after(dice.choice([1, 10, 60, 200]))
        for alert in alerts:
            assert_is_whole(alert, box.now)
        topics = [alert.topic for alert in alerts if alert.code != "gpu.xid"]
        assert len(topics) == len(set(topics))
        seen |= {alert.code for alert in alerts}
    assert len(seen) > 10


def assert_is_whole(alert: Alert, now_s: float) -> None:
    assert alert.code in ORDER
    assert alert.what
    assert not alert.what.endswith(".")
    assert "None" not in alert.what
    assert "nan" not in alert.what
    assert alert.remedy
    assert "{gpu}" not in alert.remedy
    assert "None" not in alert.remedy
    assert alert.since <= now_s
    assert alert.subject in ("host", "run") or alert.subject.startswith("GPU")


def test_labels_are_put_together() -> None:
    assert numbers(["3"]) == "3"
    assert numbers(["0", "1"]) == "0 and 1"
    assert numbers([str(index) for index in range(8)]) == "0 to 7"
    assert numbers(["0", "2", "3", "4", "9"]) == "0, 2 to 4 and 9"
    assert numbers(["0:0", "0:1", "1"]) == "0:0, 0:1 and 1"
    assert numbers([str(index) for index in range(100, 128)]) == "100 to 127"


def test_how_long_it_lasts_is_told_in_one_unit() -> None:
    assert lasting(T0, T0 + 48) == "for 48 s"
    assert lasting(T0, T0 + 60) == "for 1m 00s"
    assert lasting(T0, T0 + 4 * 60 + 30) == "for 4 min"
    assert lasting(T0, T0 + 7200) == "for 2h 00m"
    assert lasting(T0, T0 - 5) == "for 0 s"
