from __future__ import annotations

import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.calibrations import file as calibrations
from cockpit.calibrations.calibration import (
    Calibration,
    Foretold,
    Kind,
    MemoryMeasured,
    ScalingPoint,
)
from cockpit.calibrations.file import append_calibration, forget, read_calibrations
from cockpit.calibrations.lines import parse_line, to_line
from cockpit.errors import InputError

FULL = Calibration(
    calibration_id="run:größe-20261122-021500",
    kind=Kind.RUN,
    time_s=1795313700.25,
    host="box",
    device="NVIDIA GeForce RTX 2080",
    is_simulated=True,
    preset="größe",
    model="yolo11n.pt",
    imgsz=640,
    batch_per_rank=16,
    world_size=4,
    train_samples=1000,
    epochs=100,
    args={"model": "yolo11n.pt", "lr": "0.01"},
    start_s=12.5,
    epoch_s=3.25,
    epoch_low_s=3.0,
    epoch_high_s=4.0,
    epochs_done=100,
    second_extra_s=-0.25,
    step_s=0.125,
    end_s=2.0,
    total_s=340.0,
    attempts=2,
    points=(ScalingPoint(1, 16, 100.0), ScalingPoint(4, 16, 350.5)),
    memory=MemoryMeasured(
        is_host=False,
        peak_bytes=7 << 30,
        base_bytes=1.5e9,
        sample_bytes=2.5e8,
        largest_batch=20,
        capacity_bytes=8 << 30,
    ),
    energy_j=4.2e6,
    foretold=Foretold(
        330.0, 300.0, 400.0, "2 runs of größe here", (2.9, 3.2, 3.9), (1.0, 2.0, 4.0), 0.5
    ),
)
BARE = Calibration("probe:x", Kind.PROBE, 5.0, "", "")


def one(number: int) -> Calibration:
    return Calibration(f"run:a-{number:04}", Kind.RUN, float(number), "box", "cpu: x, 2 cores")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "calibrations.jsonl"


@pytest.mark.parametrize("calibration", [FULL, BARE])
def test_a_calibration_is_read_back_as_it_was_written(calibration: Calibration, file: Path) -> None:
    assert append_calibration(file, calibration) is None
    assert read_calibrations(file) == (calibration,)


def test_a_line_is_readable_and_leaves_out_what_is_missing() -> None:
    assert "größe" in to_line(FULL)
    assert "null" not in to_line(replace(FULL, memory=MemoryMeasured(is_host=True)))
    assert "args" not in to_line(BARE)


def test_the_newest_comes_first(file: Path) -> None:
    for number in (2, 3, 1):
        append_calibration(file, one(number))
    assert [found.time_s for found in read_calibrations(file)] == [3.0, 2.0, 1.0]


def test_a_newer_line_of_the_same_id_replaces_the_older(file: Path) -> None:
    append_calibration(file, replace(one(1), epoch_s=1.0))
    append_calibration(file, replace(one(1), epoch_s=2.0))
    assert [found.epoch_s for found in read_calibrations(file)] == [2.0]


def test_no_file_holds_no_calibrations(file: Path) -> None:
    assert read_calibrations(file) == ()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"hello",
        b"[1]",
        b'{"name": "foreign"}',
        b'{"calibration_id": "", "kind": "run", "time_s": 1}',
        b'{"calibration_id": "x", "kind": "guess", "time_s": 1}',
        b'{"calibration_id": "x", "kind": ["run"], "time_s": 1}',
        b'{"calibration_id": "x", "kind": "run", "time_s": "now"}',
        b'{"calibration_id": "x", "kind": "run", "time_s": NaN}',
        b'{"calibration_id": "x", "kind": "run", "time_s": 1, "epoch_s": Infinity}',
        b'{"calibration_id": "x", "kind": "run", "time_s": 1, "epoch_s": 1e999}',
        b'{"calibration_id": "x", "kind": "run", "time_s": 1, "epoch_s": -1}',
        b'{"calibration_id": "x", "kind": "run", "time_s": 1, "epoch_s": "short"}',
        b'{"calibration_id": "x", "kind": "run", "time_s": 1, "epoch_s": 1e308}',
        b'{"calibration_id": "x", "kind": "run", "time_s": 1, "step_s": 1e-300}',
        b'{"calibration_id": "x", "kind": "run", "time_s": 1, "world_size": 1000000000000000000}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
)
def test_a_foreign_line_is_left_out(line: bytes, file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(line + b"\n" + to_line(BARE).encode() + b"\n")
    assert read_calibrations(file) == (BARE,)


def test_a_speed_that_no_machine_has_is_no_point_of_a_scaling() -> None:
    point = '{"world_size": 2, "batch_per_rank": 4, "samples_per_s": %s}'
    line = '{"calibration_id": "x", "kind": "scaling", "time_s": 1, "points": [%s]}'
    found = [parse_line(line % (point % speed)) for speed in ("1e300", "1e-300", "100")]
    assert [len(one.points) for one in found if one is not None] == [0, 0, 1]


def test_a_line_cut_anywhere_is_left_out() -> None:
    line = to_line(FULL)
    assert not any(parse_line(line[:end]) for end in range(len(line)))


def test_unknown_keys_of_a_later_version_are_ignored() -> None:
    assert parse_line(to_line(FULL)[:-1] + ',"mood":"good","later":{"x":1}}') == FULL


def test_what_follows_a_cut_line_is_not_lost_with_it(file: Path) -> None:
    append_calibration(file, one(1))
    with file.open("ab") as opened:
        opened.write(to_line(one(2)).encode()[:40])
    append_calibration(file, one(3))
    assert [found.time_s for found in read_calibrations(file)] == [3.0, 1.0]


def test_the_file_keeps_the_newest_few_hundred(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrations, "KEPT", 5)
    monkeypatch.setattr(calibrations, "OVER", 2)
    for number in [9, *range(8), 10]:
        append_calibration(file, one(number))
    assert [found.time_s for found in read_calibrations(file)][:5] == [10.0, 9.0, 7.0, 6.0, 5.0]
    assert file.read_bytes().count(b"\n") <= 7
    assert {path.name for path in file.parent.iterdir()} == {file.name, f"{file.name}.lock"}


def test_many_runs_of_one_preset_leave_what_is_known_of_another(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibrations, "KEPT", 6)
    monkeypatch.setattr(calibrations, "OVER", 2)
    append_calibration(file, replace(one(1), preset="rare"))
    for number in range(2, 12):
        append_calibration(file, replace(one(number), preset="busy"))
    presets = [found.preset for found in read_calibrations(file)]
    assert presets.count("rare") == 1
    assert presets.count("busy") >= 4


def test_many_presets_leave_the_only_run_of_one(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibrations, "KEPT", 20)
    monkeypatch.setattr(calibrations, "OVER", 5)
    append_calibration(file, replace(one(1), preset="rare"))
    for number in range(2, 62):
        append_calibration(file, replace(one(number), preset=f"busy-{number % 6}"))
    presets = [found.preset for found in read_calibrations(file)]
    assert presets.count("rare") == 1
    assert len(presets) <= 25
    assert min(presets.count(f"busy-{number}") for number in range(6)) >= 2


def test_many_runs_of_one_batch_leave_the_only_one_of_another(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibrations, "KEPT", 6)
    monkeypatch.setattr(calibrations, "OVER", 2)
    append_calibration(file, replace(one(1), batch_per_rank=64, world_size=8))
    for number in range(2, 42):
        append_calibration(file, replace(one(number), batch_per_rank=16, world_size=8))
    found = read_calibrations(file)
    assert [each.batch_per_rank for each in found].count(64) == 1
    assert found[0].time_s == 41.0


LATER = '{"schema":9,"calibration_id":"dream:x","kind":"dream","time_s":"soon"}'


def test_what_a_later_version_wrote_is_kept_for_it(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibrations, "KEPT", 3)
    monkeypatch.setattr(calibrations, "OVER", 2)
    file.parent.mkdir()
    file.write_text(f"{LATER}\nnoise\n")
    for number in range(12):
        append_calibration(file, one(number))
    assert file.read_text().count(LATER) == 1
    assert "noise" not in file.read_text()
    forget(file, ["run:a-0011"])
    assert file.read_text().count(LATER) == 1
    assert len(read_calibrations(file)) >= 2


def test_a_file_that_cannot_be_thinned_out_has_kept_what_was_added(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibrations, "KEPT", 1)
    monkeypatch.setattr(calibrations, "OVER", 1)
    append_calibration(file, one(1))
    (file.parent / f".{file.name}.{os.getpid()}").mkdir()  # where the draft would be written
    for number in (2, 3):
        assert append_calibration(file, one(number)) is None
    assert len(read_calibrations(file)) == 3


def test_several_processes_append_at_once_and_none_is_lost(file: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from cockpit.calibrations.calibration import Calibration, Kind\n"
        "from cockpit.calibrations.file import append_calibration\n"
        "for number in range(20):\n"
        "    one = Calibration(f'run:{sys.argv[2]}-{number}', Kind.RUN, 1.0, '', 'x' * 3000)\n"
        "    assert append_calibration(Path(sys.argv[1]), one) is None\n"
    )
    words = [sys.executable, "-c", code, str(file)]
    writers = [subprocess.Popen([*words, str(number)]) for number in range(4)]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0, 0, 0]
    assert len(read_calibrations(file)) == 80


def test_a_folder_that_takes_nothing_is_said_and_not_raised(file: Path) -> None:
    file.parent.mkdir()
    (file.parent / f"{file.name}.lock").mkdir()
    assert str(file) in (append_calibration(file, BARE) or "")
    below_a_file = Path(__file__) / "data" / "calibrations.jsonl"
    assert "Not a directory" in (append_calibration(below_a_file, BARE) or "")


def test_a_number_that_is_none_is_said_and_not_written(file: Path) -> None:
    said = append_calibration(file, replace(one(1), epoch_s=float("nan")))
    assert said is not None and "run:a-0001" in said
    assert read_calibrations(file) == ()


def test_a_full_disk_leaves_no_half_line(file: Path) -> None:
    append_calibration(file, one(1))
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from cockpit.calibrations.calibration import Calibration, Kind\n"
        "from cockpit.calibrations.file import append_calibration\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "file = Path(sys.argv[1])\n"
        "limit = file.stat().st_size + 30\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))\n"
        "print(append_calibration(file, Calibration('run:b', Kind.RUN, 1.0, '', 'x' * 99)))\n"
    )
    before = file.read_bytes()
    said = subprocess.run(
        [sys.executable, "-B", "-c", code, str(file)], capture_output=True, text=True, check=True
    ).stdout
    assert str(file) in said
    assert file.read_bytes() == before


def test_forgetting_takes_the_beginning_of_an_id(file: Path) -> None:
    for number in (1, 2, 12):
        append_calibration(file, one(number))
    assert forget(file, ["run:a-0012", "run:a-0001"]) == ("run:a-0012", "run:a-0001")
    assert [found.time_s for found in read_calibrations(file)] == [2.0]


def test_a_beginning_of_several_ids_deletes_nothing(file: Path) -> None:
    for number in (1, 2):
        append_calibration(file, one(number))
    with pytest.raises(InputError) as raised:
        forget(file, ["run:a", "run:a-0001", "probe", ""])
    assert "run:a: 2 calibrations begin so" in raised.value.problem
    assert "probe: there is no such calibration" in raised.value.problem
    assert len(read_calibrations(file)) == 2


def test_an_id_that_is_whole_is_meant_though_another_begins_with_it(file: Path) -> None:
    append_calibration(file, replace(one(1), calibration_id="run:a"))
    append_calibration(file, replace(one(2), calibration_id="run:a-2"))
    assert forget(file, ["run:a"]) == ("run:a",)


def test_the_file_is_for_its_owner_to_write(file: Path) -> None:
    append_calibration(file, BARE)
    assert not stat.S_IMODE(file.stat().st_mode) & 0o022


def test_of_no_file_nothing_can_be_forgotten(file: Path) -> None:
    with pytest.raises(InputError, match="run:a: there is no such calibration"):
        forget(file, ["run:a"])
