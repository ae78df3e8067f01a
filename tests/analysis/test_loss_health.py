"""Judged on courses of losses as trainers really show them."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.analysis.loss_health import (
    DIVERGED,
    FLAT,
    NAN,
    LossFinding,
    judge_losses,
    learning_rate_of,
)
from cockpit.metrics.readers import open_reader
from cockpit.metrics.series import Axis, MetricTable
from cockpit.runs.alert import AlertLevel

DATA = Path(__file__).parents[1] / "data" / "metrics"


def table_of(axis: Axis = Axis.EPOCH, **losses: list[float]) -> MetricTable:
    """Build a table through the reader, as a run would."""
    reader = open_reader("csv")
    names = list(losses)
    reader.feed([",".join(["epoch", *(name.replace("_", "/", 1) for name in names)])])
    rows = zip(*losses.values(), strict=True)
    reader.feed([",".join(map(str, (at + 1, *row))) for at, row in enumerate(rows)])
    return replace(reader.table(), axis=axis)


def found(table: MetricTable, code: str) -> LossFinding | None:
    return next((one for one in judge_losses(table, ("lr", 4e-4)) if one.code == code), None)


FALLING = [2.0 * 0.9**epoch for epoch in range(30)]


def test_a_loss_that_falls_is_left_alone() -> None:
    assert judge_losses(table_of(train_loss=FALLING)) == ()


def test_nan_names_the_epoch_and_halves_the_learning_rate() -> None:
    one = found(table_of(train_loss=[*FALLING, math.nan, math.nan]), NAN)
    assert one is not None
    assert one.level is AlertLevel.PROBLEM
    assert one.what == "train/loss is NaN since epoch 31"
    assert "half the learning rate (lr 0.0004 → 0.0002)" in one.remedy


def test_infinity_counts_as_nan_does() -> None:
    one = found(table_of(train_loss=[*FALLING, math.inf]), NAN)
    assert one is not None
    assert one.level is AlertLevel.WARNING
    assert one.what == "train/loss is infinite at epoch 31"


def test_a_nan_that_went_away_is_history() -> None:
    assert found(table_of(train_loss=[2.0, math.nan, 1.5, 1.4, 1.3]), NAN) is None


def test_a_single_step_that_is_nan_is_what_gradient_scalers_skip() -> None:
    steps = [*FALLING, math.nan]
    assert found(table_of(Axis.STEP, train_loss=steps), NAN) is None
    assert found(table_of(Axis.STEP, train_loss=[*steps, math.nan]), NAN) is not None


def test_a_validation_loss_alone_can_be_nan() -> None:
    one = found(table_of(train_loss=[1.0, 0.9, 0.8], val_loss=[1.0, math.nan, math.nan]), NAN)
    assert one is not None
    assert one.what == "val/loss is NaN since epoch 2"


def test_a_loss_that_gives_back_what_it_gained_has_diverged() -> None:
    one = found(table_of(train_loss=[*FALLING, 1.9, 2.4, 2.6]), DIVERGED)
    assert one is not None
    assert one.what == "train/loss went up from 0.0942 at epoch 30 to 2.4"
    assert "checkpoint of epoch 30" in one.remedy


def test_a_loss_that_only_rises_has_run_away() -> None:
    assert found(table_of(train_loss=[1.0 * 1.4**epoch for epoch in range(12)]), DIVERGED)


def test_one_spike_is_no_divergence() -> None:
    assert found(table_of(train_loss=[*FALLING, 9.0]), DIVERGED) is None
    assert found(table_of(train_loss=[*FALLING, 9.0, 0.1, 0.1]), DIVERGED) is None


def test_overfitting_is_no_divergence() -> None:
    """The loss of the validation may rise while that of the training falls."""
    rising = [1.0, 0.5, *(0.5 + 0.2 * epoch for epoch in range(28))]
    assert judge_losses(table_of(train_loss=FALLING, val_loss=rising)) == ()


def test_a_loss_that_never_moved_is_flat() -> None:
    noise = random.Random(7)
    one = found(
        table_of(train_loss=[2.303 + noise.uniform(-0.004, 0.004) for _ in range(12)]), FLAT
    )
    assert one is not None
    assert one.what.startswith("train/loss has not moved in 12 epochs: 2.299 to 2.30")


def test_nine_epochs_are_too_few_to_call_a_loss_flat() -> None:
    assert found(table_of(train_loss=[2.303] * 9), FLAT) is None
    assert found(table_of(train_loss=[2.303] * 10), FLAT) is not None


def test_a_part_of_the_loss_may_stay_zero_while_the_rest_falls() -> None:
    """YOLO with a single class: cls_loss is 0 from the start."""
    assert judge_losses(table_of(train_box_loss=FALLING, train_cls_loss=[0.0] * 30)) == ()


def test_without_a_known_learning_rate_the_remedy_is_said_in_words() -> None:
    (one,) = judge_losses(table_of(train_loss=[math.nan, math.nan]))
    assert "with half the learning rate, or" in one.remedy


def test_accuracies_are_no_losses() -> None:
    assert judge_losses(table_of(val_accuracy=[0.1] * 20)) == ()


@pytest.mark.parametrize("file", sorted(DATA.glob("results_*.csv")), ids=lambda file: file.stem)
def test_real_trainings_that_went_well_are_left_alone(file: Path) -> None:
    reader = open_reader("ultralytics-csv")
    reader.feed(file.read_text(encoding="utf-8").splitlines())
    assert judge_losses(reader.table()) == ()


@pytest.mark.parametrize(
    ("args", "settings", "expected"),
    [
        ({"epochs": 3, "lr0": 0.01}, {}, ("lr0", 0.01)),
        ({}, {"training.lr": 4e-4}, ("training.lr", 4e-4)),
        ({"lr": "auto"}, {}, None),
        ({"lr": True}, {}, None),
        ({"lr": 0}, {}, None),
    ],
)
def test_the_learning_rate_is_found_by_its_name(
    args: dict[str, object], settings: dict[str, object], expected: tuple[str, float] | None
) -> None:
    assert learning_rate_of(args, settings) == expected
