from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.cli.root import found
from cockpit.errors import InputError
from tests.views import folders

from .calling import cockpit, cockpit_json


def test_a_folder_is_shown_as_a_run_without_a_word_that_it_runs(home: Path) -> None:
    folder = folders.ultralytics(home / "shapes")
    (folder / "weights" / "last.pt").write_bytes(b"")
    done = cockpit("open", str(folder))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"◇ opened  {folder}\n")
    assert "running" not in done.stdout
    assert "all epochs done, last written" in done.stdout
    assert "Ultralytics run, not started here" in done.stdout
    assert "model=yolo11n.yaml data=/home/user/proj/data.yaml epochs=3 batch=16" in done.stdout
    assert "its name says epoch 0" in done.stdout
    assert any(
        line.startswith("output ") and "results.png" in line for line in done.stdout.splitlines()
    )


def test_json_tells_what_was_opened_and_which_checkpoints_can_be_read(home: Path) -> None:
    folder = folders.yolov7(home / "tiny")
    told = cockpit_json("open", str(folder))
    assert isinstance(told, dict)
    assert (told["phase"], told["epoch"], told["epochs"]) == ("opened", 3, 3)
    assert told["opened"]["kind"] == "YOLOv7 run"
    assert told["settings"]["batch_size"] == "16"
    assert told["log"] is None
    checkpoints = {Path(one["path"]).name: one for one in told["checkpoints"]}
    assert set(checkpoints) == {"last.pt", "epoch_003.pt"}
    assert checkpoints["epoch_003.pt"]["name_says"] == "epoch 3"


def test_what_was_opened_is_listed_until_it_is_forgotten(home: Path) -> None:
    folder = folders.lightning(home / "mnist")
    assert cockpit("open", str(folder), "--json").returncode == 0
    assert cockpit("open").stdout == f"{folder}\n"
    runs = cockpit_json("runs")
    assert isinstance(runs, list)
    assert [(one["run_id"], one["phase"]) for one in runs] == [(str(folder), "opened")]
    assert cockpit("open", "--forget", str(folder)).returncode == 0
    assert cockpit("open").stdout == ""
    assert folder.is_dir()
    again = cockpit("open", "--forget", str(folder))
    assert (again.returncode, "is not on the list" in again.stderr) == (2, True)


def test_every_command_that_only_looks_takes_a_path(home: Path) -> None:
    folder = folders.ultralytics(home / "shapes")
    (folder / "train.log").write_text("RuntimeError: CUDA error: out of memory\n")
    assert f"opened  {folder}" in cockpit("show", str(folder)).stdout
    assert "CUDA error" in cockpit("logs", str(folder)).stdout
    assert cockpit("explain", str(folder)).returncode == 0
    archive = home / "shapes.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, "shapes")
    shown = cockpit_json("show", "shapes.tgz")
    assert isinstance(shown, dict)
    assert shown["opened"]["path"] == str(archive)
    assert json.loads(cockpit("metrics", "shapes.tgz", "--json").stdout)["x"] == [1, 2, 3]


def test_what_was_not_started_here_is_neither_stopped_nor_resumed(home: Path) -> None:
    folder = folders.ultralytics(home / "shapes")
    for command in ("stop", "resume", "adopt", "after"):
        done = cockpit(command, str(folder))
        assert (done.returncode, done.stdout) == (2, ""), command
        assert "was not started by cockpit here" in done.stderr


def test_a_path_that_holds_nothing_is_one_sentence(home: Path) -> None:
    (home / "empty").mkdir()
    done = cockpit("open", "empty")
    assert done.returncode == 2
    assert "holds nothing that can be read: looked for results.csv" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_path_that_is_not_utf_8_is_opened_listed_and_forgotten(home: Path) -> None:
    folder = folders.ultralytics(home / "nonutf\udcff\udcfe")
    for words in (("open",), ("open", "--json"), ("show",), ("show", "--json"), ("runs",)):
        path = () if words == ("runs",) else (str(folder),)
        done = cockpit(*words, *path)
        assert (done.returncode, "Traceback" in done.stderr) == (0, False), (words, done.stderr)
    told = cockpit_json("show", str(folder))
    assert isinstance(told, dict)
    assert told["opened"]["path"] == str(folder)
    assert "nonutf\\xff\\xfe" in cockpit("show", str(folder)).stdout
    assert cockpit("open").stdout.endswith("nonutf\\xff\\xfe\n")
    archive = home / "packed\udcff.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(folder, "run\udcff")
    assert cockpit("open", str(archive)).returncode == 0
    assert cockpit("open", "--forget", str(folder)).returncode == 0
    missing = cockpit("open", str(home / "gone\udcff"))
    assert (missing.returncode, "gone\\xff does not exist" in missing.stderr) == (2, True)


OSC = "\x1b]52;c;aGFjaw==\x07"


def test_no_name_of_a_file_reaches_the_terminal_with_codes(home: Path) -> None:
    folder = folders.ultralytics(home / f"a{OSC}b")
    (folder / "train.log").write_text("hello\n")
    archive = home / "packed.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(folder, folder.name)
    folders.ultralytics(home / "both" / f"x{OSC}" / "one")
    folders.ultralytics(home / "both" / f"x{OSC}" / "two")
    calls = (
        ("show", str(archive)),
        ("show", str(folder)),
        ("open", str(folder)),
        ("open",),
        ("runs",),
        ("metrics", str(folder)),
        ("explain", str(folder)),
        ("compare", str(folder), str(archive)),
        ("show", str(home / "both")),
        ("show", str(home / f"gone{OSC}")),
        ("stop", str(folder)),
        ("open", "--forget", str(folder)),
    )
    for words in calls:
        done = cockpit(*words)
        said = done.stdout + done.stderr
        assert said, words
        assert not set(said) & {"\x1b", "\x07"}, words
    assert "ab" in cockpit("show", str(folder)).stdout


def test_the_screen_opens_on_a_path_as_on_a_run(home: Path) -> None:
    folder = folders.ultralytics(home / "shapes")
    assert found(str(folder)) == str(folder)
    assert cockpit("open").stdout == f"{folder}\n"
    with pytest.raises(InputError, match="does not exist"):
        found(str(home / "gone"))
    assert found(None) is None


def test_a_link_that_leads_nowhere_is_told_as_such(home: Path) -> None:
    (home / "link").symlink_to("gone.csv")
    for text in ("link", str(home / "link")):
        done = cockpit("open", text)
        assert done.returncode == 2
        assert "link leads nowhere: it is a link to gone.csv" in done.stderr


def test_a_preset_with_a_bad_grammar_names_the_file_to_edit(home: Path) -> None:
    grammar = locations.grammars_dir() / "bad.toml"
    grammar.parent.mkdir(parents=True)
    (home / "train.py").touch()
    for text in ("counts_from = 'x'\n", "= no toml"):
        grammar.write_text(text)
        preset = home / "fbad.toml"
        preset.write_text(PRESET)
        done = cockpit("presets", "check", str(preset))
        assert done.returncode == 2
        assert done.stderr.splitlines()[-1] == f"  try: edit {grammar}"
        preset.write_text(PRESET.replace("summary", "sumary"))
        both = cockpit("presets", "check", str(preset))
        assert both.stderr.splitlines()[-1] == f"  try: edit {preset} and {grammar}"


PRESET = """
schema = 1
summary = "x"
[launch]
kind = "torchrun"
script = "train.py"
[metrics]
reader = "bad"
"""
