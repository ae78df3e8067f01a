from __future__ import annotations

import codecs
import csv
import random
from pathlib import Path

import pytest

from cockpit.files import LineTail
from cockpit.metrics.readers import open_reader
from cockpit.metrics.series import Axis, MetricTable
from tests.metrics.paths import DATA, read_lines, read_table

CLASSIFY = (
    "epoch,time,train/loss,metrics/accuracy_top1,metrics/accuracy_top5,val/loss,lr/pg0,lr/pg1"
)
POSE = (
    "epoch,time,train/box_loss,train/pose_loss,train/kobj_loss,train/cls_loss,train/dfl_loss,"
    "metrics/precision(B),metrics/mAP50(B),metrics/precision(P),metrics/mAP50-95(P),val/pose_loss"
)


def points(table: MetricTable, name: str) -> dict[float, float]:
    series = table.series[name]
    return dict(zip(series.x, series.values, strict=True))


def spans(table: MetricTable) -> list[tuple[float, float, int]]:
    return [(one.start, one.end, one.rows) for one in table.segments]


@pytest.mark.parametrize("header", [CLASSIFY, POSE])
def test_other_tasks_of_ultralytics_bring_their_own_columns(header: str) -> None:
    names = header.split(",")
    rows = [",".join(f"{epoch * (at + 1):.6g}" for at in range(len(names))) for epoch in (1, 2)]
    table = read_lines("ultralytics-csv", header, *rows)
    assert list(table.series) == names[2:]
    assert points(table, names[-1]) == {1: len(names), 2: 2 * len(names)}
    assert table.epoch_ends == ((1, 2.0), (2, 4.0))


def test_yolov5_pads_its_columns_and_counts_from_zero() -> None:
    names = ("epoch", "train/box_loss", "metrics/mAP_0.5", "metrics/mAP_0.5:0.95", "x/lr0")
    lines = ["".join(f"{name:>20}," for name in names).rstrip(",")]
    for epoch in range(3):
        cells = (epoch, 0.1 / (epoch + 1), 0.2 * epoch, 0.1 * epoch, 0.01)
        lines.append("".join(f"{cell:>20.5g}," for cell in cells).rstrip(","))
    for reader in ("csv", "ultralytics-csv"):
        table = read_lines(reader, *lines)
        assert list(table.series) == list(names[1:])
        assert points(table, "metrics/mAP_0.5:0.95") == {1: 0, 2: 0.1, 3: 0.2}
        assert (table.epoch, table.axis, spans(table)) == (3, Axis.EPOCH, [(1, 3, 3)])


def test_a_real_resume_is_two_segments_with_what_was_done_again() -> None:
    file = DATA / "results_duplicate_epoch_after_kill_resume.csv"
    table = read_table(file, "ultralytics-csv")
    with file.open() as rows:
        twice = [row for row in csv.DictReader(rows) if row["epoch"].strip() == "2"]
    assert spans(table) == [(1, 2, 2), (2, 4, 3)]
    first = table.segments[0].replaced
    assert set(first) == set(table.series)
    for name in table.series:
        assert first[name].x == (2,)
        assert first[name].values == (float(twice[0][name]),)
        assert points(table, name)[2] == float(twice[1][name])
    assert table.segments[1].replaced == {}


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("end", ["", "\r"])
def test_cells_are_parted_as_the_header_is(delimiter: str, end: str) -> None:
    rows = (("epoch", '"loss, all"', "acc"), ("1", "0.5", ""), ("2", "", "nan"), ("3", "1", "2"))
    table = read_lines("csv", *(delimiter.join(row) + end for row in rows))
    assert points(table, "loss, all") == {1: 0.5, 3: 1}
    assert table.series["acc"].x == (2, 3)
    assert table.problem is None


def test_between_semicolons_a_comma_is_a_decimal_point() -> None:
    table = read_lines("csv", "epoch;loss;acc", "1;0,5;0,25", "2;1.5;3", "3;1,2,3;4")
    assert points(table, "loss") == {1: 0.5, 2: 1.5}
    assert points(table, "acc") == {1: 0.25, 2: 3, 3: 4}


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b""])
def test_utf_16_is_refused_in_a_sentence(tmp_path: Path, mark: bytes) -> None:
    file = tmp_path / "results.csv"
    order = "utf-16-be" if mark == codecs.BOM_UTF16_BE else "utf-16-le"
    file.write_bytes(mark + "epoch,loss\r\n1,0.5\r\n".encode(order))
    table = read_table(file, "csv")
    assert table.problem == "the results file is UTF-16 text: save it as UTF-8"
    assert not table.series


def test_a_byte_order_mark_and_bytes_of_another_encoding_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "results.csv"
    file.write_bytes(codecs.BOM_UTF8 + "epoch,größe,loss\r\n1,5,0.5\r\n".encode("latin-1"))
    table = read_table(file, "csv")
    assert points(table, "loss") == {1: 0.5}
    assert len(table.series) == 2


def test_words_for_nothing_are_no_values() -> None:
    rows = ("1,None,", "2,null,N/A", "3,-,0.5", "4,Infinity,1e-3")
    table = read_lines("csv", "epoch,a,b", *rows)
    assert points(table, "a") == {4: float("inf")}
    assert points(table, "b") == {3: 0.5, 4: 0.001}
    assert table.epoch == 4


def test_a_last_line_is_held_back_while_it_may_grow(tmp_path: Path) -> None:
    file = tmp_path / "results.csv"
    file.write_text("epoch,loss\n1,0.5\n2,0.2")
    tail, reader = LineTail(file), open_reader("csv")
    reader.feed(tail.read().lines)
    assert reader.table().epoch == 1
    with file.open("a") as more:
        more.write("5\n")
    reader.feed(tail.read().lines)
    assert points(reader.table(), "loss") == {1: 0.5, 2: 0.25}


def test_thousands_of_columns_are_curves_too() -> None:
    names = [f"layer{number}/norm" for number in range(4000)]
    rows = [",".join(map(str, (epoch, *range(4000)))) for epoch in range(1, 40)]
    table = read_lines("csv", ",".join(["epoch", *names]), *rows, rows[20])
    assert len(table.series) == 4000
    assert table.series["layer3999/norm"].values == (3999,) * 21
    assert spans(table) == [(1, 39, 39), (21, 21, 1)]


def test_rows_that_all_say_the_same_epoch_are_one_point() -> None:
    rows = (f"1,{number}" for number in range(100_000))
    table = read_lines("ultralytics-csv", "epoch,loss", *rows)
    assert points(table, "loss") == {1: 99_999}
    assert sum(bool(one.replaced) for one in table.segments) == 32


def test_a_file_that_goes_back_and_forth_keeps_no_more_than_it_holds() -> None:
    rng = random.Random(1)
    rows = [f"{rng.randrange(3000)},{number}" for number in range(30_000)]
    table = read_lines("ultralytics-csv", "epoch,loss", *rows)
    kept = sum(len(one.values) for part in table.segments for one in part.replaced.values())
    assert kept + len(table.series["loss"].values) <= 30_000
    assert len(table.segments) == 1001


@pytest.mark.parametrize(
    ("name", "reader"),
    [
        ("results_detect_8.0.100.csv", "ultralytics-csv"),
        ("results_detect_8.4.190.csv", "ultralytics-csv"),
        ("results_segment_8.4.190.csv", "ultralytics-csv"),
        ("results_duplicate_epoch_after_kill_resume.csv", "ultralytics-csv"),
        ("timm_summary.csv", "csv"),
        ("lightning_metrics.csv", "csv"),
        ("yolov7_results_3epochs.txt", "yolov7-txt"),
    ],
)
def test_a_real_file_that_grows_line_by_line_only_adds(
    name: str, reader: str, tmp_path: Path
) -> None:
    file = tmp_path / name
    file.touch()
    tail, growing = LineTail(file), open_reader(reader)
    epochs: list[int] = []
    counts: list[int] = []
    for line in (DATA / name).read_bytes().splitlines(keepends=True):
        with file.open("ab") as more:
            more.write(line)
        growing.feed(tail.read().lines)
        table = growing.table()
        assert table.problem is None
        assert all(list(one.x) == sorted(set(one.x)) for one in table.series.values())
        counts.append(sum(one.rows for one in table.segments))
        epochs.append(table.epoch or 0)
    assert counts == sorted(counts)
    is_by_step = growing.table().axis is Axis.STEP
    assert is_by_step or "duplicate" in name or epochs == sorted(epochs)
    assert growing.table() == read_table(DATA / name, reader)
