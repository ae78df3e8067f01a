from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.devices.feed import read_once
from cockpit.devices.sample import DeviceSource
from cockpit.units import GIB, MIB
from tests.devices.conftest import Feeds
from tests.devices.waiting import wait_until
from tests.nvml_stub.stub import NvmlStub, build_stub

FIELDS = {
    "utilization": "utilization_pct",
    "memory": "memory_used_bytes",
    "temperature": "temperature_c",
    "power": "power_w",
    "clock": "sm_clock_mhz",
    "processes": "processes",
}


@pytest.mark.parametrize("count", [2, 16])
def test_healthy_gpus(count: int, stub: NvmlStub, monkeypatch: pytest.MonkeyPatch) -> None:
    stub.use(monkeypatch, f"count={count} busy=1")
    reading = read_once("auto", 30)
    assert reading.inventory is not None
    assert reading.inventory.source is DeviceSource.NVML
    assert (reading.inventory.driver, reading.inventory.problem) == ("570.133.20", None)
    assert [gpu.gpu_index for gpu in reading.gpus] == list(range(count))
    gpu = reading.gpus[1]
    assert (gpu.name, gpu.gpu_uuid[:12]) == ("NVIDIA GeForce RTX 2080", "GPU-00000001")
    assert (gpu.utilization_pct, gpu.temperature_c, gpu.sm_clock_mhz) == (91, 61, 1800)
    assert (gpu.power_w, gpu.power_limit_w, gpu.temperature_slowdown_c) == (200.5, 215, 93)
    assert gpu.memory_used_bytes == 2 * GIB + GIB // 64
    assert gpu.memory_total_bytes == 8 * GIB
    assert gpu.processes is not None
    assert [(one.pid, one.memory_used_bytes) for one in gpu.processes] == [
        (41000, GIB),
        (41001, None),
    ]
    assert reading.gpus[0].processes == ()
    assert all(gpu.problem is None for gpu in reading.gpus)


@pytest.mark.parametrize("word", sorted(FIELDS))
def test_a_field_that_is_not_supported_is_none_and_the_rest_is_there(
    word: str, stub: NvmlStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.use(monkeypatch, f"missing={word}")
    gpu = read_once("auto", 30).gpus[0]
    assert [name for name in FIELDS.values() if getattr(gpu, name) is None] == [FIELDS[word]]
    assert gpu.problem is None


def test_limits_may_be_missing(stub: NvmlStub, monkeypatch: pytest.MonkeyPatch) -> None:
    stub.use(monkeypatch, "missing=limits")
    gpu = read_once("auto", 30).gpus[0]
    assert (gpu.power_limit_w, gpu.temperature_slowdown_c) == (None, None)
    assert gpu.power_w == 200.5


def test_an_old_library_gives_memory_and_processes_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_stub(tmp_path, "-DOLD_LIBRARY").use(monkeypatch, "busy=0")
    gpu = read_once("auto", 30).gpus[0]
    assert gpu.memory_used_bytes == 2 * GIB + 233 * MIB
    assert gpu.processes is not None and len(gpu.processes) == 2


def test_a_function_that_is_not_there_is_asked_once(
    stub: NvmlStub, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.use(monkeypatch, "count=1 refuse=GetMemoryInfo_v2 refuse=GetClockInfo")
    feeds.start("auto")
    wait_until(lambda: stub.count_calls(0)["GetUtilizationRates"] > 4)
    calls = stub.count_calls(0)
    assert (calls["GetMemoryInfo_v2"], calls["GetClockInfo"]) == (1, 1)
    assert calls["GetMemoryInfo"] > 3


@pytest.mark.parametrize(("word", "said"), [("lost", "is lost"), ("reset", "requires reset")])
def test_a_gpu_lost_from_the_start_renumbers_nobody(
    word: str, said: str, stub: NvmlStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.use(monkeypatch, f"count=4 {word}=1")
    reading = read_once("auto", 30)
    assert [gpu.gpu_index for gpu in reading.gpus] == [0, 1, 2, 3]
    assert reading.gpus[1].problem == f"lost: the driver reports GPU {said}"
    assert not reading.gpus[1].has_readings
    assert reading.gpus[2].gpu_uuid.startswith("GPU-00000002")
    assert reading.gpus[2].problem is None


def test_a_gpu_lost_mid_run_keeps_its_last_values_and_comes_back(
    stub: NvmlStub, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.use(monkeypatch, "count=3")
    feed = feeds.start("auto")
    wait_until(lambda: len([gpu for gpu in feed.latest().gpus if gpu.has_readings]) == 3)
    stub.from_now_on("lost=1")
    wait_until(lambda: feed.latest().gpus[1].problem is not None)
    lost = feed.latest().gpus[1]
    assert lost.problem == "lost: the driver reports GPU is lost"
    assert (lost.gpu_index, lost.utilization_pct, lost.temperature_c) == (1, 91, 61)
    assert lost.gpu_uuid.startswith("GPU-00000001")
    wait_until(lambda: feed.latest().gpus[2].time > lost.time + 0.5)
    assert feed.latest().gpus[1].time == lost.time
    stub.from_now_on("")
    wait_until(lambda: feed.latest().gpus[1].problem is None)
    assert feed.latest().gpus[1].time > lost.time


def test_a_gpu_lost_from_the_start_is_named_when_it_comes_back(
    stub: NvmlStub, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.use(monkeypatch, "count=2")
    stub.from_now_on("lost=1")
    feed = feeds.start("auto")
    wait_until(lambda: len(feed.latest().gpus) == 2)
    stub.from_now_on("")
    wait_until(lambda: feed.latest().gpus[1].utilization_pct == 91)
    assert feed.latest().gpus[1].gpu_uuid.startswith("GPU-00000001")


def test_a_gpu_without_any_answer_says_what_the_driver_says(
    stub: NvmlStub, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.use(monkeypatch, "count=2")
    feed = feeds.start("auto")
    wait_until(lambda: bool(feed.latest().gpus) and feed.latest().gpus[0].has_readings)
    stub.from_now_on("unknown=0")
    wait_until(lambda: feed.latest().gpus[0].problem is not None)
    gpu = feed.latest().gpus[0]
    assert gpu.problem == "no readings: the driver reports Unknown Error"
    assert gpu.utilization_pct == 90


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (9, "the NVIDIA driver is not loaded; try sudo modprobe nvidia, or see dmesg"),
        (18, "driver and its library differ in version, as after an update; reboot"),
        (4, "no permission to ask the NVIDIA driver; see ls -l /dev/nvidia*"),
        (999, "the NVIDIA driver does not start (Unknown Error); see dmesg"),
        (77, "the NVIDIA driver does not start (An error of the stand-in); see dmesg"),
    ],
)
def test_a_driver_that_does_not_start_gives_its_cause(
    code: int, said: str, stub: NvmlStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.use(monkeypatch, f"init={code}")
    reading = read_once("nvml", 30)
    assert reading.inventory is not None
    assert reading.inventory.source is DeviceSource.NONE
    assert reading.inventory.problem is not None and said in reading.inventory.problem
    assert reading.gpus == ()
    assert reading.host is not None and reading.host.cpu_pct is not None


def test_no_library_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "libnvidia-ml.so.1").write_text("not a library")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    inventory = read_once("auto", 30).inventory
    assert inventory is not None and inventory.problem is not None
    assert inventory.problem.startswith("no NVIDIA driver is installed (libnvidia-ml.so.1")


def test_a_driver_without_gpus_is_said(stub: NvmlStub, monkeypatch: pytest.MonkeyPatch) -> None:
    stub.use(monkeypatch, "count=0")
    inventory = read_once("auto", 30).inventory
    assert inventory is not None
    assert inventory.problem == "the NVIDIA driver is loaded but sees no GPU; see lspci"


def test_a_driver_that_starts_slowly_is_waited_for(
    stub: NvmlStub, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.use(monkeypatch, "init_ms=1500")
    feed = feeds.start("auto")
    wait_until(lambda: feed.latest().host is not None)
    assert feed.latest().gpus == ()
    wait_until(lambda: [gpu.utilization_pct for gpu in feed.latest().gpus] == [90, 91])


def test_one_slow_gpu_does_not_hold_up_the_others(
    stub: NvmlStub, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.use(monkeypatch, "count=8 slow=3@2000")
    feed = feeds.start("auto")
    wait_until(lambda: sum(gpu.has_readings for gpu in feed.latest().gpus) >= 7)
    assert not feed.latest().gpus[3].has_readings
