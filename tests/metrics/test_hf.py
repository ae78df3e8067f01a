from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from cockpit.metrics.hf import TrainerStateReader
from cockpit.metrics.series import Axis, MetricTable
from tests.metrics.paths import DATA, read_lines, read_table


def read_state(text: str) -> MetricTable:
    reader = TrainerStateReader()
    reader.feed(text.split("\n"))
    return reader.table()


def test_a_state_holds_the_curves_of_training_and_evaluation() -> None:
    table = read_state((DATA / "hf_trainer_state_16.json").read_text())
    assert table.axis is Axis.STEP
    assert table.series["loss"].x == (5, 10, 15)
    assert table.series["eval_loss"].x == (16,)
    assert table.scales[Axis.EPOCH].values == (0.3125, 0.625, 0.9375, 1.0)
    assert (table.epoch, table.epochs, table.epoch_part) == (1, 3, None)
    assert table.problem is None


def test_a_resumed_training_rewrote_its_state_with_all_rows() -> None:
    table = read_state((DATA / "hf_trainer_state_64.json").read_text())
    assert table.series["eval_loss"].x == (16, 32, 48, 64)
    assert (table.epoch, table.epochs, len(table.segments)) == (4, 4, 1)
    assert "train_runtime" not in table.series


def test_half_a_state_waits_for_its_other_half() -> None:
    text = (DATA / "hf_trainer_state_16.json").read_text()
    table = read_state(text[:300])
    assert table.series == {}
    assert table.problem == "trainer_state.json is not whole JSON: it is being written, or was cut"


def test_an_epoch_in_work_is_told_in_parts() -> None:
    table = read_state(json.dumps({"epoch": 2.25, "num_train_epochs": 3, "log_history": []}))
    assert (table.epoch, table.epoch_part) == (2, 0.25)


@pytest.mark.parametrize("text", ['{"a": 1}', "[]", '{"log_history": [1, {"step": "x"}, null]}'])
def test_another_object_gives_no_curves(text: str) -> None:
    assert read_state(text).series == {}


def test_the_dicts_of_a_log_lie_along_epochs() -> None:
    table = read_table(DATA / "hf_run.log.raw", "hf-log")
    assert table.axis is Axis.EPOCH
    assert table.series["loss"].x == (0.3125, 0.625, 0.9375, 1.25, 1.562, 1.875, 2.188, 2.5, 2.812)
    assert table.series["loss"].values[:2] == (50.36, 26.84)
    assert table.series["eval_loss"].values == (39.47, 31.92, 29.5)
    assert (table.epoch, table.epoch_part) == (3, None)
    assert "train_loss" not in table.series


def test_a_resumed_log_goes_on(tmp_path: Path) -> None:
    both = tmp_path / "train.log"
    parts = [(DATA / name).read_bytes() for name in ("hf_run.log.raw", "hf_resumed.log.raw")]
    both.write_bytes(b"\n".join(parts))
    table = read_table(both, "hf-log")
    assert table.series["eval_loss"].x == (1, 2, 3, 4)


def test_numbers_of_version_four_and_what_is_not_finite_are_read() -> None:
    table = read_lines(
        "hf-log",
        "{'loss': 2.5, 'learning_rate': 5e-05, 'epoch': 0.5}",
        "[default0]: 10%|#  | 1/9\r{'loss': nan, 'grad_norm': inf, 'epoch': 1.0}",
    )
    assert table.series["loss"].values[0] == 2.5
    assert len(table.series["loss"].values) == 1  # another rank than the one that spoke first
    table = read_lines("hf-log", "{'loss': nan, 'grad_norm': -inf, 'epoch': 1.0}")
    assert math.isnan(table.series["loss"].values[0])
    assert table.series["grad_norm"].values == (-math.inf,)


def test_an_epoch_that_comes_again_begins_a_segment() -> None:
    lines = [
        f"{{'loss': '{loss}', 'epoch': '{epoch}'}}" for epoch, loss in ((1, 3), (2, 2), (2, 1))
    ]
    table = read_lines("hf-log", *lines)
    assert table.series["loss"].values == (3, 1)
    assert len(table.segments) == 2


def test_code_in_a_log_is_not_run() -> None:
    line = "{'loss': __import__('os').getpid(), 'epoch': 1}"
    assert read_lines("hf-log", line).series == {}
