from __future__ import annotations

import pytest

from cockpit.devices.sample import MemoryHealth, PcieLink
from cockpit.runs.alert import AlertLevel
from cockpit.units import GIB
from tests.analysis.alerts.box import COUNTS, T0, Box


@pytest.mark.parametrize("count", COUNTS)
def test_a_lost_gpu_is_told_at_once_and_nothing_else_of_it(count: int) -> None:
    box = Box(count, ranks=True)
    box.set(0, temperature_c=90)
    box.after(120)
    box.set(0, problem="lost: the driver reports GPU is lost")
    alerts = box.after(5)
    assert [alert.code for alert in alerts] == ["gpu.lost"]
    assert alerts[0].level is AlertLevel.PROBLEM
    assert alerts[0].subject == "GPU 0 · rank 0"
    assert "lost: the driver reports" in alerts[0].what
    assert "reboot" in alerts[0].remedy
    assert "resume" in alerts[0].remedy
    box.set(0, problem=None, temperature_c=60)
    assert box.codes(5) == []


def test_a_silent_gpu_keeps_what_was_said_of_it_and_says_nothing_new() -> None:
    box = Box(4)
    box.set(1, temperature_c=90)
    said = box.only(120, "gpu.hot").what
    box.set(1, 2, problem="no answer for 14 s")
    assert box.codes(5) == ["gpu.hot"]
    alerts = box.after(300)
    assert [alert.code for alert in alerts] == ["gpu.silent", "gpu.hot"]
    assert alerts[0].subject == "GPUs 1 and 2"
    assert "no answer for 14 s" in alerts[0].what
    assert alerts[1].what == said
    box.set(1, 2, problem=None)
    assert "gpu.silent" in box.codes(5), "it may fall silent again"
    assert box.codes(40) == ["gpu.hot"]


def test_an_xid_is_told_for_an_hour_with_meaning_and_advice() -> None:
    box = Box(2, ranks=True)
    box.after(60)
    box.xid(1, 79)
    alert = box.only(5, "gpu.xid")
    assert alert.level is AlertLevel.PROBLEM
    assert alert.subject == "GPU 1 · rank 1"
    assert "Xid 79" in alert.what
    assert "fallen off the bus" in alert.what
    assert "resume without this GPU" in alert.remedy
    assert alert.since == T0 + 60
    box.events = ()  # a poller tells each once
    assert box.codes(3500) == ["gpu.xid"]
    assert box.codes(100) == []


def test_an_xid_is_told_also_of_a_lost_gpu() -> None:
    box = Box(2)
    box.after(10)
    box.set(1, problem="lost: the driver reports GPU is lost")
    box.xid(1, 79)
    assert box.codes(10) == ["gpu.lost", "gpu.xid"]


@pytest.mark.parametrize("code", [43, 45, 37])
def test_an_xid_that_follows_from_something_else_is_not_told(code: int) -> None:
    box = Box()
    box.xid(0, code)
    assert box.codes(60) == []


def test_of_several_xids_the_worst_is_told() -> None:
    box = Box()
    box.xid(0, 79)
    box.xid(0, 45)
    box.xid(0, 31)
    assert "Xid 79" in box.only(5, "gpu.xid").what


def test_an_xid_that_comes_again_is_counted() -> None:
    box = Box()
    box.xid(0, 31)
    box.after(60)
    box.xid(0, 31)
    alert = box.only(5, "gpu.xid")
    assert "2 times" in alert.what
    assert alert.level is AlertLevel.WARNING


def test_an_unknown_xid_says_that_nobody_knows_it() -> None:
    box = Box()
    box.xid(0, 999)
    alert = box.only(5, "gpu.xid")
    assert "Xid 999" in alert.what
    assert "does not know" in alert.what
    assert "docs.nvidia.com" in alert.remedy


def test_a_pending_remap_is_told_until_the_driver_denies_it() -> None:
    box = Box(16)
    box.set(3, memory_health=MemoryHealth(0, 0, 1, True, False))
    alert = box.only(5, "gpu.remap-pending")
    assert "gpu-reset -i 3" in alert.remedy
    box.set(3, memory_health=None)
    assert box.codes(100) == ["gpu.remap-pending"]
    box.set(3, memory_health=MemoryHealth(0, 0, 1, False, False))
    assert box.codes(5) == []


def test_only_new_uncorrected_memory_errors_are_told() -> None:
    box = Box()
    box.set(memory_health=MemoryHealth(7, 3, 0, False, False))
    assert box.codes(300) == []
    box.set(memory_health=MemoryHealth(9, 5, 0, False, False))
    alert = box.only(5, "gpu.ecc")
    assert alert.what.startswith("2 uncorrected memory errors since")
    assert alert.level is AlertLevel.PROBLEM
    assert alert.remedy
    box.set(memory_health=None)
    assert box.codes(600) == ["gpu.ecc"]
    box.set(memory_health=MemoryHealth(9, 5, 0, False, False))
    assert box.codes(3600) == []


def test_an_error_counter_that_starts_anew_is_no_error() -> None:
    box = Box()
    for count in (9, 0, 0):
        box.set(memory_health=MemoryHealth(0, count, 0, False, False))
        assert box.codes(30) == []


def test_a_row_that_could_not_be_replaced_is_told_at_once() -> None:
    box = Box()
    box.set(memory_health=MemoryHealth(0, 0, 8, False, True))
    assert "have it replaced" in box.only(5, "gpu.ecc").remedy


def test_a_narrow_link_is_told_only_while_the_gpu_is_busy() -> None:
    box = Box(2)
    box.set(1, pcie=PcieLink(width=4, width_max=16), utilization_pct=3)
    assert box.codes(600) == []
    box.set(1, utilization_pct=90)
    assert box.codes(115) == []
    alert = box.only(30, "gpu.pcie-narrow")
    assert alert.what.startswith("PCIe link x4 of x16 while busy")
    assert alert.remedy
    box.set(1, pcie=PcieLink(width=16, width_max=16))
    assert box.codes(25) == ["gpu.pcie-narrow"]
    assert box.codes(15) == []


def test_an_unknown_link_is_no_narrow_link() -> None:
    box = Box()
    for link in (None, PcieLink(width=4), PcieLink(width_max=16)):
        box.set(pcie=link)
        assert box.codes(300) == []


@pytest.mark.parametrize("count", COUNTS)
def test_a_gpu_of_the_run_with_nearly_no_memory_left_is_told(count: int) -> None:
    box = Box(count, ranks=True)
    box.set(count - 1, memory_used_bytes=round(7.80 * GIB))
    assert box.codes(30) == []
    alert = box.only(10, "run.memory-margin")
    assert "205 MiB of 8.0 GiB left, 2.5 %" in alert.what
    assert "smaller batch" in alert.remedy
    box.set(count - 1, memory_used_bytes=round(7.7 * GIB))  # 3.75 %: not clearly better
    assert box.codes(300) == ["run.memory-margin"]
    box.set(count - 1, memory_used_bytes=None)
    assert box.codes(300) == ["run.memory-margin"]
    box.set(count - 1, memory_used_bytes=7 * GIB)
    assert box.codes(40) == []


def test_what_the_driver_reserves_is_no_room() -> None:
    box = Box(ranks=True)
    box.set(memory_used_bytes=round(7.6 * GIB), memory_reserved_bytes=round(0.25 * GIB))
    assert box.codes(40) == ["run.memory-margin"]


def test_a_full_gpu_outside_the_run_is_nobodys_business() -> None:
    box = Box(2, ranks=True)
    box.set_run(gpu_ranks={"GPU-0": 0})
    box.set(1, memory_used_bytes=round(7.9 * GIB), utilization_pct=0)
    assert box.codes(1200) == []
    box.run = None
    box.set(0, memory_used_bytes=round(7.9 * GIB))
    assert box.codes(300) == []


def test_a_gpu_that_was_never_read_has_no_last_reading() -> None:
    box = Box(2)
    untold = ("utilization_pct", "memory_used_bytes", "temperature_c", "power_w", "sm_clock_mhz")
    box.set(1, problem="no answer for 5 s", processes=None, **dict.fromkeys(untold))
    assert box.only(30, "gpu.silent").what.endswith(", never read")
