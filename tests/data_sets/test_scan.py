from __future__ import annotations

import os
from itertools import count
from pathlib import Path

import pytest

from cockpit.data_sets.image_header import read_image_size, why_no_image
from cockpit.data_sets.images import find_images, label_path
from cockpit.data_sets.labels import Format, LabelFault, Task
from cockpit.data_sets.scan import EACH, SplitScan, scan_split
from cockpit.data_sets.ultralytics import is_fetched, is_shipped_model, read_settings, task_in_name
from tests.data_sets.making import BOX, JPEG, POLYGON, jpeg, png, write_split


def scan(*places: Path, form: Format | None = None) -> SplitScan:
    return scan_split("train", places, form or Format(class_count=2), limit_s=60)


def test_everything_in_a_split_is_counted_once(tmp_path: Path) -> None:
    labels = {"a": BOX * 2, "b": BOX.replace("\n", "\r\n"), "empty": "\n", "none": None}
    images = write_split(tmp_path, "train", labels)
    (tmp_path / "labels/train/left.txt").write_text(BOX)
    (tmp_path / "labels/train/classes.txt").write_text("square\n")
    (images / "broken.JPG").write_bytes(b"")
    (images / "b.png").write_bytes(png(4, 4))
    found = scan(images)
    assert (found.count, found.looked, found.labelled, found.objects) == (6, 6, 2, 3)
    assert (found.unlabelled.count, found.empty.count, found.crlf) == (2, 1, 1)
    assert found.broken.first == [f"{images}/broken.JPG is empty (0 bytes)"]
    assert found.orphans.first == [f"{tmp_path}/labels/train/left.txt"]
    assert found.shared.first == [f"{images}/b.png"]
    assert found.duplicates.count == 1
    assert found.is_whole


def test_offenders_are_named_by_file_and_line_and_the_rest_counted(tmp_path: Path) -> None:
    images = write_split(tmp_path, "train", {f"{n}": BOX + "7 .5 .5 .1 .1\n" for n in range(9)})
    found = scan(images)
    wrong = found.faults[LabelFault.CLASS]
    assert (wrong.count, len(wrong.first), found.refused) == (9, 3, 9)
    assert wrong.first[0] == f"{tmp_path}/labels/train/0.txt:2 class 7 does not exist (0 to 1)"


def test_labels_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    images = write_split(tmp_path, "train", {"a": None})
    (tmp_path / "labels/train/a.txt").mkdir()
    assert scan(images).faults[LabelFault.UNREADABLE].count == 1


def test_links_and_folders_at_any_depth_are_followed_and_broken_links_named(
    tmp_path: Path,
) -> None:
    real = write_split(tmp_path / "real", "train", {"a": BOX})
    images = tmp_path / "images" / "train"
    (images / "deep").mkdir(parents=True)
    (images / "deep" / "b.jpeg").symlink_to(real / "a.jpg")
    (images / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (images / "round").symlink_to(images)
    (images / ".hidden.jpg").write_bytes(JPEG)
    (images / "notes.txt").write_text("no image")
    found = find_images([images])
    assert found.files == [f"{images}/deep/b.jpeg"]
    assert found.dangling == [f"{images}/gone.png"]


def test_a_list_names_images_relative_to_itself(tmp_path: Path) -> None:
    images = write_split(tmp_path, "train", {"a": BOX, "b": None})
    names = tmp_path / "train.txt"
    names.write_text(f"./images/train/a.jpg\r\n{images}/b.jpg\n\n./images/train/gone.jpg\n")
    found = scan(names)
    assert found.images.files[:2] == [f"{images}/a.jpg", f"{images}/b.jpg"]
    assert (found.labelled, found.orphans.count) == (1, 0)
    assert found.broken.first == [f"{images}/gone.jpg No such file or directory"]


def test_a_split_that_is_too_large_is_counted_at_least(tmp_path: Path) -> None:
    images = write_split(tmp_path, "train", {f"{n}": BOX for n in range(5)})
    found = find_images([images], most=3)
    assert (len(found.files), found.is_whole) == (3, False)


def test_after_the_time_limit_the_rest_is_only_counted(tmp_path: Path) -> None:
    images = write_split(tmp_path, "train", {f"{n:04d}": BOX for n in range(EACH + 1)})
    ticks = count(step=4)
    found = scan_split("train", [images], Format(), limit_s=5, clock=lambda: float(next(ticks)))
    assert (found.count, found.looked, found.is_whole) == (EACH + 1, EACH, False)


def test_a_classifier_has_no_labels_to_look_for(tmp_path: Path) -> None:
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "a.jpg").write_bytes(JPEG)
    found = scan(tmp_path, form=Format(Task.CLASSIFY))
    assert (found.count, found.unlabelled.count) == (1, 0)


def test_a_place_that_is_not_there_is_left_out(tmp_path: Path) -> None:
    found = scan(tmp_path / "nowhere")
    assert (found.count, found.skipped) == (0, [tmp_path / "nowhere"])


def test_labels_lie_where_the_trainer_looks_for_them() -> None:
    image = "/d/images/x/images/a.b.jpg"
    assert label_path(image) == "/d/images/x/labels/a.b.txt"
    assert label_path(image, first=True) == "/d/labels/x/images/a.b.txt"
    assert label_path("/d/pictures/a.jpg") == "/d/pictures/a.txt"


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (b"", "is empty"),
        (b"\0" * 32, "only zeros"),
        (b"<!DOCTYPE html>", "is a text"),
        (b"version https://git-lfs.github.com/", "Git LFS"),
        (b"hello, world", "does not begin like an image"),
    ],
)
def test_what_is_no_image_is_told_from_its_first_bytes(start: bytes, words: str) -> None:
    assert words in (why_no_image(start) or "")


def test_images_of_every_kind_are_taken() -> None:
    for start in (JPEG, png(1, 1), b"BM", b"II*\0", b"RIFF\0\0\0\0WEBP", b"\0\0\0\x18ftypavif"):
        assert why_no_image(start.ljust(32, b"\1")) is None


def test_the_size_of_an_image_is_read_from_its_header(tmp_path: Path) -> None:
    for name, data in {"a.jpg": jpeg(640, 480), "b.png": png(640, 480)}.items():
        (tmp_path / name).write_bytes(data)
        assert read_image_size(str(tmp_path / name)) == (640, 480)
    (tmp_path / "c.jpg").write_bytes(JPEG[:4])
    assert read_image_size(str(tmp_path / "c.jpg")) is None
    assert read_image_size(str(tmp_path / "gone.jpg")) is None


def test_names_of_ultralytics_are_known() -> None:
    assert is_fetched("yolo11n.pt")
    assert is_fetched("yolov8m-seg.pt")
    assert not is_fetched("my-best.pt")
    assert is_shipped_model("yolo11n.yaml")
    assert not is_shipped_model("models/yolo11n.yaml")
    assert (task_in_name("yolov8m-seg.pt"), task_in_name("yolo11n.pt")) == ("segment", None)


def test_the_settings_of_ultralytics_are_read_where_it_keeps_them(tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "Ultralytics"
    folder.mkdir(parents=True)
    (folder / "settings.json").write_text('{"datasets_dir": "/sets", "weights_dir": 3}')
    assert read_settings({}, tmp_path) == {"datasets_dir": Path("/sets")}
    assert read_settings({"YOLO_CONFIG_DIR": os.fspath(tmp_path / "other")}, tmp_path) == {}


def test_a_polygon_is_an_object(tmp_path: Path) -> None:
    images = write_split(tmp_path, "train", {"a": POLYGON})
    found = scan(images, form=Format(Task.SEGMENT, 2))
    assert (found.objects, found.polygons, found.refused) == (1, 1, 0)
