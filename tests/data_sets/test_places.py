from __future__ import annotations

from pathlib import Path

from cockpit.data_sets.description import parse_description
from cockpit.data_sets.places import Base, Rule, find_splits

TEXT = "path: {path}\ntrain: images/train\nval: ../val\nnames: [a]\n"


def train(text: str, base: Base) -> Path:
    return find_splits(parse_description(text, Path("data.yaml")), base)["train"][0]


def base(folder: Path, rule: Rule = Rule.ULTRALYTICS) -> Base:
    return Base(rule, folder / "work", folder / "config", folder / "datasets")


def test_ultralytics_looks_where_the_job_runs_and_else_in_its_folder_of_data_sets(
    tmp_path: Path,
) -> None:
    text = TEXT.format(path="shapes")
    assert train(text, base(tmp_path)) == tmp_path / "datasets/shapes/images/train"
    (tmp_path / "work" / "shapes").mkdir(parents=True)
    assert train(text, base(tmp_path)) == tmp_path / "work/shapes/images/train"


def test_without_path_ultralytics_starts_from_the_folder_of_the_file_that_it_is_given(
    tmp_path: Path,
) -> None:
    text = "train: images/train\nval: b\nnames: [a]\n"
    assert train(text, base(tmp_path)) == tmp_path / "config/images/train"


def test_a_path_that_leads_up_falls_back_on_the_root(tmp_path: Path) -> None:
    (tmp_path / "d" / "val").mkdir(parents=True)
    found = parse_description(TEXT.format(path=tmp_path / "d"), Path("data.yaml"))
    assert find_splits(found, base(tmp_path))["val"] == (tmp_path / "d" / "val",)


def test_yolov7_starts_where_the_job_runs(tmp_path: Path) -> None:
    text = "train: ./coco/train2017.txt\nval: b\nnc: 80\n"
    found = train(text, base(tmp_path, Rule.WORKDIR))
    assert found == tmp_path / "work/coco/train2017.txt"
