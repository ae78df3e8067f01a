from __future__ import annotations

import math
from pathlib import Path

import pytest

from cockpit.files import LineTail
from cockpit.metrics.readers import open_reader
from tests.metrics.paths import DATA, read_lines, read_table

SAMPLE = DATA / "yolov7_results_3epochs.txt"


def row(epoch: int, epochs: int = 100, *, tested: bool = True, box: str = "0.08") -> str:
    test = ["0.5", "0.4", "0.3", "0.2", "0.1", "0.01", "0.04"] if tested else ["0"] * 7
    cells = [f"{epoch}/{epochs - 1}", "5.2G", box, "0.006", "0.03", "0.117", "56", "640", *test]
    return "".join(f"{cell:>10}" for cell in cells)


def test_a_real_file() -> None:
    table = read_table(SAMPLE, "yolov7-txt")
    assert list(table.series) == [
        "train/box_loss", "train/obj_loss", "train/cls_loss", "train/total_loss",
        "metrics/precision", "metrics/recall", "metrics/mAP_0.5", "metrics/mAP_0.5:0.95",
        "val/box_loss", "val/obj_loss", "val/cls_loss",
    ]  # fmt: skip
    assert table.series["train/box_loss"].x == (1, 2, 3)
    assert table.series["metrics/mAP_0.5"].values == (0.0009583, 0.002595, 0.002086)
    assert (table.epoch, table.epochs, table.problem) == (3, 3, None)


def test_epochs_without_a_test_have_no_figures_of_one() -> None:
    rows = [row(0, 3, tested=False), row(1, 3, tested=False), row(2, 3, tested=False)]
    table = read_lines("yolov7-txt", *rows)
    assert table.series["train/box_loss"].x == (1, 2, 3)
    assert table.series["metrics/mAP_0.5"].x == (3,)
    assert table.series["metrics/mAP_0.5"].values == (0.0,)


def test_a_file_that_begins_later_is_still_counted_from_one() -> None:
    assert read_lines("yolov7-txt", row(7), row(8)).epoch == 9


def test_fields_that_have_grown_together_are_parted_by_their_width() -> None:
    line = row(0, box="-1.234e-05")
    assert len(line.split()) == 14
    table = read_lines("yolov7-txt", line)
    assert table.series["train/box_loss"].values == (-1.234e-05,)


def test_a_loss_that_is_not_a_number_is_kept() -> None:
    table = read_lines("yolov7-txt", row(0, box="nan"))
    assert math.isnan(table.series["train/box_loss"].values[0])


def test_what_is_no_such_file_is_named() -> None:
    table = read_lines("yolov7-txt", "epoch,train/box_loss", "1,0.5")
    assert table.problem == "the results file has no rows of 15 fields"
    assert read_lines("yolov7-txt", "half a row 1 2", row(0)).problem is None
    assert read_lines("yolov7-txt", "", "\0" * 40, "x/y 1", "1/2/3 " + "1 " * 14).epoch is None


def test_a_resumed_run_writes_its_file_anew(tmp_path: Path) -> None:
    file = tmp_path / "results.txt"
    file.write_text("\n".join(row(epoch) for epoch in range(5)) + "\n")
    tail, reader = LineTail(file), open_reader("yolov7-txt")
    reader.feed(tail.read().lines)
    with file.open("r+") as same:
        same.truncate()
        same.write("\n".join(row(epoch, box="0.5") for epoch in range(4)) + "\n")
    found = tail.read()
    assert found.restarted
    reader.restart()
    reader.feed(found.lines)
    assert reader.table().epoch == 4
    assert reader.table().series["train/box_loss"].values == (0.5,) * 4


def test_a_file_cut_anywhere_gives_the_same_table(tmp_path: Path) -> None:
    whole, growing = SAMPLE.read_bytes(), tmp_path / "results.txt"
    expected = read_table(SAMPLE, "yolov7-txt")
    for cut in range(len(whole) + 1):
        growing.write_bytes(whole[:cut])
        tail, reader = LineTail(growing), open_reader("yolov7-txt")
        reader.feed(tail.read().lines)
        with growing.open("ab") as rest:
            rest.write(whole[cut:])
        reader.feed(tail.read().lines)
        assert reader.table() == expected


@pytest.mark.parametrize("name", ["results_detect_8.4.190.csv", "ultralytics_sigterm.raw"])
def test_other_files_do_no_harm(name: str) -> None:
    assert read_table(DATA / name, "yolov7-txt").epoch is None
