from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.cli.gpu_objects import Owners
from cockpit.cli.gpu_table import text_lines
from cockpit.cli.gpus import clip
from cockpit.cli.text_width import width
from cockpit.devices.sample import (
    DeviceInventory,
    DeviceReading,
    DeviceSource,
    GpuProcess,
    GpuSample,
    HostSample,
)
from cockpit.devices.throttle import Throttle
from cockpit.units import GIB
from cockpit.views.gpu_owners import GpuOwner

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
    throttle=0,
)
HOST = HostSample(NOW_S, 12.0, 64, 115 * GIB, 256 * GIB, 0, 212 * GIB, 1.0, None)
HUNG = "no answer from nvmlDeviceGetPowerUsage for 14 s"
LOST = "lost: the driver reports GPU is lost"


def reading(*gpus: GpuSample, source: DeviceSource = DeviceSource.NVML) -> DeviceReading:
    return DeviceReading(DeviceInventory(source, gpus, "570.133", None), gpus, HOST)


def row(gpu: GpuSample) -> str:
    return text_lines(reading(gpu), NOW_S)[2]


def test_a_healthy_row_and_the_host() -> None:
    assert text_lines(reading(GPU), NOW_S) == [
        "driver 570.133",
        "GPU  name      util  memory GiB    temp     power  run  slowed by   MHz  read",
        "  0  RTX 2080   86%     6.1/8.0  70/88°  206/215W                  1815  now",
        "Host  cpu 12% of 64 threads · load 1.0 · memory 115 GiB of 256 GiB · disk 212 GiB free"
        " · /dev/shm – free",
    ]


def test_a_large_card_has_no_decimals_and_a_hungry_one_room() -> None:
    large = replace(
        GPU,
        memory_used_bytes=163 * GIB,
        memory_total_bytes=180 * GIB,
        power_w=1000.0,
        power_limit_w=1000.0,
    )
    assert "163/180" in row(large) and "1000/1000W" in row(large)


def test_missing_values_are_dashes() -> None:
    bare = GpuSample(0, "GPU-0", "", NOW_S)
    assert row(bare).split() == ["0", *7 * ["–"], "now"]


def test_hot_stale_and_lost_are_marked() -> None:
    hot = replace(GPU, temperature_c=86)
    stale = replace(GPU, gpu_index=1, time=NOW_S - 14, problem=HUNG)
    lost = replace(GPU, gpu_index=2, time=NOW_S - 90, problem=LOST)
    gone = GpuSample(3, "", "", NOW_S, problem=LOST)
    silent = GpuSample(4, "", "", NOW_S, problem="no answer for 5 s")
    lines = text_lines(reading(hot, stale, lost, gone, silent), NOW_S)[2:]
    assert "▲86/88°" in lines[0] and lines[0].endswith("now")
    assert "6.1/8.0" in lines[1] and lines[1].endswith(f"▲ {HUNG}")
    assert f"✗ {LOST} · last 86%, 6.1/8.0 GiB, 70/88°" in lines[2]
    assert lines[2].endswith("1m 30s old")
    assert lines[3].endswith(f"✗ {LOST}")
    assert lines[4].endswith("▲ no answer for 5 s")


def test_an_old_reading_shows_its_age() -> None:
    assert row(replace(GPU, time=NOW_S - 8)).endswith("▲ 8 s old")


def test_simulated_is_labelled() -> None:
    assert text_lines(reading(GPU, source=DeviceSource.SIMULATED), NOW_S)[0].startswith("SIMULATED")


@pytest.mark.parametrize(
    ("throttle", "words"),
    [
        (Throttle.POWER_CAP, "power cap"),
        (Throttle.HW_THERMAL | Throttle.HW_SLOWDOWN, "too hot, hardware slowdown"),
        (Throttle.POWER_BRAKE | Throttle.HW_SLOWDOWN, "power brake"),
        (Throttle.HW_SLOWDOWN, "hardware slowdown"),
        (Throttle.IDLE, ""),
    ],
)
def test_what_slows_a_gpu_is_said_in_words(throttle: Throttle, words: str) -> None:
    assert row(replace(GPU, throttle=int(throttle))).partition("215W")[2].split("1815")[
        0
    ].strip() == (words)


def test_mig_devices_follow_their_gpu() -> None:
    parent = replace(GPU, gpu_index=3, has_mig=True, utilization_pct=None)
    part = GpuSample(3, "MIG-1", "MIG 1g.10gb", NOW_S, memory_used_bytes=GIB, mig_index=1)
    lines = text_lines(reading(parent, part), NOW_S)[2:4]
    assert [line.split()[0] for line in lines] == ["3", "3:1"]


def test_a_run_stands_before_the_process_and_the_process_before_nothing() -> None:
    process = GpuProcess(4_100_123, 6 * GIB, 93.0, "ada", "python [red]train.py[/red]")
    trained = replace(GPU, processes=(process,))
    owners = Owners({"GPU-0": GpuOwner("obstacle-1", "障碍物 检测", 3)}, {})
    assert "障碍物 检测 · r3" in text_lines(reading(trained), NOW_S, owners)[2]
    assert "ada: python [red]train.py[/…" in row(trained)


def test_foreign_processes_stand_under_the_table_with_their_user() -> None:
    ours, theirs = GpuProcess(7, GIB, 12.0, "ada", "python"), GpuProcess(4_100_123, 6 * GIB)
    gpu = replace(GPU, processes=(ours, theirs))
    owner = GpuOwner("run-1", "run", 0)
    lines = text_lines(reading(gpu), NOW_S, Owners({"GPU-0": owner}, {7: owner}))
    assert lines[3].split() == ["GPU", "pid", "user", "memory", "SM", "command"]
    assert lines[4].split() == ["0", "4100123", "–", "6.0", "GiB", "–", "–"]
    assert lines[5].split() == ["0", "7", "ada", "1.0", "GiB", "12%", "run", "·", "r0:", "python"]


def test_a_process_of_a_run_that_is_alone_needs_no_second_line() -> None:
    owner = GpuOwner("run-1", "run", 0)
    gpu = replace(GPU, processes=(GpuProcess(7, GIB),))
    lines = text_lines(reading(gpu), NOW_S, Owners({"GPU-0": owner}, {7: owner}))
    assert lines[3].startswith("Host ")


def test_what_is_not_seen_of_processes_is_said() -> None:
    hidden = replace(GPU, processes=(GpuProcess(9, int(10.5 * GIB), is_visible=False),))
    refused = replace(GPU, processes=None, processes_problem="no permission to list processes")
    empty = replace(GPU, processes=())
    idle = replace(GPU, processes=(), memory_used_bytes=GIB // 4)
    gpus = [
        replace(gpu, gpu_index=index, gpu_uuid=f"GPU-{index}")
        for index, gpu in enumerate((hidden, refused, refused, empty, idle, refused))
    ]
    lines = text_lines(reading(*gpus), NOW_S)[8:]
    assert lines[:3] == [
        "GPU 0: 1 process, 10.5 GiB, not visible in this container",
        "GPUs 1, 2, 5: no permission to list processes",
        "GPU 3: 6.1 GiB in use, and no process to be seen",
    ]
    assert lines[3].startswith("Host ")


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_a_narrow_terminal_gets_whole_lines(columns: int) -> None:
    process = GpuProcess(
        4_100_123, 6 * GIB, 93.0, "ada", "python train.py --数据 目录 --epochs 300"
    )
    gpus = [
        replace(GPU, gpu_index=index, gpu_uuid=f"GPU-{index}", processes=(process,))
        for index in (0, 99, 127)
    ]
    gpus[1] = replace(gpus[1], problem=HUNG, throttle=int(Throttle.POWER_BRAKE))
    lines = text_lines(reading(*gpus), NOW_S, columns=columns)
    assert max(map(width, lines)) <= columns
    said = "\n".join(lines)
    assert "127" in said and "86%" in said and "no answer" in said
    if columns >= 60:
        assert f"GPU 99: {HUNG}" in lines and "power brake" in said
        assert "RTX 2080" in said


def test_at_80_columns_who_uses_a_gpu_is_seen() -> None:
    owners = Owners({"GPU-0": GpuOwner("obstacle-yolo11n-1", "obstacle-yolo11n", 11)}, {})
    lines = text_lines(reading(GPU), NOW_S, owners, columns=80)
    assert any("obstacle-yolo" in line and line.endswith("now") for line in lines)


def test_control_characters_do_not_reach_the_terminal() -> None:
    process = GpuProcess(7, GIB, None, "a\x1b[31mda", "python\n\x1b]0;title\x07 \u202etrain")
    gpu = replace(GPU, name="RTX\x1b[2J", processes=(process, process), problem="no\x9banswer")
    said = "".join(text_lines(reading(gpu), NOW_S))
    assert all(letter.isprintable() for letter in said)


def test_a_small_terminal_says_what_it_leaves_out() -> None:
    lines = [str(number) for number in range(64)]
    assert clip(lines, 80) == lines
    assert clip(lines, 3) == ["0", "1", "62 more lines need a taller terminal"]
