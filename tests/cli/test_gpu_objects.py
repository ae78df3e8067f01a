from __future__ import annotations

import csv
import io
import json
from dataclasses import fields, replace

from cockpit.cli.gpu_csv import COLUMNS, csv_text
from cockpit.cli.gpu_objects import Owners, gpu_objects
from cockpit.devices.sample import (
    DeviceInventory,
    DeviceReading,
    DeviceSource,
    GpuProcess,
    GpuSample,
    MemoryHealth,
    PcieLink,
)
from cockpit.units import GIB
from cockpit.views.gpu_owners import GpuOwner

NOW_S = 1000.0
PROCESS = GpuProcess(4_100_123, 6 * GIB, 93.0, "ada", "python train.py")
GPU = GpuSample(
    gpu_index=3,
    gpu_uuid="GPU-3",
    name='NVIDIA "H20", 96 GB',
    time=NOW_S - 0.5,
    utilization_pct=86.0,
    processes=(PROCESS, GpuProcess(9, None, is_visible=False)),
    throttle=0x84,
    pcie=PcieLink(3, 4, 8, 16),
    memory_health=MemoryHealth(0, 1, 1, is_remap_pending=True),
    energy_j=12.5,
)
OWNER = GpuOwner("obstacle-1", "obstacle", 3)
OWNERS = Owners({"GPU-3": OWNER}, {4_100_123: OWNER, 9: OWNER})
BEFORE = (
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
)


def reading(*gpus: GpuSample, source: DeviceSource = DeviceSource.NVML) -> DeviceReading:
    return DeviceReading(DeviceInventory(source, gpus, None, None), gpus, None)


def test_the_keys_that_scripts_know_come_first_and_every_field_is_there() -> None:
    (known,) = gpu_objects(reading(GPU), NOW_S, OWNERS)
    assert tuple(known)[: len(BEFORE)] == BEFORE
    assert {field.name for field in fields(GpuSample)} <= set(known)
    assert (known["age_s"], known["run"], known["rank"]) == (0.5, "obstacle-1", 3)
    assert known["throttle_reasons"] == ["power brake", "power cap"]
    assert known["is_simulated"] is False
    json.dumps(known, allow_nan=False)


def test_a_process_has_its_run_unless_its_pid_is_of_another_container() -> None:
    (known,) = gpu_objects(reading(GPU), NOW_S, OWNERS)
    assert known["processes"] == [
        {
            "pid": 4_100_123,
            "user": "ada",
            "command": "python train.py",
            "memory_used_bytes": 6 * GIB,
            "sm_pct": 93.0,
            "is_visible": True,
            "run": "obstacle-1",
            "rank": 3,
        },
        {
            "pid": 9,
            "user": None,
            "command": None,
            "memory_used_bytes": None,
            "sm_pct": None,
            "is_visible": False,
            "run": None,
            "rank": None,
        },
    ]


def test_what_was_never_read_is_null() -> None:
    (bare,) = gpu_objects(reading(GpuSample(0, "", "", NOW_S)), NOW_S)
    assert {key for key, value in bare.items() if value is not None} == {
        "gpu_index",
        "time",
        "is_simulated",
        "has_mig",
    }


def test_simulated_gpus_say_so() -> None:
    (known,) = gpu_objects(reading(GPU, source=DeviceSource.SIMULATED), NOW_S)
    assert known["is_simulated"] is True


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv_is_flat_with_units_in_the_names() -> None:
    text = csv_text(reading(GPU, GpuSample(4, "", "", 1.0)), NOW_S, OWNERS)
    assert text.splitlines()[0] == ",".join(COLUMNS)
    assert text.count("\r\n") == 3
    full, bare = rows(text)
    assert full["name"] == 'NVIDIA "H20", 96 GB'
    assert (full["time"], full["age_s"], full["run"], full["rank"]) == (
        "1000.0",
        "0.5",
        "obstacle-1",
        "3",
    )
    assert (full["pcie_width"], full["ecc_uncorrected"], full["is_remap_pending"]) == (
        "8",
        "1",
        "true",
    )
    assert (full["process_count"], full["throttle_reasons"]) == ("2", "power brake; power cap")
    assert {key for key, value in bare.items() if value} == {
        "time",
        "gpu_index",
        "is_simulated",
        "has_mig",
    }


def test_the_head_of_csv_comes_once_and_a_line_end_in_a_name_ends_no_line() -> None:
    text = csv_text(reading(replace(GPU, name="a\nb")), NOW_S, has_head=False)
    assert text.count("\n") == 1 and "a b" in text
