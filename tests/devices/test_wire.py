from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from cockpit.devices.sample import (
    DeviceInventory,
    DeviceReading,
    DeviceSource,
    EventKind,
    GpuEvent,
    GpuProcess,
    GpuSample,
    HostSample,
    MemoryHealth,
    NvLink,
    PcieLink,
)
from cockpit.devices.wire import (
    WireError,
    format_reading,
    parse_reading,
)

GPU = GpuSample(
    gpu_index=3,
    gpu_uuid="GPU-3",
    name="NVIDIA H20",
    time=1700000000.25,
    utilization_pct=97.0,
    memory_used_bytes=71 << 30,
    memory_total_bytes=96 << 30,
    temperature_c=70.0,
    power_w=138.5,
    processes=(
        GpuProcess(41233, 7 << 30, 93.0, "ada", "python train.py"),
        GpuProcess(41234, None, is_visible=False),
    ),
    problem="no answer for 14 s",
    memory_reserved_bytes=233 << 20,
    throttle=0x44,
    fan_pct=40.0,
    pcie=PcieLink(3, 4, 8, 16, 1.5e9, 2e6, 7),
    nvlink=NvLink(17, 18, 1e9, 1e9, 0),
    memory_health=MemoryHealth(1, 0, 2, is_remap_pending=True, has_remap_failed=False),
    energy_j=1234.5,
    processes_problem="no permission to list processes",
    mig_index=1,
)
HOST = HostSample(1700000000.0, 12.5, 64, 1 << 30, 2 << 30, 0, 5 << 30, 1.5, None)
READING = DeviceReading(
    DeviceInventory(DeviceSource.NVML, (GPU,), "570.133.20", None),
    (GPU, GpuSample(4, "GPU-4", "", 1.0)),
    HOST,
    (GpuEvent(3, "GPU-3", 1700000000.5, EventKind.XID, 79),),
)


def only_gpu(fields: dict[str, object]) -> GpuSample:
    (sample,) = parse_reading(json.dumps({"gpus": [fields]})).gpus
    return sample


def test_a_reading_comes_back_as_it_was() -> None:
    line = format_reading(READING)
    assert "\n" not in line
    assert parse_reading(line) == READING


def test_an_empty_tick_comes_back() -> None:
    empty = DeviceReading(None, (), None)
    assert parse_reading(format_reading(empty)) == empty


def test_unknown_fields_are_ignored() -> None:
    assert only_gpu(asdict(GPU) | {"colour": "green"}) == GPU


def test_a_missing_optional_field_is_none() -> None:
    sample = only_gpu({"gpu_index": 0, "gpu_uuid": "u", "name": "n", "time": 1})
    assert sample == GpuSample(0, "u", "n", 1.0)


@pytest.mark.parametrize(
    "change",
    [
        {"gpu_index": "3"},
        {"gpu_index": True},
        {"gpu_index": None},
        {"time": None},
        {"utilization_pct": "97"},
        {"utilization_pct": True},
        {"memory_used_bytes": 1.5},
        {"name": 7},
        {"processes": {}},
        {"processes": [7]},
    ],
)
def test_a_wrong_type_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(WireError):
        only_gpu(asdict(GPU) | change)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        "7",
        "noise",
        '{"gpus": 1}',
        '{"host": {"time": NaN}}',
        "[" * 100_000,
        '{"host": {"time": 1%s}}' % ("0" * 400),
    ],
    ids=range(8),
)
def test_noise_is_refused(line: str) -> None:
    with pytest.raises(WireError):
        parse_reading(line)


def test_an_unknown_source_is_refused() -> None:
    with pytest.raises(WireError, match="source"):
        parse_reading('{"inventory": {"source": "guess"}}')


def test_a_line_cut_anywhere_is_refused() -> None:
    line = format_reading(READING)
    for end in range(len(line)):
        with pytest.raises(WireError):
            parse_reading(line[:end])
