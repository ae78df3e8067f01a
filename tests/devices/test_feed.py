from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cockpit.devices.feed import DeviceFeed, describe_end, poller_environment, read_once
from cockpit.devices.sample import DeviceReading, DeviceSource
from cockpit.processes.identity import ProcessIdentity, identify, is_alive
from tests.devices.conftest import Feeds
from tests.devices.waiting import ends_within, wait_until
from tests.nvml_stub.stub import NvmlStub

PARENT = """
import sys, time
from cockpit.devices.feed import DeviceFeed
feed = DeviceFeed(sys.argv[1], 0.2)
feed.start()
feed.wait_until(lambda reading: bool(reading.gpus), 60)
print(feed.poller_pid, flush=True)
time.sleep(600)
"""


def poller_of(feed: DeviceFeed) -> ProcessIdentity:
    wait_until(lambda: feed.poller_pid is not None)
    found = identify(feed.poller_pid or 0)
    assert found is not None
    return found


def has_readings(feed: DeviceFeed, count: int) -> bool:
    gpus = feed.latest().gpus
    return len(gpus) == count and all(gpu.has_readings for gpu in gpus)


def test_before_the_first_answer_nothing_is_known() -> None:
    assert DeviceFeed("auto").latest() == DeviceReading(None, (), None)


def test_readings_are_renewed(feeds: Feeds) -> None:
    feed = feeds.start("simulated:16xh20")
    wait_until(lambda: has_readings(feed, 16) and feed.latest().host is not None)
    first = feed.latest()
    assert first.inventory is not None
    assert first.inventory.source is DeviceSource.SIMULATED
    wait_until(lambda: feed.latest().gpus[15].time > first.gpus[15].time)


def test_a_hanging_gpu_turns_stale_alone_and_does_not_hold_up_the_end(
    stub: NvmlStub, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.use(monkeypatch, "count=8")
    feed = feeds.start("auto")
    wait_until(lambda: has_readings(feed, 8))
    stub.from_now_on("hang=3")
    wait_until(lambda: feed.latest().gpus[3].problem is not None)
    reading = feed.latest()
    stale = reading.gpus[3]
    assert stale.problem is not None
    assert stale.problem.startswith("no answer from nvmlDeviceGetUtilizationRates for ")
    assert stale.utilization_pct == 93
    others = [gpu for gpu in reading.gpus if gpu.gpu_index != 3]
    assert all(gpu.problem is None and gpu.time > stale.time for gpu in others)
    poller = poller_of(feed)
    assert ends_within(5, feed.close)
    assert not is_alive(poller)


def test_a_hang_that_ends_is_forgotten(
    stub: NvmlStub, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.use(monkeypatch, "count=2")
    feed = feeds.start("auto")
    wait_until(lambda: has_readings(feed, 2))
    stub.from_now_on("hang=1")
    wait_until(lambda: feed.latest().gpus[1].problem is not None)
    stub.from_now_on("")
    wait_until(lambda: feed.latest().gpus[1].problem is None)


def test_a_driver_that_hangs_at_its_start_leaves_the_host_and_can_be_closed(
    stub: NvmlStub, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.use(monkeypatch, "init=hang")
    feed = feeds.start("auto")
    wait_until(lambda: feed.latest().host is not None)
    assert feed.latest().inventory is None
    assert ends_within(5, feed.close)


@pytest.mark.parametrize("spec", ["simulated:2x2080", "simulated:2x2080,hang=1@0"])
def test_the_poller_ends_when_its_parent_is_killed(spec: str) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, spec], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    poller = identify(int(parent.stdout.readline()))
    assert poller is not None and is_alive(poller)
    parent.kill()
    parent.communicate()
    wait_until(lambda: not is_alive(poller))


def test_a_killed_poller_is_replaced(feeds: Feeds) -> None:
    feed = feeds.start("simulated:2x2080")
    wait_until(lambda: has_readings(feed, 2))
    poller = poller_of(feed)
    os.kill(poller.pid, signal.SIGKILL)
    wait_until(lambda: feed.poller_pid not in (None, poller.pid))
    before = feed.latest().gpus[1].time
    wait_until(lambda: feed.latest().gpus[1].time > before)
    inventory = feed.latest().inventory
    assert inventory is not None and inventory.problem is None


def test_a_poller_that_always_dies_is_said_to(
    stub: NvmlStub, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.use(monkeypatch, "init=abort")
    feed = feeds.start("auto")
    wait_until(lambda: feed.latest().inventory is not None)
    inventory = feed.latest().inventory
    assert inventory is not None and inventory.problem is not None
    assert "SIGABRT: the stand-in gives up" in inventory.problem


def test_closing_twice_or_before_the_start_is_no_harm() -> None:
    feed = DeviceFeed("simulated:1x2080")
    feed.close()
    feed.start()
    feed.close()
    assert feed.poller_pid is None


def test_no_thread_is_left_after_closing(feeds: Feeds) -> None:
    feed = feeds.start("simulated:1x2080")
    wait_until(lambda: has_readings(feed, 1))
    feed.close()
    wait_until(lambda: all(thread.name != "devices" for thread in threading.enumerate()))


def test_once_waits_for_every_gpu() -> None:
    reading = read_once("simulated:16x2080", 30)
    assert len(reading.gpus) == 16
    assert all(gpu.has_readings and gpu.problem is None for gpu in reading.gpus)


def test_once_says_what_did_not_answer_in_time() -> None:
    reading = read_once("simulated:2x2080,hang=1@0", 2.0)
    assert reading.gpus[0].problem is None
    assert (reading.gpus[1].problem or "").startswith("no answer from nvmlDeviceGetPowerUsage for ")


def test_once_without_gpus_knows_the_host() -> None:
    reading = read_once("none", 30)
    assert reading.inventory is not None and reading.inventory.problem is not None
    assert reading.host is not None and reading.host.cpu_pct is not None


def test_the_poller_is_no_part_of_a_run(feeds: Feeds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_RUN_ID", "quickstart-1")
    feed = feeds.start("simulated:1x2080")
    wait_until(lambda: has_readings(feed, 1))
    environ = Path(f"/proc/{feed.poller_pid}/environ").read_bytes()
    assert b"COCKPIT_RUN_ID" not in environ
    assert poller_environment({"COCKPIT_RUN_ID": "x", "HOME": "/h"})["HOME"] == "/h"


def test_an_end_is_described() -> None:
    assert describe_end(-9, "") == "SIGKILL"
    assert describe_end(1, "ImportError: no") == "exit status 1: ImportError: no"
    assert describe_end(-77, "") == "signal 77"
