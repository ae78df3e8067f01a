"""What one GPU tells tick by tick, on a clock that does not wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.devices.cadence import CALLS_PER_S
from cockpit.devices.sample import GpuProcess, GpuSample, MemoryHealth, NvLink, PcieLink
from cockpit.devices.throttle import Throttle
from cockpit.units import GIB, MIB
from tests.nvml_stub.stub import NvmlStub, build_stub

FIRST_TICK_CALLS = 12
"""Seven fast ones and a first look at the slow ones."""


def first_of(ticks: list[tuple[GpuSample, ...]]) -> list[GpuSample]:
    return [samples[0] for samples in ticks]


@pytest.mark.parametrize(
    "scenario",
    [
        "model=2080 train",
        "model=h20 two",
        "model=h20 two missing=fields",
        "model=2080 missing=fields missing=nvlink",
        "model=a100 train missing=field165",
        "model=h20 unknown=all",
        "model=h20 lost=all",
        "model=h20 denied missing=utilization missing=throttle",
    ],
)
def test_no_second_costs_more_than_eight_calls(stub: NvmlStub, scenario: str) -> None:
    stub.ticks(scenario, count=60)
    calls = [sum(tick.values()) for tick in stub.calls_by_tick(0)]
    assert len(calls) == 60
    assert calls[0] <= FIRST_TICK_CALLS
    assert max(calls[1:]) <= CALLS_PER_S


@pytest.mark.parametrize("interval_s", [2.0, 5.0])
def test_slower_ticks_keep_to_the_same_budget(stub: NvmlStub, interval_s: float) -> None:
    stub.ticks("model=h20 two missing=fields", count=20, interval_s=interval_s)
    calls = [sum(tick.values()) for tick in stub.calls_by_tick(0)]
    assert max(calls[1:]) <= CALLS_PER_S * interval_s


def test_faster_ticks_still_see_slow_readings(stub: NvmlStub) -> None:
    last = stub.ticks("model=h20 train", count=60, interval_s=0.2)[-1][0]
    assert last.sm_clock_max_mhz == 1980
    calls = [sum(tick.values()) for tick in stub.calls_by_tick(0)]
    assert sum(calls[1:]) <= 59 * 7 + 13


def test_the_first_look_shows_the_important_slow_readings(stub: NvmlStub) -> None:
    ((gpu,),) = stub.ticks("model=h20 ecc=0:5 remap=0")
    assert (gpu.memory_temperature_c, gpu.throttle) == (66, Throttle.POWER_CAP)
    assert gpu.memory_health == MemoryHealth(5, 1, 1, True, False)
    assert gpu.energy_j is not None
    assert gpu.pcie is not None and (gpu.pcie.generation, gpu.pcie.width) == (5, 16)
    assert gpu.memory_reserved_bytes == 233 * MIB


def test_a_server_gpu_tells_all_in_time(stub: NvmlStub) -> None:
    script = {tick: f"counted={tick}" for tick in range(20)}
    gpu = stub.ticks("model=h20 train", script, count=20)[-1][0]
    assert gpu.pcie == PcieLink(5, 5, 16, 16, 1e9, 25e7, 3)
    assert gpu.nvlink == NvLink(18, 18, 2e6 * 1024, 1e6 * 1024, 0)
    assert (gpu.temperature_slowdown_c, gpu.temperature_shutdown_c) == (93, 98)
    assert (gpu.sm_clock_max_mhz, gpu.fan_pct) == (1980, None)
    assert gpu.processes is not None and gpu.processes[0].sm_pct == 80


def test_a_geforce_tells_what_it_has_by_other_calls(stub: NvmlStub) -> None:
    gpu = stub.ticks("model=2080", count=30)[-1][0]
    assert gpu.pcie == PcieLink(3, 3, 16, 16, 1000000 * 1024, 250000 * 1024, 3)
    assert (gpu.nvlink, gpu.memory_temperature_c, gpu.fan_pct) == (None, None, 45)
    assert gpu.memory_health == MemoryHealth(is_remap_pending=False)


def test_without_the_batch_each_reading_has_a_call_of_its_own(stub: NvmlStub) -> None:
    gpu = stub.ticks("model=h20 missing=fields ecc=0:5 remap=0", count=60)[-1][0]
    assert gpu.memory_health == MemoryHealth(5, 1, 1, True, False)
    assert gpu.energy_j is not None
    assert gpu.pcie is not None and gpu.pcie.replay_count == 3
    assert gpu.pcie.rx_bytes_per_s == 1000000 * 1024


def test_a_link_that_is_down_is_counted_out(stub: NvmlStub) -> None:
    gpu = stub.ticks("model=h20 linkdown=0", count=30)[-1][0]
    assert gpu.nvlink is not None and (gpu.nvlink.active_count, gpu.nvlink.link_count) == (17, 18)


def test_links_are_asked_one_by_one_where_the_batch_does_not_know_them(stub: NvmlStub) -> None:
    ticks = first_of(stub.ticks("model=a100 linkdown=0 missing=field165", count=150))
    seen = [gpu.nvlink.active_count for gpu in ticks if gpu.nvlink]
    assert seen[0] is None
    assert seen[-1] == 11


def test_a_counter_that_went_back_gives_no_rate(stub: NvmlStub) -> None:
    script = {tick: f"counted={tick if tick < 14 else tick - 14}" for tick in range(40)}
    ticks = first_of(stub.ticks("model=h20", script, count=40))
    rates = [gpu.pcie.rx_bytes_per_s if gpu.pcie else None for gpu in ticks]
    assert rates[0:4] == [None] * 4
    assert set(rates[6:14]) == {1e9}
    assert None in rates[14:19]
    assert set(rates[24:]) == {1e9}


def test_what_a_gpu_does_not_support_is_asked_again_after_ten_minutes(stub: NvmlStub) -> None:
    stub.ticks("model=h20 missing=utilization", count=65, interval_s=10)
    calls = stub.count_calls(0)
    assert (calls["GetFanSpeed"], calls["GetUtilizationRates"]) == (2, 2)


def test_a_function_that_the_library_lacks_is_asked_once(stub: NvmlStub) -> None:
    words = "refuse=GetFanSpeed refuse=GetFieldValues refuse=GetProcessUtilization"
    stub.ticks(f"model=2080 train {words}", count=70, interval_s=10)
    calls = stub.count_calls(0)
    assert {calls[name.removeprefix("refuse=")] for name in words.split()} == {1}


def test_shares_of_processes_stay_when_there_is_nothing_new(stub: NvmlStub) -> None:
    script = {0: "two", 12: "two shareless", 30: "busy=0"}
    ticks = first_of(stub.ticks("model=h20", script, count=32))
    assert [[one.sm_pct for one in gpu.processes or ()] for gpu in (ticks[11], ticks[29])] == [
        [80, 40],
        [80, 40],
    ]
    assert [one.sm_pct for one in ticks[30].processes or ()] == [None, None]


def test_a_list_of_processes_is_one_call(stub: NvmlStub) -> None:
    stub.ticks("two", count=10)
    assert stub.count_calls(0)["GetComputeRunningProcesses_v3"] == 10


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("denied", "no permission to list processes"),
        ("missing=processes", "this GPU does not list its processes"),
        (
            "fault=0@GetComputeRunningProcesses_v3@999",
            "processes are not told: the driver reports Unknown Error",
        ),
        (
            "refuse=GetComputeRunningProcesses_v3 refuse=GetComputeRunningProcesses_v2",
            "the driver's library is too old to list processes",
        ),
    ],
)
def test_why_processes_are_not_listed_is_said(stub: NvmlStub, words: str, said: str) -> None:
    for gpu in first_of(stub.ticks(f"train {words}", count=2)):
        assert (gpu.processes, gpu.processes_problem) == (None, said)
        assert gpu.problem is None and gpu.utilization_pct == 90


def test_processes_outside_of_the_container_have_no_memory(stub: NvmlStub) -> None:
    ((gpu,),) = stub.ticks("container")
    assert gpu.processes == (GpuProcess(4190000, None),)


def test_unusual_figures_and_names_are_taken_as_they_are(stub: NvmlStub) -> None:
    ((gpu,),) = stub.ticks(
        "count=128 watts=1000 pid=9000000 name=[bold]x[/] throttle=127:232", gpu_index=127
    )
    assert (gpu.name, gpu.power_w, gpu.power_limit_w) == ("[bold]x[/]", 990, 1000)
    assert gpu.processes is not None and gpu.processes[0].pid == 9000127
    assert gpu.throttle == (
        Throttle.HW_SLOWDOWN | Throttle.SW_THERMAL | Throttle.HW_THERMAL | Throttle.POWER_BRAKE
    )


def test_an_old_library_gives_what_it_has(tmp_path: Path) -> None:
    gpu = build_stub(tmp_path, "-DOLD_LIBRARY").ticks("model=h20 train", count=60)[-1][0]
    assert gpu.problem is None
    assert gpu.memory_used_bytes == 2 * GIB + 233 * MIB
    assert gpu.memory_reserved_bytes is None
    assert gpu.throttle == Throttle.POWER_CAP
    assert gpu.processes is not None and gpu.processes[0].sm_pct == 80
    assert gpu.pcie is not None and gpu.pcie.generation == 5
    assert gpu.memory_health == MemoryHealth(0, 0)


def test_a_power_limit_that_was_changed_is_noticed(stub: NvmlStub) -> None:
    ticks = first_of(stub.ticks("model=h20", {0: "watts=400", 5: "watts=300"}, count=80))
    assert (ticks[0].power_limit_w, ticks[-1].power_limit_w) == (400, 300)


@pytest.mark.parametrize("code", [15, 16, 28])
def test_a_gpu_without_a_handle_has_a_row_and_is_looked_for_seldom(
    stub: NvmlStub, code: int
) -> None:
    script = {0: f"fault=1@GetHandleByIndex@{code}", 20: ""}
    ticks = first_of(stub.ticks("model=h20", script, count=30, gpu_index=1))
    assert (ticks[0].gpu_index, ticks[0].gpu_uuid, ticks[0].is_lost) == (1, "", True)
    assert ticks[19].is_lost and not ticks[19].has_readings
    assert ticks[-1].problem is None and ticks[-1].gpu_uuid.startswith("GPU-00000001")
    calls = stub.calls_by_tick(1)
    assert sum(sum(tick.values()) for tick in calls[:20]) <= 4


@pytest.mark.parametrize(("word", "said"), [("lost", "is lost"), ("reset", "requires reset")])
def test_a_lost_gpu_keeps_its_values_and_comes_back(stub: NvmlStub, word: str, said: str) -> None:
    ticks = first_of(stub.ticks("model=h20 train", {3: f"{word}=0", 12: ""}, count=20))
    before, lost, back = ticks[2], ticks[11], ticks[-1]
    assert lost.problem == f"lost: the driver reports GPU {said}"
    assert (lost.time, lost.utilization_pct, lost.pcie) == (before.time, 90, before.pcie)
    assert (back.problem, back.gpu_uuid) == (None, before.gpu_uuid)
    assert back.time > lost.time


def test_a_driver_that_only_reports_errors_is_quoted(stub: NvmlStub) -> None:
    ticks = first_of(stub.ticks("model=h20", {2: "unknown=0", 4: ""}, count=6))
    assert ticks[3].problem == "no readings: the driver reports Unknown Error"
    assert (ticks[3].utilization_pct, ticks[3].time) == (90, ticks[1].time)
    assert ticks[4].problem is None and ticks[4].time > ticks[3].time


def test_what_the_driver_asks_for_is_said_only_when_readings_are_gone(stub: NvmlStub) -> None:
    ticks = first_of(stub.ticks("model=h20 recovery=0:2", {3: "lost=0"}, count=5))
    assert ticks[2].problem is None
    assert ticks[4].problem == (
        "lost: the driver reports GPU is lost; the driver asks for a reboot of this machine"
    )


def test_one_call_that_fails_costs_one_reading(stub: NvmlStub) -> None:
    ((gpu,),) = stub.ticks("fault=0@GetPowerUsage@999")
    assert (gpu.power_w, gpu.problem, gpu.temperature_c) == (None, None, 60)
