from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from cockpit.cli.estimate import estimate
from cockpit.cli.question import ask
from cockpit.errors import InputError, PresetError

KEYS = [
    "dataset_size",
    "epochs",
    "gpus",
    "global_batch",
    "steps_per_epoch",
    "scaling_efficiency",
    "effective_speedup",
    "epoch_s",
    "total_s",
    "total_s_low",
    "total_s_high",
    "basis",
]
PRESET = """
schema = 1
summary = "for a test"

[launch]
kind = "python"
script = "train.py"
gpus = "4"

[args]
model = "yolov8m-seg.pt"
epochs = 30
imgsz = 320
batch = {batch}

[batch]
argument = "batch"
scope = "{scope}"

[epochs]
argument = "epochs"
"""


def invoke(*words: str) -> Result:
    app = typer.Typer()
    app.command()(estimate)
    return CliRunner().invoke(app, words)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "presets").mkdir()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "presets"


def write_preset(project: Path, *, scope: str = "rank", batch: int = 8) -> None:
    (project / "train.py").write_text("")
    (project / "mine.toml").write_text(PRESET.format(scope=scope, batch=batch))


def test_json_has_exactly_the_keys_of_the_contract() -> None:
    result = invoke("--dataset-size", "1000", "--gpus", "16", "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert list(found) == KEYS
    assert found["global_batch"] == 256
    assert all(isinstance(line, str) for line in found["basis"])
    assert found["total_s_high"] >= 2 * found["total_s_low"]


def test_people_read_labelled_rows_and_what_they_rest_on() -> None:
    result = invoke("--dataset-size", "1000", "--gpus", "16")
    rows = result.stdout.splitlines()
    assert "not measured" in rows[0]
    labels = [row[2:22].rstrip() for row in rows[1:10]]
    assert labels == [
        "data set",
        "epochs",
        "GPUs",
        "global batch",
        "steps per epoch",
        "scaling efficiency",
        "effective speed-up",
        "time per epoch",
        "total",
    ]
    assert " to " in rows[9]
    assert rows[10] == "rests on:"
    assert max(map(len, rows)) <= 100


def test_batch_is_another_word_for_batch_per_rank() -> None:
    words = ("--dataset-size", "1000", "--gpus", "2", "--json")
    assert invoke(*words, "--batch", "8").stdout == invoke(*words, "--batch-per-rank", "8").stdout


def test_all_problems_come_at_once_and_name_their_flags() -> None:
    flags = {"gpus": "two", "epochs": "0", "model": "yolo11q", "imgsz": "1.5"}
    with pytest.raises(InputError) as caught:
        ask(flags, None)
    problems = caught.value.problem.splitlines()
    assert len(problems) == 5
    for flag in ("--dataset-size is missing", "--gpus two", "--epochs 0", "--model", "--imgsz 1.5"):
        assert any(flag in problem for problem in problems)


def test_a_missing_number_causes_no_second_complaint() -> None:
    with pytest.raises(InputError) as caught:
        ask({"dataset_size": "1000", "gpus": "x"}, None)
    assert caught.value.problem == "--gpus x: must be a whole number of GPUs"


def test_a_preset_gives_its_work(project: Path) -> None:
    write_preset(project)
    question = ask({"dataset_size": "1000"}, "mine")
    assert (question.model, question.epochs, question.imgsz) == ("yolov8m-seg.pt", 30, 320)
    assert (question.gpus, question.batch_per_rank) == (4, 8)
    assert question.sources["epochs"] == "from preset mine"
    assert question.sources["gpu"].startswith("assumed")


def test_flags_win_over_the_preset(project: Path) -> None:
    write_preset(project)
    question = ask(
        {"dataset_size": "1000", "gpus": "2", "epochs": "5", "batch_per_rank": "1"}, "mine"
    )
    assert (question.gpus, question.epochs, question.batch_per_rank) == (2, 5, 1)
    assert question.sources["epochs"] == "given"


def test_a_global_batch_is_shared_among_the_gpus(project: Path) -> None:
    write_preset(project, scope="global", batch=64)
    assert ask({"dataset_size": "1000"}, "mine").batch_per_rank == 16
    with pytest.raises(InputError, match=r"cannot be divided.*--batch-per-rank"):
        ask({"dataset_size": "1000", "gpus": "3"}, "mine")


def test_a_preset_that_names_no_model_is_not_passed_off_as_estimated(project: Path) -> None:
    write_preset(project)
    text = (project / "mine.toml").read_text().replace('model = "yolov8m-seg.pt"\n', "")
    (project / "mine.toml").write_text(text)
    question = ask({"dataset_size": "1000"}, "mine")
    assert "not of that preset" in question.sources["model"]


def test_an_unknown_preset_is_refused(project: Path) -> None:
    write_preset(project)
    with pytest.raises(PresetError, match="mine"):
        ask({"dataset_size": "1000"}, "mien")
