from __future__ import annotations

import json
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest

from cockpit.runs.samples import (
    GpuRecord,
    bucketed,
    read_gpu_records,
    read_host_records,
)

START = 1_763_730_000.0
UUIDS = {"0": "GPU-a", "1": "GPU-b", "1:0": "MIG-c"}


def line(value: object) -> str:
    return json.dumps(value, separators=(",", ":")) + "\n"


def gpu_line(moment: float, *rows: Sequence[object]) -> str:
    return line({"t": moment, "gpus": list(rows)})


def long_file(file: Path, moments: list[float], uuids_each: int = 100) -> Path:
    """Write a file that is searched and not read: each line has three kilobytes."""
    padding = "x" * 3000
    with file.open("w") as out:
        for number, moment in enumerate(moments):
            if number % uuids_each == 0:
                out.write(line({"t": moment, "uuids": UUIDS}))
            out.write(gpu_line(moment, [0, 50, 1 << 30, 60, 100.5, None, 1800, 4, padding]))
    assert file.stat().st_size > 4 << 20
    return file


def times(file: Path, since: float | None, until: float | None) -> list[float]:
    return [record.time for record in read_gpu_records(file, since, until)]


def test_a_row_is_read_with_the_uuid_that_its_file_names(tmp_path: Path) -> None:
    file = tmp_path / "gpu.jsonl"
    row = [1, 97, 6543 << 20, 71, 212.3, None, 1905, 4]
    mig = ["1:0", None, 1 << 30, None, None, None, None, None]
    file.write_text(line({"t": START, "uuids": UUIDS}) + gpu_line(START + 5, row, mig))
    whole, part = read_gpu_records(file)
    assert whole == GpuRecord(START + 5, 1, "GPU-b", 97, 6543 << 20, 71, 212.3, 1905, 4)
    assert (part.key, part.label, part.mig_index) == ("MIG-c", "1:0", 0)
    assert part.utilization_pct is None


def test_a_file_of_an_older_version_is_read(tmp_path: Path) -> None:
    file = tmp_path / "gpu.jsonl"
    lost = [1, None, None, None, None, "lost: fell off the bus"]
    file.write_text(gpu_line(START, [0, 97, 5 << 30, 71, 212.3, None], lost))
    good, gone = read_gpu_records(file)
    assert (good.gpu_uuid, good.power_w, good.sm_clock_mhz) == ("", 212.3, None)
    assert (good.key, gone.problem) == ("index 0", "lost: fell off the bus")


def test_damaged_lines_and_a_half_last_one_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "gpu.jsonl"
    good = gpu_line(START, [0, 1, 2, 3, 4, None])
    bad = [
        '{"t":17637{"t":1763,"gpus":[[0,1]]}\n',
        "\x00" * 40 + "\n",
        gpu_line(START, ["a:b", 1], [], "none", [True]),
        '{"t":"soon","gpus":[[0,1,2,3,4,null]]}\n',
        '{"t":1,"gpus":7}\n[]\n',
    ]
    file.write_text(good + "".join(bad) + good + good[:-9])
    assert times(file, START, None) == [START, START]


def test_a_value_of_the_wrong_type_is_missing(tmp_path: Path) -> None:
    file = tmp_path / "gpu.jsonl"
    file.write_text('{"t":5,"gpus":[[0,true,"1",NaN,Infinity,4,"x",null]]}\n')
    (record,) = read_gpu_records(file)
    assert record == GpuRecord(5, 0, "")


def test_a_file_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert not list(read_gpu_records(tmp_path / "gpu.jsonl"))
    assert not list(read_host_records(tmp_path))


@pytest.mark.parametrize(("since", "until"), [(2000, 2100), (None, 30), (9950, None), (0, 9995)])
def test_a_span_of_a_long_file_holds_what_a_whole_reading_holds(
    tmp_path: Path, since: float | None, until: float | None
) -> None:
    file = long_file(tmp_path / "gpu.jsonl", [float(5 * n) for n in range(2000)])
    everything = times(file, None, None)
    low, high = since or 0, 1e9 if until is None else until
    assert times(file, since, until) == [t for t in everything if low <= t <= high]
    assert {one.gpu_uuid for one in read_gpu_records(file, since, until)} == {"GPU-a"}


def test_the_end_of_a_long_file_is_found_without_reading_it(tmp_path: Path) -> None:
    moments = [START + 60 * n for n in range(20_000)]
    file = long_file(tmp_path / "gpu.jsonl", moments)
    size = file.stat().st_size
    before = read_bytes()
    assert times(file, moments[-10], None) == moments[-10:]
    assert read_bytes() - before < size / 10


def test_no_span_needs_the_file_in_memory(tmp_path: Path) -> None:
    file = long_file(tmp_path / "gpu.jsonl", [START + n for n in range(5000)])
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_gpu_records(file)) == 5000
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("back_s", [30, 1800, 3500])
def test_nothing_is_missed_where_the_clock_was_set_back(tmp_path: Path, back_s: int) -> None:
    before = [START + 5 * n for n in range(3000)]
    moments = before + [before[-1] - back_s + 5 * n for n in range(3000)]
    file = long_file(tmp_path / "gpu.jsonl", moments)
    for since in range(int(START), int(moments[-1]), 971):
        wanted = [one for one in moments if since <= one <= since + 60]
        assert times(file, since, since + 60) == wanted


def test_damage_in_the_middle_of_a_long_file_hides_nothing(tmp_path: Path) -> None:
    moments = [START + 60 * n for n in range(3000)]
    file = long_file(tmp_path / "gpu.jsonl", moments)
    with file.open("r+b") as out:
        out.seek(file.stat().st_size // 2)
        out.write(b"\0" * (200 << 10))
    for since in (moments[100], moments[1700], moments[2990]):
        assert times(file, since, since + 120)[0] == since


def test_a_time_of_the_future_hides_nothing(tmp_path: Path) -> None:
    moments = [START + 5 * n for n in range(2000)]
    file = long_file(tmp_path / "gpu.jsonl", [moments[0], START + 1e9, *moments[1:]])
    assert times(file, None, moments[-1]) == moments
    assert times(file, moments[500], moments[510]) == moments[500:511]


def test_a_label_that_is_no_label_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "gpu.jsonl"
    file.write_text(gpu_line(START, ["9" * 5000, 50], [0, 50]))
    assert [record.gpu_index for record in read_gpu_records(file)][-1] == 0


def test_the_host_is_read_with_what_the_run_took(tmp_path: Path) -> None:
    file = tmp_path / "host.jsonl"
    new = {"t": START + 5, "host": [12.5, 5, 0, None, None, 3.2, None, 8]}
    file.write_text(line({"t": START, "cpu_pct": 3, "memory_used_bytes": 5}) + line(new))
    old, now = read_host_records(file)
    assert (old.cpu_pct, old.memory_used_bytes, old.run_cpu_cores) == (3, 5, None)
    assert (now.run_cpu_cores, now.worker_count) == (3.2, 8)
    assert list(read_host_records(file, START + 1)) == [now]


def test_buckets_are_means_and_a_gap_is_a_gap() -> None:
    records = [
        GpuRecord(0.0, 0, "GPU-a", utilization_pct=10),
        GpuRecord(5.0, 0, "GPU-a", utilization_pct=30, power_w=100),
        GpuRecord(25.0, 0, "GPU-a", utilization_pct=None, power_w=50),
        GpuRecord(29.9, 1, "", utilization_pct=1),
        GpuRecord(30.0, 1, "", utilization_pct=99),
    ]
    buckets = bucketed(records, 0, 30, 3)
    assert buckets["GPU-a"].utilization_pct == (20, None, None)
    assert buckets["GPU-a"].power_w == (100, None, 50)
    assert buckets["index 1"].utilization_pct == (None, None, 1)


def read_bytes() -> int:
    """Return how many bytes this process has read so far."""
    text = Path("/proc/self/io").read_text()
    return int(text.split("rchar:")[1].split()[0])
