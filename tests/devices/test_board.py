from __future__ import annotations

import threading
import time
from dataclasses import replace

from cockpit.devices.board import Board
from cockpit.devices.driver import NoDriver, ReadProgress
from cockpit.devices.sample import DeviceSource, GpuProcess, GpuSample, HostSample
from cockpit.devices.simulated import SimulatedDriver
from cockpit.devices.simulated_models import MODELS
from cockpit.devices.spec import parse_spec
from tests.devices.waiting import ends_within

HOST = HostSample(1.0, None, 2, None, None, None, None, None, None)


def driver(count: int) -> SimulatedDriver:
    return SimulatedDriver(parse_spec(f"simulated:{count}x2080"), MODELS["2080"])


def sample(gpu_index: int, *, time: float = 1.0) -> GpuSample:
    return GpuSample(gpu_index, f"GPU-{gpu_index}", "RTX", time, utilization_pct=90.0)


def test_a_full_board_is_collected_at_once_and_then_empty() -> None:
    board = Board()
    board.put_driver(driver(2))
    board.put_host(HOST)
    for gpu_index in (1, 0):
        board.put_samples((sample(gpu_index),))
    reading = board.collect(60)
    assert [gpu.gpu_index for gpu in reading.gpus] == [0, 1]
    assert reading.host == HOST
    assert reading.inventory is not None and len(reading.inventory.gpus) == 2
    again = board.collect(0)
    assert (again.inventory, again.gpus, again.host) == (None, (), None)


def test_the_inventory_holds_no_readings() -> None:
    board = Board()
    board.put_driver(driver(1))
    board.put_samples((sample(0),))
    inventory = board.collect(0).inventory
    assert inventory is not None
    assert inventory.gpus == (replace(sample(0), utilization_pct=None),)


def test_a_gpu_that_hangs_is_waited_for_once() -> None:
    board = Board()
    board.put_driver(driver(2))
    board.put_host(HOST)
    board.put_samples((sample(0),))
    board.collect(0)
    board.put_host(HOST)
    board.put_samples((sample(0, time=2.0),))
    assert ends_within(10, lambda: board.collect(60))


def test_a_collector_wakes_when_the_last_gpu_answers() -> None:
    board = Board()
    board.put_driver(driver(1))
    board.put_host(HOST)
    threading.Timer(0.05, board.put_samples, [(sample(0),)]).start()
    assert board.collect(60).gpus == (sample(0),)


def test_a_silent_gpu_is_listed_without_a_name() -> None:
    board = Board(identity_patience_s=0.0)
    board.put_driver(driver(2))
    board.put_samples((sample(0),))
    first = board.collect(0).inventory
    assert first is not None
    assert [gpu.gpu_uuid for gpu in first.gpus] == ["GPU-0", ""]
    board.put_samples((sample(1),))
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


class Hanging:
    """A reader that is in one call for ever."""

    def __init__(self, last: GpuSample, call: str | None, since: float) -> None:
        self._progress = ReadProgress(last, call, since)

    def identify(self) -> GpuSample:
        return self._progress.sample

    def read(self) -> tuple[GpuSample, ...]:
        raise AssertionError("nobody reads here")

    def progress(self) -> ReadProgress:
        return self._progress


def hanging_board(reader: Hanging, *read_before: GpuSample) -> Board:
    board = Board(identity_patience_s=0.0)
    board.put_driver(driver(1))
    board.put_reader(0, reader)
    if read_before:
        board.put_samples(read_before)
        board.collect(0)
    return board


def test_a_call_that_hangs_is_named_with_what_was_read_before_it() -> None:
    process = GpuProcess(7, 1, user="ada")
    before = replace(sample(0, time=5.0), power_w=100.0, processes=(process,))
    begun = replace(before, utilization_pct=33.0, time=9.0, processes=(GpuProcess(7, 1),))
    reader = Hanging(begun, "nvmlDeviceGetPowerUsage", time.monotonic() - 4.2)
    (told,) = hanging_board(reader, before).collect(0).gpus
    assert told == replace(
        before,
        utilization_pct=33.0,
        problem="no answer from nvmlDeviceGetPowerUsage for 4 s",
    )


def test_a_call_that_has_just_begun_is_no_hang() -> None:
    reader = Hanging(sample(0), "nvmlDeviceGetPowerUsage", time.monotonic())
    assert hanging_board(reader, sample(0)).collect(0).gpus == ()


def test_who_is_in_no_call_does_not_hang() -> None:
    reader = Hanging(sample(0), None, 0.0)
    assert hanging_board(reader, sample(0)).collect(0).gpus == ()


def test_a_gpu_that_hangs_from_its_first_call_has_a_row_without_a_name() -> None:
    nameless = GpuSample(0, "", "", 0.0)
    board = hanging_board(Hanging(nameless, "nvmlDeviceGetUUID", time.monotonic() - 1.5))
    assert not board.is_settled
    (told,) = board.collect(0).gpus
    assert told.problem is not None
    assert told.problem.startswith("no answer from nvmlDeviceGetUUID for ")
    assert board.is_settled


def test_mig_devices_share_the_problem_of_their_gpu() -> None:
    parts = [replace(sample(0), gpu_uuid=f"MIG-{i}", mig_index=i) for i in range(2)]
    reader = Hanging(sample(0), "nvmlDeviceGetName", time.monotonic() - 2)
    board = hanging_board(reader, sample(0), *parts)
    told = board.collect(0).gpus
    assert [one.label for one in told] == ["0", "0:0", "0:1"]
    assert all((one.problem or "").startswith("no answer from ") for one in told)
    board.put_samples((replace(sample(0), problem="lost: it fell"),))
    assert [one.problem for one in board.collect(0).gpus] == ["lost: it fell"] * 3


def test_a_gpu_that_is_cut_into_mig_devices_is_listed_anew() -> None:
    board = hanging_board(Hanging(sample(0), None, 0.0), sample(0))
    part = replace(sample(0), gpu_uuid="MIG-0", mig_index=0)
    board.put_samples((replace(sample(0), has_mig=True), part))
    inventory = board.collect(0).inventory
    assert inventory is not None
    assert [(one.label, one.has_mig) for one in inventory.gpus] == [("0", True), ("0:0", False)]


def test_what_came_before_the_inventory_comes_again_with_it() -> None:
    board = Board(identity_patience_s=60)
    board.put_driver(driver(2))
    board.put_samples((sample(0),))
    early = board.collect(0)
    assert (early.inventory, early.gpus) == (None, (sample(0),))
    board.put_samples((sample(1),))
    late = board.collect(0)
    assert late.inventory is not None
    assert late.gpus == (sample(0), sample(1))
