"""What `cockpit check --preset` finds, for the shipped presets and for what people write."""

from __future__ import annotations

import os
import pickle
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.launch.interpreter import TrainingPython
from cockpit.presets.resolve import resolve
from cockpit.tool_runs.events import Finding, Level, Measurement
from cockpit.tools.needs import Facts
from cockpit.tools.preset_check import check_preset
from cockpit.tools.preset_checks.room import cached_bytes
from tests.data_sets.making import BOX, POLYGON, png, write_data_set, write_split
from tests.standins.checkouts import check_out

PYTHON = TrainingPython(Path(sys.executable), "3.11.7", "2.13.0+cpu", "active venv")
GIB = 1 << 30
SHIPPED = (
    "yolov7-tiny-baseline",
    "yolov7-tiny-1b4h",
    "obstacle-yolo11n-16gpu",
    "mshnet-tpu",
    "mshnet-gpu",
    "mshnet-local",
    "layoutmaster-8gpu",
    "epri-yolov8-seg",
    "epri-yolov8-seg-ddp",
    "quickstart",
    "yolo-shapes",
)


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home / name))
    return home


def look(name: str, **settings: object) -> list[Finding | Measurement]:
    overrides = {key.replace("__", "."): str(value) for key, value in settings.items()}
    preset = resolve(name, overrides)
    return list(check_preset(preset, PYTHON, Facts((), None, None), os.environ, 1.0))


def findings(name: str, **settings: object) -> dict[str, Finding]:
    """By code; of several with one code the worst."""
    order = list(Level)
    found = [one for one in look(name, **settings) if isinstance(one, Finding)]
    return {one.code: one for one in sorted(found, key=lambda one: order.index(one.level))}


def problems(found: dict[str, Finding]) -> set[str]:
    return {code for code, one in found.items() if one.level is Level.PROBLEM}


def yolo_checkout(folder: Path, label: str = BOX) -> Path:
    """A folder as the obstacle preset wants it: three hundred images, two to validate."""
    write_data_set(folder / "data/yolo_dataset", 300, label)
    (folder / "configs").mkdir()
    (folder / "configs/data.yaml").write_text(
        "path: data/seed_dataset\ntrain: images/train\nval: images/val\nnc: 1\nnames: [box]\n"
    )
    return folder


def own_preset(folder: Path, text: str, script: str) -> str:
    (folder / "train.py").write_text(script)
    file = folder / "mine.toml"
    file.write_text(f'schema = 1\nsummary = "mine"\n{text}')
    return str(file)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_preset_without_its_code_is_told_what_to_prepare(name: str) -> None:
    found = findings(name)
    assert problems(found) == set()
    assert ("preset.prepare" in found) == (name not in ("quickstart", "yolo-shapes"))
    if "preset.prepare" in found:
        assert found["preset.prepare"].remedy == f"cockpit run {name} --prepare"


def test_the_obstacles_are_counted_and_the_estimate_is_offered(tmp_path: Path) -> None:
    code = yolo_checkout(tmp_path / "code")
    seen = look("obstacle-yolo11n-16gpu", launch__workdir=code)
    (counted,) = [one for one in seen if isinstance(one, Measurement)]
    assert (counted.name, counted.value, counted.labels) == (
        "data.images",
        300.0,
        {"split": "train"},
    )
    found = findings("obstacle-yolo11n-16gpu", launch__workdir=code)
    assert problems(found) == set()
    assert "300 in train, 2 in val" in found["data.images"].what
    assert "302 objects on 302 images" in found["data.labels"].what
    assert "16 on each of 16 ranks; lr0 follows it: 0.04" in found["batch.divisible"].what
    assert found["batch.data-set"].what == "2 steps an epoch, of 300 images"
    assert found["needs.cache-ram"].level is Level.OK
    assert found["weights.fetched"].level is Level.NOTE
    assert found["data.size"].what == "images to train on: 300"
    assert "100 epochs in about" in found["forecast.time"].what
    assert "nothing was measured" in found["forecast.time"].what
    remedy = "cockpit estimate --preset obstacle-yolo11n-16gpu --dataset-size 300 --gpus 16"
    assert found["data.size"].remedy == remedy


def test_a_batch_that_does_not_divide_is_a_problem(tmp_path: Path) -> None:
    code = yolo_checkout(tmp_path / "code")
    found = findings("obstacle-yolo11n-16gpu", launch__workdir=code, args__batch=100)
    assert found["batch.divisible"].level is Level.PROBLEM
    assert found["batch.divisible"].remedy == "--set args.batch=96"
    found = findings("obstacle-yolo11n-16gpu", launch__workdir=code, args__batch=-1)
    assert found["batch.automatic"].level is Level.PROBLEM


def test_a_last_batch_of_one_image_is_a_warning(tmp_path: Path) -> None:
    code = yolo_checkout(tmp_path / "code")
    wanted = {"launch__workdir": code, "launch__gpus": 1, "args__batch": 23}
    assert "batch.last" in findings("obstacle-yolo11n-16gpu", **wanted)
    assert "batch.last" not in findings("obstacle-yolo11n-16gpu", **wanted | {"args__batch": 24})


def test_labels_that_are_wrong_are_named_by_file_and_line(tmp_path: Path) -> None:
    code = yolo_checkout(tmp_path / "code")
    labels = code / "data/yolo_dataset/labels/train"
    (labels / "t0.txt").write_text(f"{BOX}5 .5 .5 .1 .1\n")
    (labels / "t1.txt").write_text("0 50 50 10 10\n")
    (labels / "t2.txt").unlink()
    found = findings("obstacle-yolo11n-16gpu", launch__workdir=code)
    assert problems(found) == {"data.label-class"}
    assert f"{labels}/t0.txt:2 class 5 does not exist (0 to 0)" in found["data.label-class"].what
    assert found["data.label-coordinates"].level is Level.WARNING
    assert "1 without a label file" in found["data.labels"].what
    assert "2 of 301 images" in found["data.refused"].what


def test_a_data_set_that_is_wrong_throughout_is_a_problem(tmp_path: Path) -> None:
    code = yolo_checkout(tmp_path / "code", label="0 320 320 50 50\n")
    found = findings("obstacle-yolo11n-16gpu", launch__workdir=code)
    assert problems(found) == {"data.label-coordinates"}


def test_a_description_that_is_a_pipe_is_told_and_not_waited_for(tmp_path: Path) -> None:
    code = yolo_checkout(tmp_path / "code")
    file = code / "configs/data.yaml"
    file.unlink()
    os.mkfifo(file)
    found = findings("obstacle-yolo11n-16gpu", launch__workdir=code)
    assert f"{file} cannot be read: not a regular file" in found["data.file"].what


def test_images_without_any_labels_name_where_they_were_looked_for(tmp_path: Path) -> None:
    code = yolo_checkout(tmp_path / "code")
    (code / "data/yolo_dataset/labels").rename(code / "data/yolo_dataset/annotations")
    found = findings("obstacle-yolo11n-16gpu", launch__workdir=code)
    assert problems(found) == {"data.background"}
    assert f"{code}/data/yolo_dataset/labels/" in found["data.background"].what


def test_folders_that_are_missing_are_named_with_the_line_that_names_them(tmp_path: Path) -> None:
    code = yolo_checkout(tmp_path / "code")
    found = findings("obstacle-yolo11n-16gpu", launch__workdir=code, data__set__path="/nowhere")
    assert problems(found) == {"data.paths"}
    assert "data.yaml:3: val: /nowhere/images/val does not exist" in found["data.paths"].what
    assert "/nowhere (which does not exist)" in (found["data.paths"].remedy or "")


def test_a_copied_description_needs_a_path_that_does_not_move_with_it(tmp_path: Path) -> None:
    write_data_set(tmp_path)
    (tmp_path / "data.yaml").write_text("train: images/train\nval: images/val\nnames: [a]\n")
    name = own_preset(
        tmp_path,
        '[launch]\nkind = "ultralytics"\nworkdir = "."\ncpu_ranks = 1\n'
        '[data]\nfile = "data.yaml"\nargument = "data"\n',
        "",
    )
    assert "has no path" in findings(name)["data.paths"].what


def test_the_settings_of_ultralytics_tell_where_data_sets_are(
    tmp_path: Path, own_folders: Path
) -> None:
    code = yolo_checkout(tmp_path / "code")
    (code / "data/yolo_dataset").rename(tmp_path / "obstacles")
    folder = own_folders / "XDG_CONFIG_HOME" / "Ultralytics"
    folder.mkdir(parents=True)
    (folder / "settings.json").write_text(f'{{"datasets_dir": "{tmp_path}"}}')
    found = findings("obstacle-yolo11n-16gpu", launch__workdir=code, data__set__path="obstacles")
    assert problems(found) == set()
    assert "300 in train" in found["data.images"].what


@pytest.mark.parametrize("name", ["yolov7-tiny-baseline", "yolov7-tiny-1b4h"])
def test_yolov7_reads_lists_beside_its_code(tmp_path: Path, name: str) -> None:
    code = check_out("yolov7", tmp_path)
    for split in ("train2017", "val2017"):
        images = write_split(code / "coco", split, {f"{number}": BOX for number in range(4)})
        names = sorted(f"./images/{split}/{image.name}\n" for image in images.iterdir())
        (code / f"coco/{split}.txt").write_text("".join(names))
    found = findings(name, launch__workdir=code)
    assert problems(found) == set()
    assert "4 in train, 4 in val" in found["data.images"].what
    assert found["batch.data-set"].level is Level.WARNING
    two = findings(name, launch__workdir=code, launch__gpus=2)
    assert "cockpit passes it on" in two["script.local-rank"].what


def test_epri_needs_polygons(tmp_path: Path) -> None:
    code = check_out("epri", tmp_path)
    description = write_data_set(tmp_path / "epri", 40, POLYGON)
    (code / "data/processed/dataset.yaml").write_text(description.read_text())
    for name in ("epri-yolov8-seg", "epri-yolov8-seg-ddp"):
        found = findings(name, launch__workdir=code)
        assert problems(found) == set()
        assert "42 polygons on 42 images" in found["data.labels"].what
    write_data_set(tmp_path / "epri", 40, BOX)
    found = findings("epri-yolov8-seg", launch__workdir=code)
    assert "a box, where a polygon is needed" in found["data.label-columns"].what
    assert found["data.label-columns"].level is Level.PROBLEM


@pytest.mark.parametrize("name", ["mshnet-gpu", "mshnet-local", "mshnet-tpu"])
def test_mshnet_counts_the_names_of_its_list(tmp_path: Path, name: str) -> None:
    code = check_out("mshnet", tmp_path)
    images = code / "datasets/IRSTD-1k/images"
    images.mkdir()
    (images / "XDU0.png").write_bytes(png(512, 512))
    found = findings(name, launch__workdir=code)
    assert problems(found) == set()
    assert found["script.arguments"].level is Level.OK
    assert "1 names, each with its image" in found["data.names-list"].what
    (images / "XDU0.png").rename(images / "XDU9.png")
    found = findings(name, launch__workdir=code)
    assert "trainval.txt:1 XDU0" in found["data.names-list"].what
    assert found["data.names-list"].level is Level.PROBLEM


def test_layoutmaster_names_its_data_in_its_own_settings(tmp_path: Path) -> None:
    code = check_out("layoutmaster", tmp_path)
    where = {"launch__workdir": code, "config__set__data.data_root": tmp_path / "posters"}
    found = findings("layoutmaster-8gpu", **where)
    assert problems(found) == {"data.folder"}
    remedy = found["data.folder"].remedy or ""
    assert "--set config.set.data.data_root=" in remedy
    (tmp_path / "posters" / "one").mkdir(parents=True)
    (tmp_path / "posters" / "one" / "poster.png").write_bytes(png(8, 8))
    assert problems(findings("layoutmaster-8gpu", **where)) == set()


ARGPARSE = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, required=True)
parser.add_argument("--batch-size", type=int)
parser.add_argument("--mode", choices=["train", "test"])
parser.add_argument("--amp", action="store_true")
parser.add_argument("--seed")
{more}
parser.parse_args()
"""
PLAIN = '[launch]\nkind = "python"\nscript = "train.py"\ncpu_ranks = 1\n[args]\n'


@pytest.mark.parametrize(
    ("args", "level", "words"),
    [
        ("epochs = 1\namp = true\nbatch-size = 2\n", Level.OK, "knows every argument"),
        ("epochs = 1\nbatch = 2\n", Level.OK, "knows every argument"),
        ("epochs = 1\nbatch_size = 2\n", Level.PROBLEM, "did you mean --batch-size?"),
        ("batch-size = 2\n", Level.PROBLEM, "--epochs is required (train.py:4)"),
        ("epochs = 1\nseed = true\n", Level.PROBLEM, "--seed needs a value (train.py:8)"),
        ("epochs = 1\namp = 3\n", Level.PROBLEM, "--amp takes no value (train.py:7)"),
        ("epochs = 1\nmode = 'trian'\n", Level.PROBLEM, "allows train, test"),
    ],
)
def test_arguments_are_compared_with_those_that_the_script_declares(
    tmp_path: Path, args: str, level: Level, words: str
) -> None:
    found = findings(own_preset(tmp_path, PLAIN + args, ARGPARSE.format(more="")))
    assert (found["script.arguments"].level, words in found["script.arguments"].what) == (
        level,
        True,
    )


@pytest.mark.parametrize(
    ("script", "level", "words"),
    [
        (ARGPARSE.format(more="add_more(parser)"), Level.NOTE, "hands its parser to add_more"),
        (ARGPARSE.replace("parse_args", "parse_known_args"), Level.WARNING, "it ignores"),
        ("import click\n", Level.NOTE, "cannot be told: train.py:1 uses click"),
        ("import sys\nprint(sys.argv)\n", Level.NOTE, "declares none by argparse"),
    ],
)
def test_what_cannot_be_told_for_sure_is_no_problem(
    tmp_path: Path, script: str, level: Level, words: str
) -> None:
    text = script.replace("{more}", "")
    found = findings(own_preset(tmp_path, PLAIN + "epochs = 1\nother = 2\n", text))
    assert (found["script.arguments"].level, words in found["script.arguments"].what) == (
        level,
        True,
    )


def test_a_script_that_is_no_python_names_the_line(tmp_path: Path) -> None:
    found = findings(own_preset(tmp_path, PLAIN, "x = 1\nif true; then\n"))
    assert f"{tmp_path}/train.py:2 is no Python" in found["script.syntax"].what


def test_a_script_of_before_torch_2_needs_its_local_rank(tmp_path: Path) -> None:
    text = '[launch]\nkind = "torchrun"\nscript = "train.py"\ncpu_ranks = 2\n'
    script = 'import argparse\np = argparse.ArgumentParser()\np.add_argument("--local_rank")\n'
    found = findings(own_preset(tmp_path, text, script))
    assert found["script.local-rank"].level is Level.PROBLEM
    assert 'local_rank = "local_rank"' in (found["script.local-rank"].remedy or "")
    mended = script + 'import os\nos.environ["LOCAL_RANK"]\n'
    assert "script.local-rank" not in findings(own_preset(tmp_path, text, mended))


def test_packages_are_compared_with_the_lists_beside_the_code(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(
        "pytest>=8  # there\npytest-xdist<1\nno-such-package[extra]==1.0\njson\n"
        'enum34; python_version < "3.4"\n-r more.txt\n--index-url https://x\n'
        "git+https://github.com/a/b.git\npyyaml \\\n  >=6\n"
    )
    (tmp_path / "more.txt").write_text("also-none\n-r requirements.txt\n")
    (tmp_path / "environment.yaml").write_text(
        "name: x\ndependencies:\n- python=3.8\n- cudatoolkit=11\n- pytest=8\n- pip:\n"
        "  - none-at-all\n"
    )
    preset = resolve(own_preset(tmp_path, PLAIN, ""))
    found = {
        one.what.split(":", 1)[0].rpartition("/")[2]: one
        for one in check_preset(preset, PYTHON, Facts((), None, None), os.environ, 1.0)
        if isinstance(one, Finding) and one.code == "packages.listed"
    }
    listed = found["requirements.txt"]
    assert listed.level is Level.WARNING
    assert "requirements.txt:2: pytest-xdist<1: 3." in listed.what
    assert "requirements.txt:3: no-such-package==1.0: missing" in listed.what
    assert "more.txt:1: also-none: missing" in listed.what
    assert "requirements.txt:8: git+https" in listed.what
    for fine in ("json", "enum34", "pyyaml", "pytest>"):
        assert fine not in listed.what
    remedy = listed.remedy or ""
    assert remedy.startswith(f"{sys.executable} -m pip install")
    assert "torch==2.13.0+cpu" in remedy
    conda = found["environment.yaml"].what
    assert "environment.yaml:3: python==3.8.*: this is Python 3.11.7" in conda
    assert "none-at-all: missing" in conda
    assert "cudatoolkit" not in conda


def checkpoint(file: Path, epoch: int) -> Path:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("last/data.pkl", pickle.dumps({"epoch": epoch, "model": None}))
    return file


def test_a_checkpoint_to_resume_must_be_whole_and_tells_its_epoch(tmp_path: Path) -> None:
    text = PLAIN + "resume = '{}'\n"
    file = checkpoint(tmp_path / "last.pt", 41)
    found = findings(own_preset(tmp_path, text.format(file), ""))["resume.checkpoint"]
    assert (found.level, "epoch 41" in found.what) == (Level.OK, True)
    checkpoint(file, -1)
    found = findings(own_preset(tmp_path, text.format(file), ""))["resume.checkpoint"]
    assert (found.level, "finished training" in found.what) == (Level.PROBLEM, True)
    file.write_bytes(file.read_bytes()[:40])
    found = findings(own_preset(tmp_path, text.format(file), ""))["resume.checkpoint"]
    assert (found.level, "is cut off" in found.what) == (Level.PROBLEM, True)
    gone = findings(own_preset(tmp_path, text.format(tmp_path / "lst.pt"), ""))
    assert "did you mean last.pt?" in gone["resume.checkpoint"].what


def test_weights_that_nobody_can_fetch_are_a_problem(tmp_path: Path) -> None:
    code = yolo_checkout(tmp_path / "code")
    found = findings("obstacle-yolo11n-16gpu", launch__workdir=code, args__model="mine.pt")
    assert problems(found) == {"weights.file"}
    checkpoint(code / "mine.pt", 3)
    found = findings("obstacle-yolo11n-16gpu", launch__workdir=code, args__model="mine.pt")
    assert found["weights.file"].level is Level.OK
    assert found["needs.checkpoints"].what.startswith("12 checkpoints of about")
    found = findings("obstacle-yolo11n-16gpu", launch__workdir=code, args__model="yolo11n.yaml")
    assert "from scratch" in found["weights.fresh"].what


def test_more_images_than_memory_holds_are_cached_on_disk_or_not(tmp_path: Path) -> None:
    code = yolo_checkout(tmp_path / "code")
    wanted = {"launch__workdir": code, "args__imgsz": 1 << 18}
    found = findings("obstacle-yolo11n-16gpu", **wanted)
    assert found["needs.cache-ram"].level is Level.WARNING
    assert found["needs.cache-ram"].remedy == "--set args.cache=disk"
    assert found["needs.shm"].level is Level.WARNING


def test_an_unreadable_description_is_told_once(tmp_path: Path) -> None:
    code = yolo_checkout(tmp_path / "code")
    (code / "configs/data.yaml").write_text("train: [")
    found = findings("obstacle-yolo11n-16gpu", launch__workdir=code)
    assert problems(found) == {"data.file"}


def test_nothing_is_run_of_what_is_looked_at(tmp_path: Path) -> None:
    trap = f"open({str(tmp_path / 'ran')!r}, 'w')\n"
    (tmp_path / "helper.py").write_text(trap)
    findings(own_preset(tmp_path, PLAIN + "epochs = 1\n", "import helper\n" + trap))
    assert not (tmp_path / "ran").exists()


def test_on_gpus_the_ranks_are_those_that_the_preset_asks_for(tmp_path: Path) -> None:
    preset = resolve("quickstart")
    facts = Facts((8.0 * GIB,) * 4, None, None)
    for gpus, words in (("auto", "4 ranks"), ("2", "2 ranks"), ("cpu", "2 ranks")):
        asked = replace(preset, launch=replace(preset.launch, gpus=gpus))
        found = [
            one.what
            for one in check_preset(asked, PYTHON, facts, os.environ, 1.0)
            if isinstance(one, Finding) and one.code == "batch.divisible"
        ]
        assert words in found[0]


def test_a_data_set_of_ultralytics_is_known_by_its_name(tmp_path: Path) -> None:
    text = (
        '[launch]\nkind = "ultralytics"\nworkdir = "."\ncpu_ranks = 1\n'
        "[args]\nmodel = 'yolo11n.yaml'\ndata = 'coco8'\n"
    )
    found = findings(own_preset(tmp_path, text, ""))
    assert problems(found) == set()
    assert "Ultralytics fetches those of its own" in found["data.file"].what


def test_a_relative_file_is_not_found_from_a_folder_of_the_run(tmp_path: Path) -> None:
    write_data_set(tmp_path)
    found = findings(own_preset(tmp_path, PLAIN + "data = 'data.yaml'\n", ""))
    assert found["data.file"].remedy == "{preset_dir}/data.yaml, or workdir under [launch]"
    found = findings(own_preset(tmp_path, PLAIN + "data = '{preset_dir}/data.yaml'\n", ""))
    assert "4 in train" in found["data.images"].what


def test_a_classifier_counts_the_images_to_train_on_in_their_folders(tmp_path: Path) -> None:
    for split, count in {"train": 3, "val": 1}.items():
        (tmp_path / "pets" / split / "cat").mkdir(parents=True)
        for number in range(count):
            (tmp_path / "pets" / split / "cat" / f"{number}.png").write_bytes(png(8, 8))
    text = (
        '[launch]\nkind = "ultralytics"\nworkdir = "."\ncpu_ranks = 1\n'
        "positional = ['classify', 'train']\n[args]\ndata = 'pets'\n"
    )
    found = findings(own_preset(tmp_path, text, ""))
    assert "4 images in" in found["data.images"].what
    assert found["data.size"].what == "images to train on: 3"


def test_cached_images_are_measured_by_their_own_sizes() -> None:
    wide = ((1280, 640), (640, 320))
    assert cached_bytes(10, wide, 640) == 10 * 640 * 320 * 3
    assert cached_bytes(10, wide[:1], None) == 10 * 1280 * 640 * 3
    assert cached_bytes(10, (), 640) == 10 * 640 * 640 * 3
