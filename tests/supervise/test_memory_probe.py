"""What a probe decides: what it starts, when it has seen enough, whose memory it counts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cockpit.devices.sample import DeviceReading, GpuProcess, GpuSample
from cockpit.errors import EnvironmentNotFit
from cockpit.presets.resolve import resolve
from cockpit.supervise.probe_gauge import GpuGauge, HostGauge
from cockpit.supervise.probe_plan import probed
from cockpit.supervise.probe_watch import Signs, Watch

MIB = 1 << 20
GIB = 1 << 30


def test_a_probe_trains_one_batch_on_one_gpu_for_two_epochs() -> None:
    preset = probed(resolve("layoutmaster-8gpu"), 6, None)
    assert preset.config is not None
    assert preset.config.set["data.batch_size"] == 6
    assert preset.config.set["training.num_epochs"] == 2
    assert preset.launch.gpus == "1"
    assert preset.needs.gpus is None, "whether it fits is what shall be found"


@pytest.mark.parametrize(
    ("name", "chosen", "gpus"),
    [("mshnet-gpu", None, "0,"), ("mshnet-gpu", "2,", "2,"), ("quickstart", "cpu", "cpu")],
)
def test_a_gpu_that_somebody_named_is_the_one(name: str, chosen: str | None, gpus: str) -> None:
    assert probed(resolve(name), 1, chosen).launch.gpus == gpus


def watch(*, is_longer: bool = False) -> Watch:
    return Watch(began_s=0.0, limit_s=120.0, is_longer=is_longer)


def test_a_training_is_steady_when_it_trains_and_takes_no_more_memory() -> None:
    seen = watch()
    seen.take(5 * GIB, 0, 10.0)
    assert not seen.is_steady(100.0), "nothing shows that it trains"
    seen.take(5 * GIB, 2, 100.0)
    seen.take(6 * GIB, 2, 103.0)
    assert not seen.is_steady(106.0), "there was a new peak"
    seen.take(6 * GIB + MIB, 2, 107.0)
    assert seen.is_steady(108.0)
    assert seen.peak_bytes == 6 * GIB + MIB
    assert seen.doubt(108.0) == ""


@pytest.mark.parametrize(("signs", "is_longer"), [(1, False), (2, True)])
def test_one_sign_alone_and_an_answer_that_is_verified_take_longer(
    signs: int, is_longer: bool
) -> None:
    seen = watch(is_longer=is_longer)
    seen.take(GIB, signs, 10.0)
    assert not seen.is_steady(20.0)
    assert seen.is_steady(30.0)


def test_what_was_not_seen_in_time_is_said() -> None:
    silent, growing = watch(), watch()
    silent.take(GIB, 0, 10.0)
    growing.take(GIB, 2, 10.0)
    growing.take(2 * GIB, 2, 119.0)
    assert silent.is_late(120.0)
    assert "no step" in silent.doubt(120.0)
    assert "still grew" in growing.doubt(120.0)


def test_a_progress_bar_and_results_show_that_it_trains(tmp_path: Path) -> None:
    log, results = tmp_path / "train.log", tmp_path / "results.csv"
    results.write_text("of the run before\n")
    signs = Signs(log, results)
    assert signs.count() == 0
    log.write_text("loading the data\n 0%|     | 0/40\r")
    assert signs.count() == 1
    log.write_text("loading the data\n 0%|     | 0/40\r 3%|     | 1/40 [00:01, 1.1it/s]\r")
    assert signs.count() == 2
    other = Signs(tmp_path / "absent.log", results)
    results.write_text("epoch,loss\n1,0.5\n")
    assert other.count() == 2


FORKS = """
import os, time
held = b"x" * (60 << 20)
children = [os.fork() for _ in range(1)]
if 0 in children:
    time.sleep(600)
print(children[0], flush=True)
time.sleep(600)
"""


def test_memory_that_two_processes_share_is_counted_once() -> None:
    with subprocess.Popen([sys.executable, "-c", FORKS], stdout=subprocess.PIPE) as parent:
        try:
            assert parent.stdout is not None
            child = int(parent.stdout.readline())
            used = HostGauge(None).read([parent.pid, child])
            assert used is not None
            assert 60 * MIB < used < 110 * MIB
        finally:
            os.kill(child, 9)
            parent.kill()


class Driver:
    """Readings that a test writes."""

    def __init__(self, *samples: GpuSample) -> None:
        self.samples = samples

    def latest(self) -> DeviceReading:
        return DeviceReading(None, self.samples, None)

    def wait_until(self, is_enough: Callable[[DeviceReading], bool], timeout_s: float) -> bool:
        return is_enough(self.latest())


def sample(time: float, used: int | None, *processes: GpuProcess, uuid: str = "GPU-a") -> GpuSample:
    return GpuSample(
        gpu_index=0,
        gpu_uuid=uuid,
        name="a GPU",
        time=time,
        memory_used_bytes=used,
        memory_total_bytes=24 * GIB,
        processes=processes,
    )


def test_the_driver_is_asked_for_the_processes_of_the_probe_alone() -> None:
    stranger = GpuProcess(9, 3 * GIB)
    driver = Driver(sample(1.0, 3 * GIB, stranger))
    gauge = GpuGauge(driver, "GPU-a", None)
    assert gauge.limit_bytes == 21 * GIB
    assert gauge.read([100]) is None
    ours = (GpuProcess(100, 2 * GIB), GpuProcess(101, GIB))
    driver.samples = (sample(2.0, 6 * GIB, stranger, *ours), sample(2.0, GIB, uuid="GPU-b"))
    assert gauge.read([100, 101]) == 3 * GIB
    assert gauge.read([100, 101]) is None, "this reading was taken already"
    assert gauge.doubt == ""
    assert gauge.fields(3 * GIB)["driver_used_bytes"] == 3 * GIB
    assert gauge.fields(3 * GIB)["allocated_bytes"] is None


def test_in_a_container_that_hides_pids_the_growth_counts_and_is_said() -> None:
    driver = Driver(sample(1.0, GIB))
    gauge = GpuGauge(driver, "GPU-a", 8 * GIB)
    assert gauge.limit_bytes == 8 * GIB
    driver.samples = (sample(2.0, 5 * GIB, GpuProcess(71234, 4 * GIB, is_visible=False)),)
    assert gauge.read([100]) == 4 * GIB
    assert "rose" in gauge.doubt


def test_a_gpu_whose_memory_is_not_told_is_refused() -> None:
    with pytest.raises(EnvironmentNotFit, match="does not tell the memory"):
        GpuGauge(Driver(sample(1.0, None)), "GPU-a", None)
