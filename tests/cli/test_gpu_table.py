from __future__ import annotations

from dataclasses import replace

from cockpit.cli.gpu_table import gpu_objects, text_lines
from cockpit.cli.gpus import clip
from cockpit.devices.sample import (
    DeviceInventory,
    DeviceReading,
    DeviceSource,
    GpuSample,
    HostSample,
)
from cockpit.units import GIB

NOW_S = 1000.0
GPU = GpuSample(
    gpu_index=0,
    gpu_uuid="GPU-0",
    name="NVIDIA GeForce RTX 2080",
    time=NOW_S - 0.5,
    utilization_pct=86,
    memory_used_bytes=int(6.1 * GIB),
    memory_total_bytes=8 * GIB,
    temperature_c=70,
    temperature_slowdown_c=88,
    power_w=206,
    power_limit_w=215,
    sm_clock_mhz=1815,
)
HOST = HostSample(NOW_S, 12.0, 64, 115 * GIB, 256 * GIB, 0, 212 * GIB, 1.0, None)


def reading(*gpus: GpuSample, source: DeviceSource = DeviceSource.NVML) -> DeviceReading:
    return DeviceReading(DeviceInventory(source, gpus, "570.133", None), gpus, HOST)


def test_a_healthy_row_and_the_host() -> None:
    assert text_lines(reading(GPU), NOW_S) == [
        "driver 570.133",
        "GPU  name      util  memory GiB  temp     power   MHz  read",
        "  0  RTX 2080   86%     6.1/8.0   70°  206/215W  1815  now",
        "Host  cpu 12% of 64 threads · memory 115 GiB of 256 GiB · disk 212 GiB free"
        " · /dev/shm – free",
    ]


def test_a_large_card_has_no_decimals() -> None:
    large = replace(GPU, memory_used_bytes=163 * GIB, memory_total_bytes=180 * GIB)
    assert "163/180" in text_lines(reading(large), NOW_S)[2]


def test_missing_values_are_dashes() -> None:
    bare = GpuSample(0, "GPU-0", "", NOW_S)
    assert text_lines(reading(bare), NOW_S)[2].split() == ["0", "–", "–", "–", "–", "–", "–", "now"]


def test_hot_stale_and_lost_are_marked() -> None:
    hot = replace(GPU, temperature_c=86)
    stale = replace(GPU, gpu_index=1, time=NOW_S - 14, problem="no answer for 14 s")
    lost = replace(
        GPU, gpu_index=2, time=NOW_S - 90, problem="lost: the driver reports GPU is lost"
    )
    gone = GpuSample(3, "", "", NOW_S, problem="lost: the driver reports GPU is lost")
    silent = GpuSample(4, "", "", NOW_S, problem="no answer for 5 s")
    lines = text_lines(reading(hot, stale, lost, gone, silent), NOW_S)[2:]
    assert "▲86°" in lines[0] and lines[0].endswith("now")
    assert "6.1/8.0" in lines[1] and lines[1].endswith("▲ no answer for 14 s")
    assert "✗ lost: the driver reports GPU is lost · last 86%, 6.1/8.0 GiB, 70°" in lines[2]
    assert lines[2].endswith("1m 30s old")
    assert lines[3].endswith("✗ lost: the driver reports GPU is lost")
    assert lines[4].endswith("▲ no answer for 5 s")


def test_an_old_reading_shows_its_age() -> None:
    assert text_lines(reading(replace(GPU, time=NOW_S - 8)), NOW_S)[2].endswith("▲ 8 s old")


def test_simulated_is_labelled() -> None:
    assert text_lines(reading(GPU, source=DeviceSource.SIMULATED), NOW_S)[0].startswith("SIMULATED")


def test_objects_have_exactly_the_promised_keys() -> None:
    (known,) = gpu_objects(reading(GPU), NOW_S)
    assert list(known) == [
        "gpu_index",
        "gpu_uuid",
        "name",
        "utilization_pct",
        "memory_used_bytes",
        "memory_total_bytes",
        "temperature_c",
        "power_w",
        "age_s",
        "problem",
    ]
    assert known["age_s"] == 0.5
    (bare,) = gpu_objects(reading(GpuSample(0, "", "", NOW_S)), NOW_S)
    assert [key for key, value in bare.items() if value is not None] == ["gpu_index"]


def test_a_small_terminal_says_what_it_leaves_out() -> None:
    lines = [str(number) for number in range(64)]
    assert clip(lines, 80) == lines
    assert clip(lines, 3) == ["0", "1", "62 more lines need a taller terminal"]
