from __future__ import annotations

import pytest

from cockpit.units import GIB
from tests.nvml_stub.stub import NvmlStub


def test_each_mig_device_is_a_row_that_tells_memory_and_processes(stub: NvmlStub) -> None:
    ((gpu, *parts),) = stub.ticks("model=a100 mig=0:3 train")
    assert (gpu.has_mig, gpu.utilization_pct, gpu.mig_index) == (True, None, None)
    assert gpu.temperature_c == 60
    assert gpu.processes is None
    assert gpu.processes_problem == "processes are told by its MIG devices"
    assert [part.mig_index for part in parts] == [0, 1, 2]
    assert [part.gpu_uuid[:17] for part in parts] == [f"MIG-00000000-000{i}" for i in range(3)]
    assert {part.name for part in parts} == {"NVIDIA A100-SXM4-80GB MIG 1g.10gb"}
    for part in parts:
        assert (part.utilization_pct, part.memory_used_bytes) == (None, GIB)
        assert part.processes is not None and len(part.processes) == 1
        assert part.problem is None


def test_mig_devices_come_and_go(stub: NvmlStub) -> None:
    script = {5: "mig=0:3", 40: "mig=0:1", 80: "mig=1:0"}
    ticks = stub.ticks("model=a100 train", script, count=120)
    assert [len(ticks[tick]) - 1 for tick in (4, 39, 79, 119)] == [0, 3, 1, 0]
    assert [ticks[tick][0].has_mig for tick in (4, 39, 119)] == [False, True, False]
    assert all(gpu.problem is None for tick in ticks for gpu in tick)
    assert ticks[119][0].utilization_pct == 90 or ticks[119][0].processes is not None


def test_a_mig_device_that_is_gone_has_no_row_at_once(stub: NvmlStub) -> None:
    ticks = stub.ticks("model=a100", {0: "mig=0:3", 10: "mig=0:2"}, count=12)
    assert [len(ticks[tick]) - 1 for tick in (9, 10)] == [3, 2]


def test_mig_devices_of_a_lost_gpu_are_lost_with_it(stub: NvmlStub) -> None:
    ticks = stub.ticks("model=a100 mig=0:2", {3: "lost=0"}, count=6)
    assert len(ticks[5]) == 3
    assert all(gpu.is_lost for gpu in ticks[5])
    assert ticks[5][1].memory_used_bytes == GIB


@pytest.mark.parametrize("words", ["refuse=GetMigMode", "missing=mig", "fault=0@GetMigMode@999"])
def test_a_driver_without_mig_has_whole_gpus(stub: NvmlStub, words: str) -> None:
    ticks = stub.ticks(f"model=a100 mig=0:3 {words}", count=3)
    assert all(len(samples) == 1 and not samples[0].has_mig for samples in ticks)


def test_a_mig_device_costs_two_calls_a_second(stub: NvmlStub) -> None:
    stub.ticks("model=a100 mig=0:7 train", count=40)
    calls = [sum(tick.values()) for tick in stub.calls_by_tick(0)]
    quiet = [made for made in calls[1:] if made <= 8 + 7 * 2]
    assert len(quiet) >= 36  # in the others it is looked which MIG devices there are
