from __future__ import annotations

from dataclasses import replace

from cockpit.devices.known import HOST_STALE_S, KEPT_ALIKE, KEPT_KINDS, Known
from cockpit.devices.sample import (
    DeviceInventory,
    DeviceReading,
    DeviceSource,
    EventKind,
    GpuEvent,
    GpuSample,
    HostSample,
)

STALE_S = 3.0


def gpu(index: int, uuid: str | None = None, *, mig_index: int | None = None) -> GpuSample:
    return GpuSample(
        index, f"GPU-{index}" if uuid is None else uuid, "RTX", 1.0, mig_index=mig_index
    )


def inventory(*gpus: GpuSample, problem: str | None = None) -> DeviceInventory:
    source = DeviceSource.NVML if gpus else DeviceSource.NONE
    return DeviceInventory(source, gpus, None, problem)


def line(*gpus: GpuSample, found: DeviceInventory | None = None) -> DeviceReading:
    return DeviceReading(found, gpus, None)


def busy(sample: GpuSample) -> GpuSample:
    return replace(sample, utilization_pct=90.0)


def known(*gpus: GpuSample) -> Known:
    made = Known(STALE_S)
    made.take(line(*map(busy, gpus), found=inventory(*gpus)), now=0.0)
    return made


def rows(of: Known, now: float) -> list[tuple[str, str, str | None]]:
    return [(one.label, one.gpu_uuid, one.problem) for one in of.reading(now).gpus]


def test_rows_stand_in_order_and_mig_devices_follow_their_gpu() -> None:
    made = known(gpu(10), gpu(2, "MIG-b", mig_index=1), gpu(2), gpu(2, "MIG-a", mig_index=0))
    assert [label for label, _, _ in rows(made, 0.0)] == ["2", "2:0", "2:1", "10"]


def test_a_silent_gpu_says_for_how_long() -> None:
    made = known(gpu(0), gpu(1))
    made.take(line(busy(gpu(0))), now=4.0)
    assert [problem for _, _, problem in rows(made, 4.0)] == [None, "no answer for 4 s"]


def test_a_hang_that_nobody_tells_of_any_more_keeps_counting() -> None:
    made = known(gpu(0))
    hung = replace(gpu(0), problem="no answer from nvmlDeviceGetName for 40 s")
    made.take(line(hung), now=40.0)
    assert rows(made, 41.0)[0][2] == hung.problem
    assert rows(made, 44.0)[0][2] == "no answer for 44 s"


def test_a_gpu_that_the_driver_lists_no_more_stays_lost_under_its_uuid() -> None:
    made = known(gpu(0), gpu(1), gpu(2))
    renumbered = (gpu(0), gpu(1, "GPU-2"))
    made.take(line(*map(busy, renumbered), found=inventory(*renumbered)), now=1.0)
    lost = "lost: the driver lists it no more"
    assert rows(made, 1.0) == [("0", "GPU-0", None), ("1", "GPU-2", None), ("1", "GPU-1", lost)]
    assert made.reading(1.0).gpus[2].utilization_pct == 90.0
    made.take(line(found=inventory(gpu(0), gpu(1), gpu(2))), now=2.0)
    assert [(label, uuid) for label, uuid, _ in rows(made, 2.0)] == [
        ("0", "GPU-0"),
        ("1", "GPU-1"),
        ("2", "GPU-2"),
    ]


def test_why_a_gpu_was_lost_is_kept_when_it_is_listed_no_more() -> None:
    made = known(gpu(0), gpu(1))
    fallen = "lost: the driver reports GPU is lost"
    made.take(line(replace(gpu(1), problem=fallen)), now=1.0)
    made.take(line(found=inventory(gpu(0))), now=2.0)
    assert rows(made, 2.0)[1] == ("1", "GPU-1", fallen)


def test_without_a_driver_the_rows_say_what_is_wrong_with_it() -> None:
    made = known(gpu(0))
    made.take(line(found=inventory(problem="the driver is not loaded")), now=1.0)
    assert rows(made, 9.0) == [("0", "GPU-0", "the driver is not loaded")]
    assert not made.reading(9.0).gpus[0].is_lost


def test_a_gpu_that_names_itself_late_has_one_row() -> None:
    made = Known(STALE_S)
    made.take(line(found=inventory(gpu(0), gpu(1, ""))), now=0.0)
    hung = replace(gpu(1, ""), problem="no answer from nvmlDeviceGetUUID for 2 s")
    made.take(line(busy(gpu(0)), hung), now=1.0)
    assert rows(made, 1.0)[1] == ("1", "", hung.problem)
    made.take(line(busy(gpu(1)), found=inventory(gpu(0), gpu(1))), now=2.0)
    assert rows(made, 2.0) == [("0", "GPU-0", None), ("1", "GPU-1", None)]


def test_a_gpu_that_hangs_before_a_new_poller_knows_its_name_keeps_the_name() -> None:
    made = known(gpu(0), gpu(1))
    made.take(line(found=inventory(gpu(0), gpu(1, ""))), now=1.0)
    hung = replace(gpu(1, ""), problem="no answer from nvmlDeviceGetUUID for 2 s")
    made.take(line(hung), now=2.0)
    assert rows(made, 2.0)[1] == ("1", "GPU-1", hung.problem)
    assert made.reading(2.0).gpus[1].utilization_pct == 90.0


def test_a_name_is_not_given_to_two_rows() -> None:
    made = known(gpu(0), gpu(1))
    made.take(line(found=inventory(gpu(0, "GPU-1"), gpu(1, ""))), now=1.0)
    assert sorted(uuid for _, uuid, _ in rows(made, 1.0)) == ["", "GPU-0", "GPU-1"]


def test_mig_devices_go_when_their_gpu_is_cut_anew() -> None:
    parts = [gpu(0, f"MIG-{number}", mig_index=number) for number in range(2)]
    made = known(gpu(0), *parts)
    made.take(line(found=inventory(gpu(0))), now=1.0)
    assert rows(made, 1.0) == [("0", "GPU-0", None)]


def test_only_what_was_told_counts_as_an_answer() -> None:
    made = Known(STALE_S)
    made.take(line(busy(gpu(0)), found=inventory(gpu(0), gpu(1))), now=0.0)
    assert [one.gpu_index for one in made.told().gpus] == [0]
    made.take(line(found=inventory(gpu(1))), now=0.0)
    assert made.told().gpus == ()


def xid(made: Known, gpu_index: int, code: int, moment: float) -> None:
    event = GpuEvent(gpu_index, f"GPU-{gpu_index}", moment, EventKind.XID, code)
    made.take(DeviceReading(None, (), None, (event,)), now=1.0)


def test_a_storm_of_one_xid_does_not_push_out_another() -> None:
    made = known(gpu(0), gpu(1))
    xid(made, 1, 79, 0.5)
    for number in range(1000):
        xid(made, 0, 13, 1.0 + number)
    events = made.reading(1.0).events
    assert (events[0].gpu_index, events[0].code) == (1, 79)
    assert [event.time for event in events[1:]] == [1001.0 - n for n in range(KEPT_ALIKE, 0, -1)]


def test_only_so_many_kinds_of_events_are_kept() -> None:
    made = known(gpu(0))
    for code in range(2 * KEPT_KINDS):
        xid(made, 0, code, float(code))
    assert [event.code for event in made.reading(1.0).events] == list(
        range(KEPT_KINDS, 2 * KEPT_KINDS)
    )


def test_a_host_that_is_not_read_any_more_is_not_shown() -> None:
    made = known(gpu(0))
    made.take(
        DeviceReading(None, (), HostSample(1.0, None, 2, None, None, None, None, None, None)),
        now=10.0,
    )
    assert made.reading(10.0 + HOST_STALE_S - 1).host is not None
    assert made.reading(10.0 + HOST_STALE_S).host is None


def test_the_end_of_a_poller_is_said_until_the_next_one_tells() -> None:
    made = known(gpu(0))
    made.death = "the GPU poller ended"
    found = made.reading(0.0).inventory
    assert found is not None and found.problem == "the GPU poller ended"
    made.take(line(found=inventory(gpu(0))), now=1.0)
    found = made.reading(1.0).inventory
    assert found is not None and found.problem is None
