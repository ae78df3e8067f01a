from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.errors import InputError
from cockpit.presets.resolve import resolve
from cockpit.tools.definition import arguments_of
from cockpit.tools.memory import DEFINITION, problems_of
from cockpit.tools.memory_preset import work_of


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
    work = work_of(resolve("obstacle-yolo11n-16gpu"), None)
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
    work = work_of(preset, None)
    assert work.values["model"] == str(tmp_path / "yolo11n.pt")
    assert work.notes == ()


@pytest.mark.parametrize("name", ["quickstart", "mshnet-gpu"])
def test_a_preset_whose_model_is_its_scripts_own_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="names no model that can be trained apart"):
        work_of(resolve(name), None)
    assert work_of(resolve(name), "mynet:make").values["model"] == "mynet:make"
