from __future__ import annotations

import threading
from dataclasses import replace

from cockpit.devices.board import Board
from cockpit.devices.driver import NoDriver
from cockpit.devices.sample import DeviceSource, GpuSample, HostSample
from cockpit.devices.simulated import SimulatedDriver
from cockpit.devices.simulated_models import MODELS
from cockpit.devices.spec import parse_spec
from tests.devices.waiting import ends_within

HOST = HostSample(1.0, None, 2, None, None, None, None, None, None)


def driver(count: int) -> SimulatedDriver:
    return SimulatedDriver(parse_spec(f"simulated:{count}x2080"), MODELS["2080"])


def sample(gpu_index: int, time: float = 1.0) -> GpuSample:
    return GpuSample(gpu_index, f"GPU-{gpu_index}", "RTX", time, utilization_pct=90.0)


def test_a_full_board_is_collected_at_once_and_then_empty() -> None:
    board = Board()
    board.put_driver(driver(2))
    board.put_host(HOST)
    for gpu_index in (1, 0):
        board.put_sample(sample(gpu_index))
    reading = board.collect(60)
    assert [gpu.gpu_index for gpu in reading.gpus] == [0, 1]
    assert reading.host == HOST
    assert reading.inventory is not None and len(reading.inventory.gpus) == 2
    again = board.collect(0)
    assert (again.inventory, again.gpus, again.host) == (None, (), None)


def test_the_inventory_holds_no_readings() -> None:
    board = Board()
    board.put_driver(driver(1))
    board.put_sample(sample(0))
    inventory = board.collect(0).inventory
    assert inventory is not None
    assert inventory.gpus == (replace(sample(0), utilization_pct=None),)


def test_a_gpu_that_hangs_is_waited_for_once() -> None:
    board = Board()
    board.put_driver(driver(2))
    board.put_host(HOST)
    board.put_sample(sample(0))
    board.collect(0)
    board.put_host(HOST)
    board.put_sample(sample(0, time=2.0))
    assert ends_within(10, lambda: board.collect(60))


def test_a_collector_wakes_when_the_last_gpu_answers() -> None:
    board = Board()
    board.put_driver(driver(1))
    board.put_host(HOST)
    threading.Timer(0.05, board.put_sample, [sample(0)]).start()
    assert board.collect(60).gpus == (sample(0),)


def test_a_silent_gpu_is_listed_without_a_name() -> None:
    board = Board(identity_patience_s=0.0)
    board.put_driver(driver(2))
    board.put_sample(sample(0))
    first = board.collect(0).inventory
    assert first is not None
    assert [gpu.gpu_uuid for gpu in first.gpus] == ["GPU-0", ""]
    board.put_sample(sample(1))
    second = board.collect(0).inventory
    assert second is not None
    assert [gpu.gpu_uuid for gpu in second.gpus] == ["GPU-0", "GPU-1"]


def test_a_driver_that_does_not_start_is_said_and_may_still_come() -> None:
    board = Board(start_patience_s=0.0)
    early = board.collect(0).inventory
    assert early is not None and early.source is DeviceSource.NONE
    assert early.problem == "the GPU driver does not answer since the start"
    assert board.collect(0).inventory is None
    board.put_driver(NoDriver("for a reason"))
    late = board.collect(0).inventory
    assert late is not None and late.problem == "for a reason"
