from __future__ import annotations

import pytest

from cockpit.metrics.detect import recognise_log
from tests.metrics.paths import DATA, read_lines, read_table

WHOLE_RUN = DATA.parent / "failures" / "run_3epochs_ends_weights_only_error.log.raw"
OPENING = "Starting training for 2 epochs..."
YOLOV5_HEADER = "      Epoch    GPU_mem   box_loss   obj_loss   cls_loss  Instances       Size"
YOLOV5_BAR = "\r        {}/1      3.1G     0.0439    0.0621     0.0172        39        640: {}"
YOLOV5_ALL = "                   all        128        929      0.642      0.531      0.6       0.4"


def test_the_console_tells_what_the_results_file_does() -> None:
    said = read_table(WHOLE_RUN, "yolov7-log")
    written = read_table(DATA / "yolov7_results_3epochs.txt", "yolov7-txt")
    assert len(said.series) == 8
    for name, one in said.series.items():
        assert list(one.x) == [1, 2, 3]
        assert list(one.values) == pytest.approx(list(written.series[name].values), rel=0.005)
    assert (said.epoch, said.epochs, said.epoch_part) == (3, 3, None)
    assert said.facts.val_samples == 16


def test_a_run_that_was_killed_keeps_its_whole_epochs() -> None:
    table = read_table(DATA / "yolov7_killed_in_epoch3.log.raw", "yolov7-log")
    assert (table.epoch, table.epochs) == (2, 4)
    assert list(table.series["train/box_loss"].values) == [0.07779, 0.07993]
    assert list(table.series["metrics/mAP_0.5:0.95"].values) == [0.000147, 0.000398]


def test_a_bar_that_is_drawn_tells_how_far_the_epoch_is_and_no_values() -> None:
    bar = YOLOV5_BAR.format(0, " 25%|##5       | 1/4 [00:00<00:02,  1.19it/s]")
    table = read_lines("yolov7-log", OPENING, YOLOV5_HEADER, bar)
    assert (table.epoch, table.epochs, table.epoch_part) == (None, 2, 0.25)
    assert not table.series


def test_newer_yolov5_print_no_total() -> None:
    bars = [YOLOV5_BAR.format(epoch, "100%|####| 4/4 [00:02<00:00, 2it/s]") for epoch in (0, 1)]
    lines = [OPENING, YOLOV5_HEADER, bars[0], YOLOV5_ALL, YOLOV5_HEADER, bars[1], YOLOV5_ALL]
    assert recognise_log(lines) == "yolov7-log"
    table = read_lines("yolov7-log", *lines)
    assert list(table.series) == [
        "train/box_loss", "train/obj_loss", "train/cls_loss", "metrics/precision",
        "metrics/recall", "metrics/mAP_0.5", "metrics/mAP_0.5:0.95",
    ]  # fmt: skip
    assert list(table.series["train/obj_loss"].values) == [0.0621, 0.0621]
    assert (table.epoch, table.epochs) == (2, 2)


def test_a_log_that_lost_its_start_is_told_by_the_bars_of_yolov7() -> None:
    bar = "     12/99     5.2G   0.07779  0.006268   0.03298     0.117        56       128: 100%|"
    assert recognise_log([bar]) == "yolov7-log"
