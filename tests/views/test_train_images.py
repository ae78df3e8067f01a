from __future__ import annotations

from pathlib import Path

from cockpit.presets.load import find_preset
from cockpit.presets.model import Preset
from cockpit.presets.resolve import load_file
from cockpit.views.train_images import count_train_images

PRESET = """
schema = 1
summary = "for a test"

[launch]
kind = "ultralytics"
workdir = "{{preset_dir}}"
positional = ["detect", "train"]

[args]
{argument}
"""


def write_preset(folder: Path, argument: str) -> Preset:
    file = folder / "mine.toml"
    file.write_text(PRESET.format(argument=argument))
    return load_file(file)


def write_images(folder: Path, count: int) -> None:
    folder.mkdir(parents=True)
    for number in range(count):
        (folder / f"{number}.jpg").touch()


def test_images_of_a_description_are_counted(tmp_path: Path) -> None:
    write_images(tmp_path / "set" / "images" / "train", 5)
    write_images(tmp_path / "set" / "images" / "val", 2)
    (tmp_path / "data.yaml").write_text(
        f"path: {tmp_path}/set\ntrain: images/train\nval: images/val\nnames: [a]\n"
    )
    preset = write_preset(tmp_path, 'data = "data.yaml"')
    counted = count_train_images(preset, tmp_path)
    assert counted is not None
    assert counted[0] == 5


def test_a_list_of_names_in_a_folder_of_data_is_counted(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "trainval.txt").write_text("one\ntwo\n\nthree\n")
    preset = write_preset(tmp_path, 'dataset-dir = "set"')
    assert count_train_images(preset, tmp_path) == (3, tmp_path / "set" / "trainval.txt")


def test_what_is_not_there_is_not_counted(tmp_path: Path) -> None:
    assert count_train_images(write_preset(tmp_path, 'data = "data.yaml"'), tmp_path) is None
    assert count_train_images(write_preset(tmp_path, "epochs = 3"), tmp_path) is None
    (tmp_path / "data.yaml").write_text("train: [unclosed\n")
    assert count_train_images(write_preset(tmp_path, 'data = "data.yaml"'), tmp_path) is None


def test_a_shipped_preset_without_its_data_is_not_counted(tmp_path: Path) -> None:
    preset = load_file(find_preset("quickstart")[0])
    assert count_train_images(preset, tmp_path) is None
