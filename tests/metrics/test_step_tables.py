from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.files import LineTail
from cockpit.metrics.readers import open_reader
from cockpit.metrics.results_csv import NO_HEADER
from cockpit.metrics.series import Axis, MetricTable
from tests.metrics.paths import DATA, read_lines, read_table

LIGHTNING = DATA / "lightning_metrics.csv"


def points(table: MetricTable, name: str) -> dict[float, float]:
    series = table.series[name]
    return dict(zip(series.x, series.values, strict=True))


def test_lightnings_metrics_are_by_step_and_no_value_is_lost() -> None:
    table = read_table(LIGHTNING, "csv")
    assert (table.axis, table.epoch, table.problem) == (Axis.STEP, 3, None)
    assert list(table.series) == ["train_loss_epoch", "train_loss_step", "val_loss"]
    assert table.series["train_loss_step"].x == (4, 9, 14, 19, 24, 29, 34, 39, 44)
    assert points(table, "val_loss") == {
        15: 0.3746557831764221,
        31: 0.021893315017223358,
        47: 0.0013979735085740685,
    }
    assert len(table.segments) == 1
    epochs = table.scales[Axis.EPOCH]
    assert dict(zip(epochs.x, epochs.values, strict=True))[15] == 1
    assert dict(zip(epochs.x, epochs.values, strict=True))[19] == 2
    assert epochs.values[-1] == 3


def test_an_epoch_of_lightning_is_complete_with_its_validation() -> None:
    lines = LIGHTNING.read_text().splitlines()
    reader = open_reader("csv")
    seen: list[int | None] = []
    for line in lines:
        reader.feed([line])
        seen.append(reader.table().epoch)
    # the header; a row of epoch 0, which might still be its only one; then by step
    assert seen[2:] == [None, None, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3]


def test_a_validation_in_mid_epoch_completes_nothing_once_that_is_seen() -> None:
    header = "epoch,step,train_loss,val_loss"
    rows = [
        f"{step // 10},{step},{'' if step % 5 == 4 else step},{step if step % 5 == 4 else ''}"
        for step in range(60)
    ]
    reader = open_reader("csv")
    reader.feed([header, *rows[:6]])
    assert reader.table().epoch is None
    for step in range(6, 60):
        reader.feed([rows[step]])
        epoch = reader.table().epoch or 0
        assert step // 10 <= epoch <= (step + 1) // 10
    assert reader.table().epoch == 6


def test_a_table_with_a_step_beside_each_epoch_is_by_epoch() -> None:
    rows = [f"{epoch},{epoch * 100},{1 / epoch}" for epoch in range(1, 100)]
    table = read_lines("csv", "epoch,global_step,loss", *rows)
    assert (table.axis, table.epoch) == (Axis.EPOCH, 99)
    assert list(table.series) == ["loss"]
    assert table.scales[Axis.STEP].values[:2] == (100, 200)
    filled = read_lines("csv", "epoch,step,train,val", "1,10,5,", "1,10,,4", "2,20,3,", "2,20,,2")
    assert filled.axis is Axis.EPOCH
    assert points(filled, "val") == {1: 4, 2: 2}


@pytest.mark.parametrize("word", ["step", "global_step", "iteration", "iter", "Step"])
def test_a_column_of_steps_alone_is_enough(word: str) -> None:
    table = read_lines("csv", f"{word},loss", "0,5", "10,4", "20,3")
    assert (table.axis, table.epoch) == (Axis.STEP, None)
    assert points(table, "loss") == {0: 5, 10: 4, 20: 3}
    assert not table.scales


def test_epochs_in_parts_go_by_step() -> None:
    table = read_lines("csv", "epoch,step,loss", "0.5,10,5", "1.0,20,4", "1.5,30,3")
    assert (table.axis, table.epoch) == (Axis.STEP, 1)
    assert table.scales[Axis.EPOCH].values == (0.5, 1.0, 1.5)


def test_a_resume_by_step_keeps_what_was_done_again() -> None:
    rows = [f"{step // 4},{step},{100 - step}" for step in range(12)]
    again = [f"{step // 4},{step},{200 - step}" for step in range(8, 14)]
    table = read_lines("csv", "epoch,step,loss", *rows, *again)
    assert [(one.start, one.end, one.rows) for one in table.segments] == [(0, 11, 12), (8, 13, 6)]
    assert table.segments[0].replaced["loss"].x == (8, 9, 10, 11)
    assert table.segments[0].replaced["loss"].values == (92, 91, 90, 89)
    assert points(table, "loss")[8] == 192
    assert table.resumed_after == (2.0,)
    assert table.epoch == 3


def test_a_file_written_anew_with_another_header_starts_over(tmp_path: Path) -> None:
    file = tmp_path / "metrics.csv"
    file.write_text("epoch,step,train_loss\n0,4,3\n0,9,2\n")
    tail, reader = LineTail(file), open_reader("csv")
    reader.feed(tail.read().lines)
    file.write_text("epoch,step,train_loss,val_loss\n0,4,3,\n0,9,2,\n0,9,,1\n")
    found = tail.read()
    assert found.restarted
    reader.restart()
    reader.feed(found.lines)
    table = reader.table()
    assert (table.axis, table.epoch) == (Axis.STEP, 1)
    assert points(table, "val_loss") == {9: 1}
    assert len(table.segments) == 1


def test_a_header_in_mid_file_keeps_the_axis() -> None:
    rows = ("0,1,5", "0,2,4", "epoch,step,loss,acc", "0,3,3,0.5", "1,4,2,0.6")
    table = read_lines("csv", "epoch,step,loss", *rows)
    assert table.axis is Axis.STEP
    assert points(table, "loss") == {1: 5, 2: 4, 3: 3, 4: 2}
    assert points(table, "acc") == {3: 0.5, 4: 0.6}


def test_a_header_of_another_axis_begins_another_table() -> None:
    table = read_lines("csv", "step,loss", "1,5", "2,4", "epoch,loss", "1,0.5")
    assert (table.axis, points(table, "loss")) == (Axis.EPOCH, {1: 0.5})
    back = read_lines("csv", "epoch,loss", "1,5", "step,loss", "100,0.5")
    assert (back.axis, points(back, "loss")) == (Axis.STEP, {100: 0.5})


def test_numbers_below_words_are_a_table_by_row() -> None:
    table = read_lines("csv", "loss,accuracy", "5,0.1", "4,0.2", "nan,0.3")
    assert (table.axis, table.problem) == (Axis.STEP, None)
    assert table.series["accuracy"].x == (1, 2, 3)
    assert table.series["accuracy"].values == (0.1, 0.2, 0.3)


def test_words_above_the_header_do_no_harm() -> None:
    table = read_lines("csv", "# written by train.py", "seed 7", "epoch,loss", "1,5")
    assert (table.axis, table.problem, points(table, "loss")) == (Axis.EPOCH, None, {1: 5})


def test_a_text_that_is_no_table_is_named() -> None:
    assert read_lines("csv", "hello", "world").problem == NO_HEADER
    assert read_lines("csv", "hello").problem is None
    assert read_lines("csv", "1,2", "3,4").problem == NO_HEADER


def test_dates_in_a_time_column_are_the_wall_clock() -> None:
    table = read_lines("csv", "step,timestamp,loss", "1,1795199657,3", "2,1795199660.5,2")
    assert list(table.series) == ["loss"]
    assert table.scales[Axis.TIME].values == (1795199657, 1795199660.5)
    assert table.epoch_ends == ()


def test_lines_that_never_tell_the_axis_are_not_all_kept() -> None:
    table = read_lines("csv", "epoch,step,loss", *("1,1,5" for _ in range(3000)))
    assert (table.axis, points(table, "loss")) == (Axis.EPOCH, {1: 5})
