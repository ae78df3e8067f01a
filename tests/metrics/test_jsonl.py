from __future__ import annotations

import json
import math

import pytest

from cockpit.metrics.readers import open_reader
from cockpit.metrics.series import Axis
from tests.metrics.paths import read_lines
from tests.metrics.test_log_properties import plain


def test_rows_lie_along_their_steps() -> None:
    table = read_lines(
        "jsonl",
        '{"step": 10, "loss": 2.5, "epoch": 0.1, "_timestamp": 1795199657.5}',
        '{"step": 20, "loss": 2.0, "epoch": 0.2, "_timestamp": 1795199660.5}',
    )
    assert table.axis is Axis.STEP
    assert table.series["loss"].x == (10, 20)
    assert table.series["loss"].values == (2.5, 2.0)
    assert set(table.series) == {"loss"}
    assert table.scales[Axis.EPOCH].values == (0.1, 0.2)
    assert table.scales[Axis.TIME].values == (1795199657.5, 1795199660.5)


def test_without_a_step_the_epoch_counts_and_without_one_the_line() -> None:
    by_epoch = read_lines("jsonl", '{"epoch": 1, "loss": 3}', '{"epoch": 2, "loss": 2}')
    assert (by_epoch.axis, by_epoch.epoch) == (Axis.EPOCH, 2)
    by_line = read_lines("jsonl", '{"loss": 3}', "words", '{"loss": 2}')
    assert by_line.axis is Axis.STEP
    assert by_line.series["loss"].x == (1, 2)


def test_settings_before_the_first_step_are_no_curve() -> None:
    table = read_lines("jsonl", '{"lr": 0.1, "seed": 3}', '{"step": 1, "loss": 3}')
    assert list(table.series) == ["loss"]


def test_nested_names_are_joined_and_texts_that_are_numbers_are_numbers() -> None:
    row = '{"step": "5", "train": {"loss": "2.5", "ok": true, "who": "me"}, "list": [1]}'
    table = read_lines("jsonl", row)
    assert list(table.series) == ["train/loss"]
    assert table.series["train/loss"].x == (5,)


def test_what_is_not_finite_is_part_of_the_truth() -> None:
    table = read_lines("jsonl", '{"step": 1, "a": NaN, "b": Infinity, "c": -Infinity}')
    assert math.isnan(table.series["a"].values[0])
    assert (table.series["b"].values[0], table.series["c"].values[0]) == (math.inf, -math.inf)


def test_a_row_without_a_step_belongs_to_the_one_before() -> None:
    table = read_lines("jsonl", '{"step": 8, "loss": 2}', '{"val_loss": 3}')
    assert table.series["val_loss"].x == (8,)


def test_a_resumed_training_begins_a_segment() -> None:
    rows = [f'{{"step": {step}, "loss": {10 - step}}}' for step in (1, 2, 3, 2, 3, 4)]
    table = read_lines("jsonl", *rows)
    assert table.series["loss"].x == (1, 2, 3, 4)
    assert [(one.start, one.end) for one in table.segments] == [(1, 3), (2, 4)]
    assert table.segments[0].replaced["loss"].x == (2, 3)


def test_names_reach_no_terminal_with_codes() -> None:
    table = read_lines("jsonl", '{"step": 1, "\\u001b[31mloss\\u0007": 1}')
    assert list(table.series) == ["loss"]


def test_ranks_are_told_from_what_they_say() -> None:
    table = read_lines("jsonl", '[default0]:{"step": 1, "loss": 2}')
    assert table.series["loss"].values == (2,)


def test_text_without_objects_is_named() -> None:
    problem = "no line of the results is a JSON object with numbers"
    assert read_lines("jsonl", "hello").problem == problem
    assert read_lines("jsonl", "").problem is None


@pytest.mark.parametrize("x", ["step", "epoch"])
@pytest.mark.parametrize("clock", ["time", "_timestamp"])
def test_rows_that_come_together_give_the_same_as_single_ones(x: str, clock: str) -> None:
    start = 1795199657.5 if clock == "_timestamp" else 0.5
    rows: list[dict[str, object]] = [
        {x: float(n), "loss": 1 / (n + 1), "lr": 0.1, clock: start + n, "epochs": n // 9}
        for n in range(1500)
    ]
    rows[400] |= {"loss": math.nan}
    rows[700] |= {x: 650.0}  # resumed
    rows[900] |= {"lr": None}
    rows[1000] |= {clock: 3.0}
    rows[1200] |= {"more": {"deep": 1}}
    lines = [json.dumps(row) for row in rows]
    together, singly = open_reader("jsonl"), open_reader("jsonl")
    together.feed(lines)
    for line in lines:
        singly.feed([line])
    assert plain(together.table()) == plain(singly.table())
    assert len(together.table().series["loss"].values) > 1400


def test_the_steps_of_each_epoch_are_no_place() -> None:
    rows = [json.dumps({"epoch": n, "steps": 500, "loss": 1 / n}) for n in range(1, 9)]
    table = read_lines("jsonl", *rows)
    assert table.axis is Axis.EPOCH
    assert tuple(table.series["loss"].x) == tuple(range(1, 9))
    singly = open_reader("jsonl")
    for row in rows:
        singly.feed([row])
    assert plain(singly.table()) == plain(table)
