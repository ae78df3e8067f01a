from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.errors import InputError, RunNotFound
from cockpit.runs.phase import Phase
from cockpit.views.naming import named, require_own
from cockpit.views.opened import log_of, open_run, watch_path
from cockpit.views.opened_list import MOST, forget, read_opened, remember
from cockpit.views.registry import Registry
from cockpit.views.run_view import RunView
from tests.metrics.paths import DATA

from . import folders

RUN = "obstacle-20261120-101112"


@pytest.fixture(autouse=True)
def _home(home: Path) -> None:
    locations.runs_dir().mkdir(parents=True)


def write_run(
    folder: Path, *, phase: str, host: str = "gpu-server", elsewhere: str = "/data"
) -> Path:
    """A run folder of cockpit as another machine wrote it."""
    out = folder / "out"
    out.mkdir(parents=True)
    shutil.copy(DATA / "results_detect_8.4.190.csv", out / "results.csv")
    (out / "last.pt").write_bytes(folders.PICKLE)
    there = f"{elsewhere}/cockpit/runs/{RUN}"
    run = {
        "schema": 1, "run_id": RUN, "name": "obstacle", "preset": "obstacle", "created": 1e9,
        "host": host, "argv": ["python", "train.py"], "cwd": there, "gpus": [0, 1],
        "reader": "ultralytics-csv", "results": f"{there}/out/results.csv",
        "checkpoint": f"{there}/out/last.pt", "epochs": 3,
        "document": {"args": {"epochs": 3, "lr0": 0.01}},
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps(run))
    state = {
        "schema": 1, "phase": phase, "host": host, "attempt": 1, "touched": 1e9 + 60,
        "started": 1e9, "ended": 1e9 + 50 if phase != "running" else None,
    }  # fmt: skip
    (folder / "state.json").write_text(json.dumps(state))
    process = {"identity": {"pid": 1, "start_ticks": 1, "boot_id": "x"}, "role": "rank", "rank": 0}
    (folder / "processes.jsonl").write_text(json.dumps(process) + "\n")
    return folder


def facts(view: RunView) -> tuple[str, str, int | None, int | None, Phase]:
    assert view.opened is not None
    return view.opened.kind, view.reader, view.epoch, view.epochs, view.phase


@pytest.mark.parametrize("version", ["8.0.100", "8.3.0", "8.4.190"])
def test_an_ultralytics_folder_of_any_version_is_a_run(tmp_path: Path, version: str) -> None:
    folder = folders.ultralytics(tmp_path / "runs" / "shapes", version)
    view = open_run(str(folder))
    assert facts(view) == ("Ultralytics run", "ultralytics-csv", 3, 3, Phase.OPENED)
    assert (view.name, view.directory, view.run_id) == ("shapes", folder, str(folder))
    assert view.settings["model"] == "yolo11n.yaml"
    assert view.settings["imgsz"] == "128"


def test_a_yolov7_folder_is_a_run_with_its_hyperparameters(tmp_path: Path) -> None:
    view = open_run(str(folders.yolov7(tmp_path / "yolov7_tiny")))
    assert facts(view) == ("YOLOv7 run", "yolov7-txt", 3, 3, Phase.OPENED)
    assert view.settings["cfg"] == "cfg/training/yolov7-tiny.yaml"
    assert view.settings["lr0"] == "0.01"


def test_a_lightning_project_is_the_run_in_it(tmp_path: Path) -> None:
    folder = folders.lightning(tmp_path / "mnist")
    view = open_run(str(tmp_path / "mnist"))
    assert facts(view) == ("Lightning run", "csv", 3, None, Phase.OPENED)
    assert (view.name, view.directory) == ("mnist/version_0", folder)
    assert view.settings == {"lr": "0.02", "batch_size": "4"}


def test_a_hugging_face_folder_is_read_from_its_newest_checkpoint(tmp_path: Path) -> None:
    view = open_run(str(folders.hugging_face(tmp_path / "glue")))
    assert view.reader == "hf"
    assert view.metrics.series["loss"].values
    (checkpoint,) = view.checkpoints
    assert (checkpoint.path.name, checkpoint.said) == ("checkpoint-64", "step 64")


def test_a_folder_of_event_files_is_a_run(tmp_path: Path) -> None:
    shutil.copytree(DATA / "events_yolov7", tmp_path / "tiny")
    view = open_run(str(tmp_path / "tiny"))
    assert view.reader == "tensorboard"
    assert view.metrics.series


@pytest.mark.parametrize(
    ("sample", "reader"),
    [
        ("results_duplicate_epoch_after_kill_resume.csv", "ultralytics-csv"),
        ("timm_summary.csv", "csv"),
        ("ultralytics_detect_8.3.0.log.raw", "ultralytics-log"),
    ],
)
def test_a_file_is_known_by_what_it_holds(tmp_path: Path, sample: str, reader: str) -> None:
    file = tmp_path / "whatever"
    shutil.copy(DATA / sample, file)
    view = open_run(str(file))
    assert view.reader == reader
    assert view.metrics.series


def test_a_results_file_among_others_claims_nothing_beside_it(tmp_path: Path) -> None:
    shutil.copy(DATA / "timm_summary.csv", tmp_path / "mine.csv")
    (tmp_path / "yolo11n.pt").write_bytes(folders.PICKLE)
    (tmp_path / "other.log").write_text("another training")
    view = open_run(str(tmp_path / "mine.csv"))
    assert (view.checkpoints, view.outputs, view.log) == ((), (), Path())


def test_a_log_without_curves_is_shown_as_a_log(tmp_path: Path) -> None:
    log = tmp_path / "console.txt"
    log.write_text("hello\n")
    view = open_run(str(log))
    assert (view.log, view.problem) == (log, "no curves stand in this log")


def test_an_opened_run_is_read_on_while_it_grows(tmp_path: Path) -> None:
    folder = folders.ultralytics(tmp_path / "live")
    results = folder / "results.csv"
    lines = results.read_text().splitlines(keepends=True)
    results.write_text("".join(lines[:2]))
    watch = watch_path(str(folder))
    first = watch.read(time.time())
    assert first is not None
    assert (first.epoch, first.phase) == (1, Phase.OPENED)
    with results.open("a") as file:
        file.writelines(lines[2:])
    then = watch.read(time.time())
    assert then is not None
    assert then.epoch == 3


def test_a_folder_without_a_row_yet_is_opened_and_its_results_are_found(tmp_path: Path) -> None:
    folder = folders.ultralytics(tmp_path / "young")
    text = (folder / "results.csv").read_text()
    (folder / "results.csv").unlink()
    watch = watch_path(str(folder))
    now = time.time()
    first = watch.read(now)
    assert first is not None
    assert (first.epoch, first.epochs, first.problem) == (None, 3, "no results were written yet")
    (folder / "results.csv").write_text(text)
    then = watch.read(now + 10)
    assert then is not None
    assert (then.epoch, then.problem) == (3, None)


def test_what_was_deleted_is_gone(tmp_path: Path) -> None:
    folder = folders.ultralytics(tmp_path / "x")
    watch = watch_path(str(folder))
    assert watch.read(time.time()) is not None
    shutil.rmtree(folder)
    assert watch.read(time.time()) is None


def test_a_folder_of_several_runs_names_the_commands_that_open_them(tmp_path: Path) -> None:
    old = folders.ultralytics(tmp_path / "detect" / "train")
    new = folders.yolov7(tmp_path / "detect" / "train2")
    os.utime(old, (1e9, 1e9))
    with pytest.raises(InputError, match="holds 2 runs, the newest first") as caught:
        open_run(str(tmp_path / "detect"))
    commands = caught.value.problem.splitlines()[1:]
    assert commands == [f"  cockpit open {new}", f"  cockpit open {old}"]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "does not exist"),
        (lambda path: path.mkdir(), "holds nothing that can be read: looked for results.csv"),
        (lambda path: path.touch(), "is empty"),
        (lambda path: path.write_bytes(b"\x7fELF\0\0\1\2" * 99), "is not text, and no format"),
        (os.mkfifo, "cannot be read: not a regular file"),
    ],
)
def test_what_cannot_be_opened_is_told_with_what_was_looked_for(
    tmp_path: Path, make: object, words: str
) -> None:
    path = tmp_path / "thing"
    assert callable(make)
    make(path)
    with pytest.raises(InputError, match=words) as caught:
        open_run(str(path))
    assert caught.value.remedy
    assert caught.value.exit_code == 2


def test_a_checkpoint_leads_to_the_folder_of_its_run(tmp_path: Path) -> None:
    folder = folders.ultralytics(tmp_path / "x")
    with pytest.raises(InputError, match="is a checkpoint") as caught:
        open_run(str(folder / "weights" / "last.pt"))
    assert caught.value.remedy == f"cockpit open {folder}"


def test_a_copied_run_shows_the_end_that_was_written(tmp_path: Path) -> None:
    view = open_run(str(write_run(tmp_path / "copied", phase="failed")))
    assert (view.phase, view.is_remote, view.host) == (Phase.FAILED, True, "gpu-server")
    assert view.results == tmp_path / "copied" / "out" / "results.csv"
    assert (view.epoch, view.settings) == (3, {"epochs": "3", "lr0": "0.01"})
    assert view.processes == ()  # whether they live, only their machine knows
    assert [one.path for one in view.checkpoints] == [tmp_path / "copied" / "out" / "last.pt"]


@pytest.mark.parametrize("host", ["gpu-server", os.uname().nodename])
def test_a_copy_of_a_running_run_never_says_that_it_runs(tmp_path: Path, host: str) -> None:
    view = open_run(str(write_run(tmp_path / "copied", phase="running", host=host)))
    assert (view.phase, view.last_sign) == (Phase.OPENED, 1e9 + 60)


def test_a_copy_never_reads_what_lies_where_the_original_lay(tmp_path: Path) -> None:
    original = write_run(tmp_path / "there" / "cockpit" / "runs" / RUN, phase="succeeded")
    copy = write_run(tmp_path / "copy", phase="succeeded", elsewhere=str(tmp_path / "there"))
    (copy / "out" / "results.csv").unlink()
    (copy / "out" / "last.pt").unlink()
    assert original.is_dir()
    view = open_run(str(copy))
    assert (view.epoch, view.checkpoints) == (None, ())


def test_a_run_id_wins_over_a_folder_of_that_name(tmp_path: Path) -> None:
    runs = locations.runs_dir()
    write_run(runs / RUN, phase="failed")
    (tmp_path / "obstacle").mkdir()
    assert named("obstacle", runs).run_id == RUN
    assert named("./obstacle", runs).path == "./obstacle"
    assert named("last", runs).run_id == RUN
    Path("obstacle-2").write_text("epoch,loss\n")
    assert named("obstacle-2", runs).path == "obstacle-2"  # a file: no run id is meant


def test_the_path_of_an_own_run_is_that_run() -> None:
    runs = locations.runs_dir()
    folder = write_run(runs / RUN, phase="failed")
    assert named(str(folder), runs).run_id == RUN
    assert open_run(str(folder)).opened is None
    assert require_own(f"{folder}/", runs, "stopped") == RUN


def test_what_was_not_started_here_cannot_be_acted_on(tmp_path: Path) -> None:
    folder = folders.yolov7(tmp_path / "x")
    with pytest.raises(InputError, match="not started by cockpit here, so it cannot be stopped"):
        require_own(str(folder), locations.runs_dir(), "stopped")


def test_a_word_that_is_neither_says_so() -> None:
    with pytest.raises(RunNotFound, match="there is no file or folder quik either"):
        open_run("quik")


def test_the_registry_lists_what_was_opened_behind_the_own_runs(tmp_path: Path) -> None:
    write_run(locations.runs_dir() / RUN, phase="failed")
    folder = folders.ultralytics(tmp_path / "x")
    remember(locations.opened_file(), folder)
    registry = Registry(locations.runs_dir(), opened=locations.opened_file())
    assert [one.run_id for one in registry.read(time.time())] == [RUN, str(folder)]
    shutil.rmtree(folder)
    assert [one.run_id for one in registry.read(time.time())] == [RUN]


def test_the_list_keeps_what_was_opened_last(tmp_path: Path) -> None:
    file = tmp_path / "new" / "opened.json"
    for number in range(MOST + 5):
        remember(file, Path(f"/runs/{number}"))
    remember(file, Path("/runs/7"))
    paths = read_opened(file)
    assert paths[:2] == ("/runs/7", f"/runs/{MOST + 4}")
    assert len(paths) == len(set(paths)) == MOST
    assert forget(file, "/runs/../runs/7")
    assert not forget(file, "/runs/7")
    assert "/runs/7" not in read_opened(file)


@pytest.mark.parametrize("text", ["", "[]", '{"opened": [1, {"path": 2}, {"path": "relative"}]}'])
def test_a_broken_list_is_an_empty_one(tmp_path: Path, text: str) -> None:
    file = tmp_path / "opened.json"
    file.write_text(text)
    assert read_opened(file) == ()


def test_no_setting_can_carry_codes_to_the_terminal(tmp_path: Path) -> None:
    folder = folders.ultralytics(tmp_path / "x")
    (folder / "args.yaml").write_text("model: a\x1b]52;c;x\x07b\nepochs: 3\n")
    view = open_run(str(folder))
    assert "\x1b" not in str(view.settings)


def going(folder: Path, *, age_s: float, loss: str = "5.4") -> RunView:
    """A folder to which somebody else's trainer wrote `age_s` ago, 3 of 10 epochs of 20 s."""
    folder.mkdir()
    rows = [f"{epoch},{20 * epoch},{loss}" for epoch in (1, 2, 3)]
    (folder / "results.csv").write_text("\n".join(("epoch,time,train/box_loss", *rows, "")))
    (folder / "args.yaml").write_text("epochs: 10\nlr0: 0.01\n")
    (folder / "nohup.out").write_text("Image sizes 640 train, 640 val\n")
    now_s = time.time()
    os.utime(folder / "results.csv", (now_s - age_s, now_s - age_s))
    os.utime(folder / "nohup.out", (now_s - age_s, now_s - age_s))
    view = watch_path(str(folder), folder.parent).read(now_s)
    assert view is not None
    return view


def test_the_end_of_somebody_elses_training_is_foretold_while_it_writes(tmp_path: Path) -> None:
    eta = going(tmp_path / "run", age_s=5).eta
    assert eta is not None
    assert eta.low_s <= 7 * 20 - 5 <= eta.high_s


def test_a_training_that_writes_no_more_has_no_end_to_foretell(tmp_path: Path) -> None:
    assert going(tmp_path / "run", age_s=3600).eta is None


def test_what_somebody_elses_trainer_says_of_itself_is_read(tmp_path: Path) -> None:
    assert going(tmp_path / "run", age_s=5).trainer.image_size == 640


def test_a_loss_of_nan_is_told_of_an_opened_run_too(tmp_path: Path) -> None:
    view = going(tmp_path / "run", age_s=5, loss="nan")
    assert view.problem == "train/box_loss is NaN since epoch 1"
    assert "half the learning rate (lr0 0.01 → 0.005)" in (view.remedy or "")


def test_a_long_results_file_comes_in_parts_and_says_how_far_it_is(tmp_path: Path) -> None:
    file = tmp_path / "results.csv"
    rows = (f"{epoch},{epoch},{1 / epoch:.6g}" for epoch in range(1, 200_001))
    file.write_text("\n".join(("epoch,time,train/loss", *rows, "")))
    watch = watch_path(str(file), tmp_path)
    first = watch.read(time.time(), patience_s=0)
    assert first is not None and first.reading is not None
    assert 0 < (first.epoch or 0) < 200_000
    assert first.eta is None
    while (view := watch.read(time.time(), patience_s=0)) is not None and view.reading is not None:
        pass
    assert view is not None and view.epoch == 200_000


def test_a_log_that_was_opened_never_takes_over_what_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "only.log").write_text("hello\nworld\n")
    (tmp_path / "newer.log").write_text("another one\n")
    shutil.copy(DATA / "results_detect_8.4.190.csv", tmp_path / "other_results.csv")
    watch = watch_path(str(tmp_path / "only.log"), tmp_path / "cache")
    for now_s in (1000.0, 1004.0, 1008.0):
        view = watch.read(now_s)
        assert view is not None
        assert (view.results, view.log) == (None, tmp_path / "only.log")
        assert dict(view.metrics.series) == {}


def test_a_log_that_was_opened_shows_its_own_curves_once_it_holds_some(tmp_path: Path) -> None:
    log = tmp_path / "only.log"
    log.write_text("starting\n")
    watch = watch_path(str(log), tmp_path / "cache")
    assert watch.read(1000.0) is not None
    log.write_bytes((DATA / "torchrun_success.stdout").read_bytes())
    view = watch.read(1004.0)
    assert view is not None
    assert view.results == log
    assert "loss" in view.metrics.series


def test_a_log_that_begins_with_nul_bytes_is_a_log(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    for padding in (100, 1 << 20):  # as copytruncate leaves it
        log.write_bytes(b"\0" * padding + b"RuntimeError: boom\n" * 5)
        view = open_run(str(log))
        assert (view.opened and view.opened.kind, view.log) == ("log", log)
        assert log_of(str(log)) == log


@pytest.mark.parametrize(
    "content",
    [b"\0" * 5000, b"\x7fELF" + bytes(range(256)) * 1000, b"a\0b\n"],
    ids=["nothing", "program", "one NUL"],
)
def test_what_is_no_text_to_its_end_is_refused(tmp_path: Path, content: bytes) -> None:
    log = tmp_path / "train.log"
    log.write_bytes(content)
    with pytest.raises(InputError, match="is not text"):
        open_run(str(log))


def test_an_empty_log_can_be_read_but_not_opened(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.touch()
    assert log_of(str(log)) == log
    with pytest.raises(InputError, match="is empty"):
        open_run(str(log))
    with pytest.raises(InputError, match="does not exist"):
        log_of(str(tmp_path / "gone"))
    with pytest.raises(InputError, match="cannot be read"):
        log_of(str(tmp_path / "a\0b"))


@pytest.mark.parametrize("key", ["results", "checkpoint", "cwd"])
@pytest.mark.parametrize("path", ["/a\0b", "/" + "x" * 5000], ids=["NUL", "long"])
def test_a_copy_whose_paths_cannot_be_is_shown_all_the_same(
    tmp_path: Path, key: str, path: str
) -> None:
    folder = write_run(tmp_path / "copy", phase="succeeded")
    run = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(run | {key: path}))
    assert open_run(str(folder)).name == "obstacle"
