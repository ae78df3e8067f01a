from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from cockpit.errors import InputError
from cockpit.presets.resolve import resolve
from cockpit.tools.definition import arguments_of
from cockpit.tools.memory import DEFINITION, problems_of
from cockpit.tools.memory_preset import PROBE, work_of


def test_every_wrong_value_is_named_at_once() -> None:
    wrong = {
        "model": "yolo",
        "imgsz": "640,",
        "batch-sizes": "4,0",
        "max": "-1",
        "optimizer": "adam",
        "amp": "yes",
        "gpu": "first",
        "limit": "8 apples",
        "margin": "95",
    }
    problems = problems_of(wrong)
    assert [text.split(" ")[0].rstrip(":") for text in problems] == [
        "--model",
        "--imgsz",
        "--batch-sizes",
        "--max",
        "--optimizer",
        "--amp",
        "--gpu",
        "--limit",
        "--margin",
    ]
    assert "adamw" in next(text for text in problems if text.startswith("--optimizer"))


def test_right_values_become_the_tools_own_flags() -> None:
    values = {"imgsz": "320,640", "limit": "8GiB", "margin": "10", "batch-sizes": ""}
    assert problems_of(values) == []
    assert arguments_of(DEFINITION, values) == (
        *("--imgsz", "320,640"),
        *("--limit", "8GiB"),
        *("--margin", "10"),
    )


def test_a_preset_of_ultralytics_gives_everything_that_memory_depends_on() -> None:
    work = work_of(resolve("obstacle-yolo11n-16gpu"), {})
    assert work.values == {
        "model": "yolo11n.yaml",
        "imgsz": "640",
        "amp": "on",
        "optimizer": "adamw",
        "ranks": "16",
    }
    assert "yolo11n.yaml has the same layers" in work.notes[0]


def test_weights_that_are_there_are_used(tmp_path: Path) -> None:
    (tmp_path / "yolo11n.pt").write_bytes(b"")
    preset = resolve("obstacle-yolo11n-16gpu", {"launch.workdir": str(tmp_path)})
    work = work_of(preset, {})
    assert work.values["model"] == str(tmp_path / "yolo11n.pt")
    assert work.notes == ()


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("quickstart", "16"),
        ("mshnet-gpu", "16"),
        ("epri-yolov8-seg-ddp", "16"),
        ("layoutmaster-8gpu", "4"),
        ("yolov7-tiny-1b4h", "384"),
    ],
)
def test_a_preset_whose_model_is_its_scripts_own_is_trained_by_its_own_command(
    name: str, first: str
) -> None:
    preset = resolve(name)
    work = work_of(preset, {"gpu": "3"}, "/opt/python")
    flag, command, *more = work.arguments
    assert flag == "--probe-command"
    words = json.loads(command)
    assert words[:4] == [sys.executable, "-P", "-m", PROBE]
    asked = dict(zip(words[4::2], words[5::2], strict=True))
    assert asked["--preset"] == str(preset.file)
    assert asked["--gpus"] == "3,"
    assert asked["--python"] == "/opt/python"
    assert asked["--batch"] == "{batch}"
    assert more == ["--first", first], "for one rank, as it is in the preset now"
    assert find_spec(PROBE) is not None


def test_a_model_that_is_named_is_trained_apart_from_the_preset() -> None:
    work = work_of(resolve("quickstart"), {"model": "mynet:make"})
    assert work.values["model"] == "mynet:make"
    assert work.arguments == ()


def test_what_the_presets_own_command_decides_cannot_be_asked_for() -> None:
    with pytest.raises(InputError, match="--imgsz, --amp: preset quickstart is trained by its own"):
        work_of(resolve("quickstart"), {"imgsz": "320", "amp": "on", "max": "8"})


def test_a_preset_on_a_tpu_is_refused() -> None:
    with pytest.raises(InputError, match="TPU"):
        work_of(resolve("mshnet-tpu"), {})
