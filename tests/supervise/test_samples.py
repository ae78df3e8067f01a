from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from cockpit.devices.sample import (
    DeviceInventory,
    DeviceReading,
    DeviceSource,
    GpuSample,
    HostSample,
)
from cockpit.runs.layout import RunPaths
from cockpit.runs.samples import HostRecord, read_gpu_records, read_host_records
from cockpit.runs.usage import RunUsage
from cockpit.supervise.journal import Journal
from cockpit.supervise.samples import DEVICE_PERIOD_S, UUIDS_PERIOD_S, Recorder

DAY_S = 86_400
UUID = "GPU-8c3b6f0e-5d2a-4a7b-9d61-{:012d}"
USAGE = RunUsage(1.0, 145, 123.45, 512 << 30, 128, 98.76)


def sample(index: int, time: float = 100.0, **more: object) -> GpuSample:
    widest = GpuSample(
        gpu_index=index,
        gpu_uuid=UUID.format(index),
        name="NVIDIA H200",
        time=time,
        utilization_pct=100,
        memory_used_bytes=149_999_999_999,
        temperature_c=101,
        power_w=699.873,
        sm_clock_mhz=1980,
        throttle=0x60,
    )
    return replace(widest, **more)  # type: ignore[arg-type]  # fields of a sample


def host(time: float) -> HostSample:
    return HostSample(
        time=time,
        cpu_pct=99.94,
        cpu_count=192,
        memory_used_bytes=1_999_999_999_999,
        memory_total_bytes=2_199_023_255_552,
        swap_used_bytes=10_999_999_999,
        disk_free_bytes=9_999_999_999_999,
        load_1min=10,
        shm_free_bytes=999_999_999_999,
        disk_read_bytes_per_s=2_999_999_999.4,
        disk_write_bytes_per_s=2_999_999_999.4,
        network_rx_bytes_per_s=24_999_999_999.4,
        network_tx_bytes_per_s=24_999_999_999.4,
    )


def reading(*gpus: GpuSample, at: HostSample | None = None) -> DeviceReading:
    return DeviceReading(DeviceInventory(DeviceSource.NVML, gpus, "570", None), gpus, at)


def recorder(root: Path) -> tuple[Recorder, RunPaths]:
    paths = RunPaths(root)
    return Recorder(paths, Journal(paths), "none"), paths


def test_a_day_of_16_gpus_takes_less_than_20_mb(tmp_path: Path) -> None:
    record, paths = recorder(tmp_path)
    steps = round(2 * UUIDS_PERIOD_S / DEVICE_PERIOD_S)
    for step in range(steps):
        at = 100 + step * DEVICE_PERIOD_S
        gpus = [sample(index, at) for index in range(16)]
        record.record(reading(*gpus, at=host(at)), USAGE, at)
    written = paths.gpu_samples.stat().st_size + paths.host_samples.stat().st_size
    log_lines = DAY_S * len('{"t":1795274193.5,"bytes":5368709120}\n')
    a_day = written * DAY_S / (steps * DEVICE_PERIOD_S) + log_lines
    print(f"{a_day / 1e6:.1f} MB a day", file=sys.stderr)
    assert a_day < 20e6


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    record, paths = recorder(tmp_path)
    part = sample(1, mig_index=0, gpu_uuid="MIG-1", utilization_pct=None, throttle=None)
    record.record(reading(sample(0), sample(1, has_mig=True), part, at=host(100)), USAGE, 0)
    first, whole, mig = read_gpu_records(paths.gpu_samples)
    assert (first.gpu_uuid, first.power_w, first.sm_clock_mhz) == (UUID.format(0), 699.9, 1980)
    assert (first.throttle, first.memory_used_bytes) == (0x60, 149_999_999_999)
    assert (whole.key, whole.label) == (UUID.format(1), "1")
    assert (mig.key, mig.label, mig.utilization_pct) == ("MIG-1", "1:0", None)
    (of_host,) = read_host_records(paths.host_samples)
    assert of_host == HostRecord(
        100,
        99.9,
        1_999_999_999_999,
        10_999_999_999,
        9_999_999_999_999,
        999_999_999_999,
        123.45,
        512 << 30,
        128,
        2_999_999_999,
        2_999_999_999,
        24_999_999_999,
        24_999_999_999,
    )


def test_a_gpu_that_falls_silent_is_said_once_and_without_its_old_values(tmp_path: Path) -> None:
    record, paths = recorder(tmp_path)
    record.record(reading(sample(0)), None, 0)
    for silence in ("no answer for 14 s", "no answer for 19 s"):
        record.record(reading(sample(0, problem=silence)), None, 5)
    record.record(reading(sample(0, time=130)), None, 10)
    before, silent, after = read_gpu_records(paths.gpu_samples)
    assert (before.problem, silent.problem, after.problem) == (None, "no answer for 14 s", None)
    assert (silent.utilization_pct, silent.power_w) == (None, None)
    assert (silent.gpu_uuid, after.power_w) == (UUID.format(0), 699.9)


def test_the_gpus_are_named_anew_when_they_change_and_every_ten_minutes(tmp_path: Path) -> None:
    record, paths = recorder(tmp_path)
    for now, uuid in ((0, "a"), (5, "a"), (10, "b"), (10 + UUIDS_PERIOD_S, "b")):
        record.record(reading(sample(0, time=now, gpu_uuid=uuid)), None, now)
    assert paths.gpu_samples.read_text().count('"uuids"') == 3
    assert [one.gpu_uuid for one in read_gpu_records(paths.gpu_samples)] == ["a", "a", "b", "b"]


def test_a_folder_that_is_gone_stops_nothing(tmp_path: Path) -> None:
    record, _ = recorder(tmp_path / "gone")
    record.record(reading(sample(0), at=host(100)), None, 0)
    record.record_log(0)
