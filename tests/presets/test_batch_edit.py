from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.errors import InputError, PresetError
from cockpit.presets.batch_edit import write_batch
from cockpit.presets.resolve import resolve

MINE = """schema = 1
summary = "mine"

[launch]
kind = "ultralytics"
positional = ["detect", "train"]

[args]
model = "yolo11n.yaml"
batch = 32      # two GPUs

[batch]
argument = "batch"
scope = "{scope}"
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_mine(scope: str = "rank") -> Path:
    file = locations.config_dir() / "presets" / "mine.toml"
    file.parent.mkdir(parents=True)
    file.write_text(MINE.format(scope=scope))
    return file


def test_a_preset_of_ones_own_is_changed_in_its_file_and_keeps_its_comments() -> None:
    file = write_mine()
    said = write_batch(resolve("mine"), 12, 2)
    assert said == f"{file}: args.batch = 12, it was 32"
    assert file.read_text() == MINE.format(scope="rank").replace("32 ", "12 ")


def test_a_batch_over_all_gpus_is_that_of_a_rank_times_the_ranks() -> None:
    write_mine("global")
    assert "args.batch = 24 (12 for each of 2 GPUs)" in write_batch(resolve("mine"), 12, 2)
    assert resolve("mine").args["batch"] == 24


def test_a_shipped_preset_is_changed_in_the_users_settings() -> None:
    settings = locations.settings_file()
    settings.parent.mkdir(parents=True)
    settings.write_text("# mine\n[notices]\nterminal = true\n")
    shipped = resolve("epri-yolov8-seg-ddp")
    before = shipped.file.read_text()
    said = write_batch(shipped, 12, 4)
    assert said.endswith("presets.epri-yolov8-seg-ddp.args.batch-size = 12, it was 16")
    assert shipped.file.read_text() == before
    assert settings.read_text().startswith("# mine\n[notices]\nterminal = true\n")
    again = resolve("epri-yolov8-seg-ddp")
    assert again.args["batch-size"] == 12
    assert again.sources["args.batch-size"] == "config.toml"


def test_a_batch_in_a_trainers_own_settings_leaves_the_others_alone() -> None:
    before = resolve("layoutmaster-8gpu")
    assert before.config is not None
    assert before.batch is not None
    write_batch(before, 6, 8)
    after = resolve("layoutmaster-8gpu")
    assert after.config is not None
    changed = {**before.config.set, before.batch.argument: after.config.set[before.batch.argument]}
    assert after.config.set == changed
    assert after.config.set != before.config.set


def test_writing_twice_leaves_one_value() -> None:
    for batch in (8, 9):
        write_batch(resolve("yolo-shapes"), batch, 1)
    document = tomllib.loads(locations.settings_file().read_text())
    assert document == {"presets": {"yolo-shapes": {"args": {"batch_per_rank": 9}}}}


def test_a_preset_that_does_not_name_its_batch_is_refused() -> None:
    file = write_mine()
    file.write_text(file.read_text().partition("[batch]")[0])
    with pytest.raises(InputError, match=r"has no \[batch\]"):
        write_batch(resolve("mine"), 12, 2)


def test_a_file_that_cannot_be_written_is_told(home: Path) -> None:
    write_mine()
    found = resolve("yolo-shapes")
    (home / "config").rename(home / "old")
    (home / "config").write_text("a file where the folder should be")
    with pytest.raises(PresetError, match="cannot write"):
        write_batch(found, 12, 1)
