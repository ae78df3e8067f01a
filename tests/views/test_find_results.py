from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from cockpit.views import folder_names
from cockpit.views.find_results import FoundResults, find_results, saved_to
from cockpit.views.places import find_log, find_place, holds_run

DATA = Path(__file__).parent.parent / "data" / "metrics"
ULTRALYTICS = "results_detect_8.4.190.csv"


def put(name: str, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(DATA / name, path)
    return path


def first(folder: Path, since_s: float | None = None, log: Path | None = None) -> FoundResults:
    return find_results(folder, since_s, log)[0]


@pytest.mark.parametrize(
    ("sample", "place", "reader"),
    [
        (ULTRALYTICS, "runs/detect/runs/train/x/results.csv", "ultralytics-csv"),
        ("results_detect_8.0.100.csv", "runs/train/x/results.csv", "ultralytics-csv"),
        ("yolov7_results_3epochs.txt", "runs/train/x/results.txt", "yolov7-txt"),
        ("lightning_metrics.csv", "lightning_logs/version_3/metrics.csv", "csv"),
        ("timm_summary.csv", "output/train/20261120-resnet/summary.csv", "csv"),
        ("hf_trainer_state_16.json", "checkpoint-16/trainer_state.json", "hf"),
        ("mshnet_metric.log", "weight/MSHNet-2026-11-20/metric.log", "mshnet-log"),
    ],
)
def test_results_are_found_where_trainers_put_them(
    tmp_path: Path, sample: str, place: str, reader: str
) -> None:
    path = put(sample, tmp_path / place)
    found = first(tmp_path)
    assert (found.path, found.reader) == (path, reader)


def test_event_files_are_found_as_one_folder(tmp_path: Path) -> None:
    put("events.out.tfevents.hf", tmp_path / "runs" / "x" / "events.out.tfevents.1.host")
    put("events.out.tfevents.hf", tmp_path / "runs" / "x" / "events.out.tfevents.2.host")
    found = find_results(tmp_path)
    assert [(one.path, one.reader) for one in found] == [(tmp_path / "runs" / "x", "tensorboard")]


def test_what_the_log_names_comes_first(tmp_path: Path) -> None:
    told = put(ULTRALYTICS, tmp_path / "elsewhere" / "far" / "results.csv")
    put(ULTRALYTICS, tmp_path / "runs" / "other" / "results.csv")
    log = tmp_path / "train.log"
    log.write_text(f"Logging results to \x1b[1m{told.parent}\x1b[0m\nStarting training\n")
    found = first(tmp_path, log=log)
    assert found == FoundResults(told, "ultralytics-csv", "the log names its folder")


def test_what_the_settings_name_comes_before_what_is_merely_there(tmp_path: Path) -> None:
    told = put(ULTRALYTICS, tmp_path / "elsewhere" / "results.csv")
    put(ULTRALYTICS, tmp_path / "runs" / "other" / "results.csv")
    (tmp_path / "args.yaml").write_text(f"epochs: 3\nsave_dir: {told.parent}\n")
    assert first(tmp_path).why == "args.yaml names its folder"


def test_what_an_earlier_training_left_is_not_taken(tmp_path: Path) -> None:
    old = put(ULTRALYTICS, tmp_path / "runs" / "x" / "results.csv")
    os.utime(old, (1000, 1000))
    assert find_results(tmp_path, since_s=2000) == ()
    new = put(ULTRALYTICS, tmp_path / "runs" / "x2" / "results.csv")
    assert [one.path for one in find_results(tmp_path, since_s=2000)] == [new]


def test_the_newest_of_several_comes_first(tmp_path: Path) -> None:
    old = put(ULTRALYTICS, tmp_path / "runs" / "x" / "results.csv")
    os.utime(old, (1000, 1000))
    new = put(ULTRALYTICS, tmp_path / "runs" / "a" / "results.csv")
    assert [one.path for one in find_results(tmp_path)] == [new, old]


def test_a_log_with_curves_is_taken_where_there_is_nothing_else(tmp_path: Path) -> None:
    log = put("torchrun_success.stdout", tmp_path / "train.log")
    assert first(tmp_path, log=log) == FoundResults(
        log, "epri-log", "the log itself holds the curves"
    )


def test_other_files_are_no_results(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("name,age\nAda,36\n")
    (tmp_path / "results.csv").write_text("")
    assert find_results(tmp_path) == ()
    assert find_results(tmp_path / "nowhere", log=tmp_path / "none.log") == ()


def test_a_log_names_its_folders_the_last_first() -> None:
    text = (
        "Logging results to runs/a\nx, save_dir=runs/b, y\nsave_dir=None\nResults saved to runs/c"
    )
    assert saved_to(text) == ("runs/c", "runs/b", "runs/a")


@pytest.mark.parametrize(
    "save_dir",
    ["a\0b", "x" * 10_000, "x/" * 5_000, "~nobody-of-that-name/x", "../../..", ".", "\ud800", "/"],
)
@pytest.mark.parametrize("settings", ["args.yaml", "opt.yaml", "hparams.yaml"])
def test_a_folder_that_cannot_be_is_passed_over(
    tmp_path: Path, settings: str, save_dir: str
) -> None:
    folder = tmp_path / "a" / "b"
    results = put(ULTRALYTICS, folder / "results.csv")
    text = f"task: detect\nsave_dir: {save_dir}\n".encode("utf-8", "surrogatepass")
    (folder / settings).write_bytes(text)
    log = folder / "train.log"
    log.write_bytes(f"Results saved to {save_dir}\n".encode("utf-8", "surrogatepass"))
    assert results.name in {one.path.name for one in find_results(folder, log=log)}


def test_results_are_found_in_a_folder_full_of_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_names, "MOST_ENTRIES", 20)
    for number in range(60):
        (tmp_path / f"img_{number:04}.jpg").touch()
    results = put(ULTRALYTICS, tmp_path / "results.csv")
    below = put("timm_summary.csv", tmp_path / "runs" / "x" / "summary.csv")
    assert {one.path for one in find_results(tmp_path)} == {results, below}
    assert find_place(str(tmp_path), tmp_path / "cache").results == results


def test_three_thousand_pictures_hide_no_results(tmp_path: Path) -> None:
    for number in range(3000):
        (tmp_path / f"img_{number:04}.jpg").touch()
    results = put(ULTRALYTICS, tmp_path / "results.csv")
    (tmp_path / "zz.log").write_text("hello\n")
    assert [one.path for one in find_results(tmp_path)] == [results]
    assert holds_run(tmp_path)
    assert find_log(tmp_path, results) == tmp_path / "zz.log"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every folder")
def test_a_folder_that_may_not_be_entered_is_passed_over(tmp_path: Path) -> None:
    results = put(ULTRALYTICS, tmp_path / "results.csv")
    (tmp_path / "runs" / "train").mkdir(parents=True)
    (tmp_path / "runs").chmod(0o600)
    assert [one.path for one in find_results(tmp_path)] == [results]
