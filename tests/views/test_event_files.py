from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from cockpit.metrics.series import Axis
from cockpit.views.results import CurvesTail

pytest.importorskip("tensorboard", reason="the extra tensorboard is not installed")

DATA = Path(__file__).parent.parent / "data" / "metrics"
YOLOV7 = sorted((DATA / "events_yolov7").iterdir())
HF = DATA / "events.out.tfevents.hf"


def test_a_folder_of_a_resumed_training_grows_file_by_file(tmp_path: Path) -> None:
    tail = CurvesTail(tmp_path, "tensorboard")
    assert tail.read().series == {}
    shutil.copy(YOLOV7[1], tmp_path)
    assert tail.read().series["train/box_loss"].x == (0, 1)
    shutil.copy(YOLOV7[2], tmp_path)
    table = tail.read()
    assert table.axis is Axis.STEP
    assert table.series["train/box_loss"].x == (0, 1, 2, 3)


def test_one_file_grows_byte_by_byte(tmp_path: Path) -> None:
    growing, content = tmp_path / HF.name, HF.read_bytes()
    tail, counts = CurvesTail(growing, "tensorboard"), []
    for end in range(0, len(content) + 1, 512):
        growing.write_bytes(content[:end])
        table = tail.read()
        assert table.problem is None
        counts.append(sum(len(one.values) for one in table.series.values()))
    growing.write_bytes(content)
    assert tail.read() == CurvesTail(HF, "tensorboard").read_all()
    assert counts == sorted(counts)


def test_a_file_that_was_cut_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "events.out.tfevents.1"
    shutil.copy(HF, file)
    tail = CurvesTail(file, "tensorboard")
    assert "train/loss" in tail.read().series
    file.write_bytes(YOLOV7[2].read_bytes())
    assert "train/loss" not in tail.read().series


def test_files_of_an_earlier_training_are_not_read(tmp_path: Path) -> None:
    shutil.copy(YOLOV7[0], tmp_path)
    os.utime(tmp_path / YOLOV7[0].name, (1000, 1000))
    tail = CurvesTail(tmp_path, "tensorboard", since_s=2000)
    assert tail.read().series == {}


def test_the_newest_checkpoint_of_hugging_face_counts(tmp_path: Path) -> None:
    tail = CurvesTail(tmp_path, "hf")
    assert tail.read().series == {}
    for name in ("checkpoint-16", "checkpoint-64"):
        (tmp_path / name).mkdir()
    first = tmp_path / "checkpoint-16" / "trainer_state.json"
    shutil.copyfile(DATA / "hf_trainer_state_16.json", first)
    os.utime(first, (1000, 1000))
    assert tail.read().series["eval_loss"].x == (16,)
    newest = tmp_path / "checkpoint-64" / "trainer_state.json"
    shutil.copyfile(DATA / "hf_trainer_state_64.json", newest)
    assert tail.read().series["eval_loss"].x == (16, 32, 48, 64)
    named = CurvesTail(first, "hf").read_all()
    assert named.series["eval_loss"].x == (16, 32, 48, 64)
    assert (named.epoch, named.epochs) == (4, 4)


def test_a_grammar_that_is_gone_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text("epoch 1\n")
    table = CurvesTail(log, "missing-thing").read_all()
    assert table.problem == "metrics reader 'missing-thing' does not exist"


def test_of_states_that_were_copied_at_once_the_greatest_step_counts(tmp_path: Path) -> None:
    for step, age_s in ((16, 0), (64, 5)):  # the older step was written last
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        state = folder / "trainer_state.json"
        shutil.copyfile(DATA / f"hf_trainer_state_{step}.json", state)
        os.utime(state, (1000 - age_s, 1000 - age_s))
    assert CurvesTail(tmp_path, "hf").read_all().epoch == 4


def test_a_state_that_is_too_large_is_not_read_and_said(tmp_path: Path) -> None:
    state = tmp_path / "trainer_state.json"
    shutil.copyfile(DATA / "hf_trainer_state_16.json", state)
    with state.open("r+b") as file:
        file.truncate(17 << 20)  # a hole: takes no room
    table = CurvesTail(tmp_path, "hf").read_all()
    assert table.problem == "trainer_state.json is larger than 16 MiB: it is not read"
