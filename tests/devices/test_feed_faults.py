"""What a feed says when driver, poller and GPUs do what they should not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cockpit.devices import feed as feed_module
from cockpit.devices.feed import DeviceFeed
from cockpit.devices.sample import DeviceReading, DeviceSource, EventKind, GpuSample
from tests.devices.conftest import Feeds
from tests.devices.waiting import wait_until
from tests.nvml_stub.stub import NvmlStub


def row(feed: DeviceFeed, place: int) -> GpuSample:
    return feed.latest().gpus[place]


def problem(feed: DeviceFeed, place: int) -> str:
    gpus = feed.latest().gpus
    return gpus[place].problem or "" if place < len(gpus) else ""


def is_well(feed: DeviceFeed, count: int) -> bool:
    gpus = feed.latest().gpus
    return len(gpus) == count and all(gpu.has_readings and gpu.problem is None for gpu in gpus)


def test_a_call_that_hangs_mid_run_is_named_and_the_other_rows_keep_their_pace(
    stub: NvmlStub, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.use(monkeypatch, "count=8")
    feed = feeds.start("auto")
    wait_until(lambda: is_well(feed, 8))
    stub.from_now_on("hang=3@GetPowerUsage")
    wait_until(lambda: "nvmlDeviceGetPowerUsage for 2 s" in problem(feed, 3))
    hung, times = row(feed, 3), [gpu.time for gpu in feed.latest().gpus]
    assert (hung.power_w, hung.utilization_pct) == (200.5, 93)
    assert hung.time < min(times[:3] + times[4:])
    wait_until(lambda: all(row(feed, place).time > times[place] for place in (0, 7)))
    assert row(feed, 3).time == hung.time
    stub.from_now_on("")
    wait_until(lambda: is_well(feed, 8))


def test_a_driver_that_hangs_at_its_start_is_waited_for(
    stub: NvmlStub, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.use(monkeypatch, "count=2 init_ms=1500")
    feed = feeds.start("auto")
    wait_until(lambda: is_well(feed, 2))


def test_a_driver_library_that_appears_later_is_found(
    tmp_path: Path, stub_library: Path, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = NvmlStub(tmp_path)
    late.use(monkeypatch, "count=2")
    feed = feeds.start("auto")
    wait_until(lambda: feed.latest().inventory is not None)
    inventory = feed.latest().inventory
    assert inventory is not None and "no NVIDIA driver is installed" in (inventory.problem or "")
    draft = tmp_path / "draft"
    draft.write_bytes(stub_library.read_bytes())
    draft.rename(tmp_path / "libnvidia-ml.so.1")
    poller = feed.poller_pid
    wait_until(lambda: is_well(feed, 2))
    inventory = feed.latest().inventory
    assert inventory is not None
    assert (inventory.source, inventory.problem) == (DeviceSource.NVML, None)
    assert feed.poller_pid == poller


def test_a_driver_that_is_loaded_later_is_found(
    stub: NvmlStub, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.use(monkeypatch, "")
    stub.from_now_on("init=9 count=3")
    feed = feeds.start("auto")
    wait_until(lambda: feed.latest().inventory is not None)
    inventory = feed.latest().inventory
    assert inventory is not None and "not loaded" in (inventory.problem or "")
    stub.from_now_on("count=3")
    wait_until(lambda: is_well(feed, 3))


def test_when_the_driver_counts_other_gpus_a_new_poller_starts_without_a_word(
    stub: NvmlStub, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.use(monkeypatch, "")
    stub.from_now_on("count=3")
    feed = feeds.start("auto")
    wait_until(lambda: is_well(feed, 3))
    before, poller = feed.latest().gpus, feed.poller_pid
    stub.from_now_on("count=2")
    said: list[str | None] = []

    def is_lost() -> bool:
        reading = feed.latest()
        said.append(reading.inventory.problem if reading.inventory else None)
        return len(reading.gpus) == 3 and reading.gpus[2].is_lost

    wait_until(is_lost)
    assert set(said) == {None}
    assert feed.poller_pid != poller
    gone = row(feed, 2)
    assert gone.problem == "lost: the driver lists it no more"
    assert (gone.gpu_index, gone.gpu_uuid, gone.name) == (2, before[2].gpu_uuid, before[2].name)
    assert gone.utilization_pct == before[2].utilization_pct
    stub.from_now_on("count=4")
    wait_until(lambda: is_well(feed, 4))
    assert [gpu.gpu_index for gpu in feed.latest().gpus] == [0, 1, 2, 3]


def test_a_frozen_poller_is_noticed_and_replaced(
    feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "FROZEN_AFTER_S", 4.0)
    feed = feeds.start("simulated:2x2080")
    wait_until(lambda: is_well(feed, 2))
    frozen = feed.poller_pid
    assert frozen is not None
    os.kill(frozen, signal.SIGSTOP)
    wait_until(lambda: problem(feed, 1).startswith("no answer for "))
    old = row(feed, 1)
    wait_until(lambda: feed.poller_pid not in (None, frozen) and is_well(feed, 2))
    assert row(feed, 1).time > old.time
    inventory = feed.latest().inventory
    assert inventory is not None and inventory.problem is None


def test_a_poller_that_dies_leaves_rows_that_say_their_age(
    stub: NvmlStub, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.use(monkeypatch, "count=2")
    feed = feeds.start("auto")
    wait_until(lambda: is_well(feed, 2))
    stub.from_now_on("init=hang")
    assert feed.poller_pid is not None
    os.kill(feed.poller_pid, signal.SIGKILL)
    wait_until(lambda: "SIGKILL" in _inventory_problem(feed.latest()))
    wait_until(lambda: problem(feed, 0).startswith("no answer for "))
    assert row(feed, 0).utilization_pct == 90
    stub.from_now_on("")
    wait_until(lambda: is_well(feed, 2))


def _inventory_problem(reading: DeviceReading) -> str:
    return (reading.inventory.problem if reading.inventory else "") or ""


def test_a_poller_that_cannot_start_is_said_to(
    feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    feed = feeds.start("simulated:2x2080")
    wait_until(lambda: "/no/such/python" in _inventory_problem(feed.latest()))


def test_an_xid_comes_when_it_happens_and_is_kept(
    stub: NvmlStub, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.use(monkeypatch, "count=4")
    feed = feeds.start("auto", interval_s=30)
    wait_until(lambda: is_well(feed, 4))
    stub.from_now_on("xid=3:79")
    wait_until(lambda: bool(feed.latest().events), 10)
    (event,) = feed.latest().events
    assert (event.gpu_index, event.kind, event.code) == (3, EventKind.XID, 79)
    assert event.gpu_uuid == row(feed, 3).gpu_uuid


def test_mig_devices_have_rows_of_their_own(
    stub: NvmlStub, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.use(monkeypatch, "count=2 model=a100 mig=0:3")
    feed = feeds.start("auto")
    wait_until(lambda: is_well(feed, 5))
    gpus = feed.latest().gpus
    assert [gpu.label for gpu in gpus] == ["0", "0:0", "0:1", "0:2", "1"]
    assert len({gpu.key for gpu in gpus}) == 5
    stub.from_now_on("hang=0")
    wait_until(
        lambda: all(problem(feed, place).startswith("no answer from ") for place in range(4))
    )
    assert row(feed, 4).problem is None


def test_a_process_on_a_gpu_has_user_and_command_and_a_hidden_one_says_so(
    stub: NvmlStub, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [sys.executable, "-c", "input()", "[bold red]data/名.yaml"]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as process:
        stub.use(monkeypatch, f"count=1 train pid={process.pid}")
        seen = feeds.start("auto")
        wait_until(lambda: is_well(seen, 1))
        (shown,) = row(seen, 0).processes or ()
        process.communicate(b"\n")
    assert shown.command == " ".join(words) and shown.user
    stub.use(monkeypatch, "count=1 train pid=4194301")
    unseen = feeds.start("auto")
    wait_until(lambda: is_well(unseen, 1))
    (hidden,) = row(unseen, 0).processes or ()
    assert (hidden.pid, hidden.is_visible, hidden.command) == (4194301, False, None)


def test_128_gpus_have_128_rows_in_order(
    stub: NvmlStub, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.use(monkeypatch, "count=128")
    feed = feeds.start("auto", interval_s=2.0)
    wait_until(lambda: is_well(feed, 128))
    assert [gpu.gpu_index for gpu in feed.latest().gpus] == list(range(128))
