from __future__ import annotations

import csv
import io
import json
import math
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cockpit.cli.curves_table import chosen, csv_lines, json_pieces
from cockpit.cli.curves_text import lines, sparkline
from cockpit.errors import InputError
from cockpit.metrics.series import Axis, MetricSeries, MetricTable, Segment
from tests.metrics.paths import DATA

from .calling import cockpit

NAN, INF = math.nan, math.inf


def table(**series: tuple[tuple[float, ...], tuple[float, ...]]) -> MetricTable:
    made = {name: MetricSeries(name, x, values) for name, (x, values) in series.items()}
    return MetricTable(series=made)


def as_object(made: MetricTable, *keys: str) -> dict[str, object]:
    found = json.loads("".join(json_pieces(made, "csv", chosen(made, keys))))
    assert isinstance(found, dict)
    return found


SPARSE = table(loss=((1, 2, 3), (3.0, NAN, INF)), acc=((2, 4), (0.5, 0.75)))


def test_each_series_is_as_long_as_x_and_null_where_nothing_can_be_said() -> None:
    assert as_object(SPARSE) == {
        "reader": "csv",
        "axis": "epoch",
        "x": [1, 2, 3, 4],
        "series": {"loss": [3.0, None, None, None], "acc": [None, 0.5, None, 0.75]},
        "segments": [],
        "best": {"loss": {"x": 1, "value": 3.0}, "acc": {"x": 4, "value": 0.75}},
    }


def test_csv_tells_nan_and_infinity_from_what_is_missing() -> None:
    rows = list(csv.reader(io.StringIO("".join(csv_lines(SPARSE, ["loss", "acc"])))))
    assert rows == [
        ["epoch", "loss", "acc"],
        ["1", "3.0", ""],
        ["2", "nan", "0.5"],
        ["3", "inf", ""],
        ["4", "", "0.75"],
    ]


def test_x_names_the_axis_and_keeps_parts_of_epochs() -> None:
    made = MetricTable(series={"lr": MetricSeries("lr", (0.5, 1), (1.0, 2.0))}, axis=Axis.STEP)
    found = as_object(made)
    assert (found["axis"], found["x"], found["best"]) == ("step", [0.5, 1], {})


def test_a_segment_carries_what_the_next_one_did_again() -> None:
    again = {
        "loss": MetricSeries("loss", (2, 3), (7.0, NAN)),
        "acc": MetricSeries("acc", (3,), (1,)),
    }
    made = MetricTable(series=SPARSE.series, segments=(Segment(1, 3, 3, again), Segment(2, 4, 3)))
    assert as_object(made)["segments"] == [
        {
            "start": 1,
            "end": 3,
            "rows": 3,
            "replaced": {"x": [2, 3], "series": {"loss": [7.0, None], "acc": [None, 1]}},
        },
        {"start": 2, "end": 4, "rows": 3, "replaced": None},
    ]
    only = as_object(made, "acc")["segments"]
    assert isinstance(only, list)
    assert only[0]["replaced"] == {"x": [3], "series": {"acc": [1]}}


def test_keys_are_names_or_patterns_in_the_order_asked() -> None:
    made = table(**{"train/loss": ((1,), (1,)), "val/loss": ((1,), (1,)), "map(B)": ((1,), (1,))})
    assert chosen(made, []) == ["train/loss", "val/loss", "map(B)"]
    assert chosen(made, ["map(B), */loss", "val/loss"]) == ["map(B)", "train/loss", "val/loss"]


def test_every_unknown_key_is_named_with_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        chosen(SPARSE, ["los,zzz*", "acc"])
    assert caught.value.problem == ("--keys: no series is named los (did you mean loss?), zzz*")
    assert caught.value.remedy == "it has: loss, acc"


def test_people_see_last_best_count_and_shape() -> None:
    made = table(**{"val/loss": ((1, 2, 3), (3.0, 1.0, 2.0)), "n": ((1, 2, 3), (5, 5, NAN))})
    assert [line.split() for line in lines(made, ["val/loss", "n"])] == [
        ["epoch", "last", "best", "n"],
        ["val/loss", "2.00", "@3", "1.00", "@2", "3", "▆▁▃"],
        ["n", "NaN", "@3", "–", "3", "▁▁!"],
    ]


def test_a_shape_takes_no_more_cells_than_there_are_values() -> None:
    assert sparkline([], 9) == ""
    assert sparkline([1.0, 2.0], 9) == "▁▆"
    assert len(sparkline([float(one) for one in range(1000)], 24)) == 24
    assert sparkline([NAN, INF], 9) == "!!"


@pytest.mark.parametrize(
    ("sample", "reader", "axis", "name"),
    [
        ("results_detect_8.0.100.csv", "ultralytics-csv", "epoch", "train/box_loss"),
        ("results_detect_8.4.190.csv", "ultralytics-csv", "epoch", "metrics/mAP50-95(B)"),
        ("yolov7_results_3epochs.txt", "yolov7-txt", "epoch", "train/box_loss"),
        ("lightning_metrics.csv", "csv", "step", "train_loss_step"),
    ],
)
def test_real_files_are_printed_from_epoch_one(
    home: Path, sample: str, reader: str, axis: str, name: str
) -> None:
    shutil.copy(DATA / sample, home / "a-file")
    done = cockpit("metrics", "a-file", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found) == ["reader", "axis", "x", "series", "segments", "best"]
    assert (found["reader"], found["axis"]) == (reader, axis)
    assert name in found["series"]
    assert all(len(values) == len(found["x"]) for values in found["series"].values())
    if axis == "epoch":
        assert found["x"] == [1, 2, 3]


def test_a_resumed_training_has_two_segments(home: Path) -> None:
    sample = "results_duplicate_epoch_after_kill_resume.csv"
    shutil.copy(DATA / sample, home / "results.csv")
    done = cockpit("metrics", "./results.csv", "--json", "--keys", "train/box_loss")
    found = json.loads(done.stdout)
    first, second = found["segments"]
    assert (first["start"], first["end"], second["start"]) == (1, 2, 2)
    assert first["replaced"] == {"x": [2], "series": {"train/box_loss": [5.85242]}}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nothing.csv",), "there is no file or folder nothing.csv"),
        (("./nothing.csv",), "does not exist"),
        (("a.log",), "has no curves"),
        (("good.csv", "--keys", "los"), "did you mean loss?"),
        (("good.csv", "--json", "--csv"), "exclude each other"),
    ],
)
def test_wrong_input_is_one_sentence_and_a_remedy(
    home: Path, words: tuple[str, ...], said: str
) -> None:
    (home / "a.log").write_text("no curves\n")
    (home / "good.csv").write_text("epoch,loss\n1,2\n")
    done = cockpit("metrics", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "try: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_pipe_that_is_closed_is_no_error(home: Path) -> None:
    rows = "".join(f"{epoch},{epoch}\n" for epoch in range(1, 100_000))
    (home / "a.csv").write_text(f"epoch,loss\n{rows}")
    command = f"{sys.executable} -m cockpit metrics ./a.csv --csv | head -1"
    done = subprocess.run(
        command, shell=True, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "epoch,loss\n"
    assert done.stderr == ""
