from __future__ import annotations

import math
import random
from pathlib import Path

import pytest

from cockpit.files import LineTail
from cockpit.metrics.readers import open_reader
from cockpit.metrics.series import MetricTable
from tests.metrics.paths import DATA, read_lines, read_table

HEADER = "epoch,time,train/box_loss,metrics/mAP50(B)"
DETECT = (
    "train/box_loss",
    "train/cls_loss",
    "train/dfl_loss",
    "metrics/precision(B)",
    "metrics/recall(B)",
    "metrics/mAP50(B)",
    "metrics/mAP50-95(B)",
    "val/box_loss",
    "val/cls_loss",
    "val/dfl_loss",
    "lr/pg0",
    "lr/pg1",
    "lr/pg2",
)


def values(table: MetricTable, name: str) -> dict[float, float]:
    series = table.series[name]
    return dict(zip(series.x, series.values, strict=True))


def test_ultralytics_8_0_counts_from_zero_and_pads_its_names() -> None:
    table = read_table(DATA / "results_detect_8.0.100.csv", "ultralytics-csv")
    assert tuple(table.series) == DETECT
    assert values(table, "train/box_loss") == {1: 2481.1, 2: 2337.9, 3: 2535.1}
    assert (table.epoch, table.epochs, table.epoch_ends) == (3, None, ())
    assert table.problem is None


def test_ultralytics_8_3_counts_from_one_and_pads_its_names() -> None:
    table = read_table(DATA / "results_detect_8.3.0.csv", "ultralytics-csv")
    assert tuple(table.series) == DETECT
    assert values(table, "lr/pg0") == {1: 4.287e-05, 2: 6.702e-05, 3: 5.3445e-05}
    assert table.epoch == 3


def test_ultralytics_8_4_has_a_time() -> None:
    table = read_table(DATA / "results_detect_8.4.190.csv", "ultralytics-csv")
    assert tuple(table.series) == DETECT
    assert values(table, "val/dfl_loss") == {1: 4.16063, 2: 4.16413, 3: 4.17254}
    assert table.epoch_ends == ((1, 4.30135), (2, 7.13152), (3, 10.0739))


def test_a_segmentation_run_brings_its_own_columns() -> None:
    table = read_table(DATA / "results_segment_8.4.190.csv", "ultralytics-csv")
    assert len(table.series) == 21
    assert values(table, "train/dfl_loss") == {1: 4.35434, 2: 4.24736}
    assert values(table, "train/sem_loss") == {1: 0, 2: 0}
    assert "metrics/mAP50-95(M)" in table.series


def test_the_last_row_of_a_repeated_epoch_counts_and_its_time_counts_once() -> None:
    file = DATA / "results_duplicate_epoch_after_kill_resume.csv"
    table = read_table(file, "ultralytics-csv")
    assert table.epoch == 4
    assert values(table, "train/box_loss") == {1: 6.13941, 2: 5.71085, 3: 5.35864, 4: 5.26087}
    assert [epoch for epoch, _ in table.epoch_ends] == [1, 2, 3, 4]
    assert [end for _, end in table.epoch_ends] == pytest.approx(
        [2.34541, 2.34541 + 1.50273, 2.34541 + 3.00855, 2.34541 + 5.07822]
    )


def test_a_generic_file_that_counts_from_zero_is_shown_from_one() -> None:
    table = read_table(DATA / "timm_summary.csv", "csv")
    assert values(table, "eval_top1") == {1: 20, 2: 40, 3: 60, 4: 80}
    timed = read_lines("csv", "epoch,time,loss", "0,5,1.0", "1,11,0.5")
    assert timed.epoch == 2
    assert timed.epoch_ends == ((1, 5.0), (2, 11.0))


def test_the_columns_of_quickstart() -> None:
    header = "epoch,time,train/loss,val/loss,metrics/accuracy,lr,samples_per_s"
    table = read_lines("csv", header, "1,2.5,1.2,0.9,0.81,0.01,1400.5")
    assert values(table, "samples_per_s") == {1: 1400.5}
    assert table.epoch_ends == ((1, 2.5),)
    assert "time" not in table.series


def test_epoch_zero_beside_a_time_is_before_the_first_in_ultralytics() -> None:
    table = read_lines("ultralytics-csv", HEADER, "0,1,9,0", "1,2,8,0.1")
    assert table.epoch == 1
    assert table.epoch_ends == ((1, 2.0),)


def test_time_that_starts_again_is_added_up() -> None:
    table = read_lines("csv", HEADER, "1,10,3,0", "2,20,2,0", "3,7,1,0", "4,14,1,0")
    assert table.epoch_ends == ((1, 10.0), (2, 20.0), (3, 27.0), (4, 34.0))


def test_a_new_run_below_an_old_one_takes_its_place() -> None:
    old = [f"{epoch},{epoch * 10},{9 - epoch},0" for epoch in range(1, 6)]
    table = read_lines("ultralytics-csv", HEADER, *old, "1,3,7.5,0.5", "2,6,7.4,0.6")
    assert table.epoch == 2
    assert values(table, "train/box_loss") == {1: 7.5, 2: 7.4}
    assert table.epoch_ends == ((1, 3.0), (2, 6.0))


def test_a_header_in_mid_file_changes_the_columns() -> None:
    table = read_lines("csv", "epoch,a,b", "1,1,2", "epoch,b,c", "2,20,30", "3,21,31")
    assert values(table, "a") == {1: 1}
    assert values(table, "b") == {1: 2, 2: 20, 3: 21}
    assert values(table, "c") == {2: 30, 3: 31}


def test_nan_and_infinity_are_part_of_the_truth() -> None:
    table = read_lines("csv", HEADER, "1,1,nan,0", "2,2,inf,0", "3,3,-inf,0")
    loss = table.series["train/box_loss"].values
    assert math.isnan(loss[0])
    assert loss[1:] == (math.inf, -math.inf)
    assert table.epoch == 3


def test_bom_crlf_and_quotes_do_no_harm() -> None:
    table = read_lines("csv", '\ufeffepoch,"loss, all"\r', '1,"0.5"\r', "\r", "2,0.25\r")
    assert values(table, "loss, all") == {1: 0.5, 2: 0.25}


@pytest.mark.parametrize(
    "row", ["2,2", "2,2,5,0.1,7", "x,2,5,0", "nan,2,5,0", "-1,2,5,0", "1e12,2,5,0", '2,"2,5,0']
)
def test_a_row_that_cannot_be_read_is_skipped(row: str) -> None:
    table = read_lines("csv", HEADER, "1,1,3,0", row)
    assert table == read_lines("csv", HEADER, "1,1,3,0")


def test_an_empty_or_wordy_cell_leaves_only_its_own_value_out() -> None:
    table = read_lines("csv", "epoch,phase,loss,acc", "1,train,0.5,", "2,val,0.4,0.9")
    assert set(table.series) == {"loss", "acc"}
    assert values(table, "acc") == {2: 0.9}
    assert table.series["loss"].x == (1.0, 2.0)


def test_a_name_that_stands_twice_counts_once() -> None:
    table = read_lines("csv", "epoch,loss,loss", "1,5,6", "2,7,8")
    assert values(table, "loss") == {1: 5, 2: 7}


def test_dates_in_the_time_column_are_no_training_time() -> None:
    table = read_lines("csv", HEADER, "1,1795199657,3,0", "2,nan,3,0", "3,-4,3,0")
    assert table.epoch_ends == ()


def test_a_binary_file_is_named_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "results.csv"
    file.write_bytes(bytes(range(256)) * 4 + b"\n\x00\x01PK\x03\x04\n")
    table = read_table(file, "ultralytics-csv")
    assert table.problem == "the results file is not text"
    assert not table.series
    assert table.epoch is None


def test_damage_in_the_middle_keeps_what_is_good() -> None:
    table = read_lines("csv", HEADER, "1,1,3,0", "\0\0\0\0", "\ufffd\ufffd,1,2,3", "2,2,2,0")
    assert table.problem is None
    assert table.epoch == 2


def test_a_file_without_a_header_is_named_until_one_comes() -> None:
    reader = open_reader("csv")
    reader.feed(["1,2,3"])
    assert "header" in (reader.table().problem or "")
    reader.feed(["epoch,loss", "1,2"])
    assert reader.table().problem is None
    assert reader.table().epoch == 1


def test_an_empty_file_is_no_problem() -> None:
    assert open_reader("csv").table() == MetricTable()


def test_restart_forgets_everything() -> None:
    reader = open_reader("csv")
    reader.feed(["epoch,loss", "1,2"])
    reader.restart()
    assert reader.table() == MetricTable()
    reader.feed(["epoch,loss", "1,7"])
    assert values(reader.table(), "loss") == {1: 7}


def test_the_table_is_the_same_object_until_lines_come() -> None:
    reader = open_reader("csv")
    reader.feed(["epoch,loss", "1,2"])
    first = reader.table()
    reader.feed([])
    assert reader.table() is first
    reader.feed(["2,1"])
    assert reader.table() is not first
    assert first.epoch == 1


@pytest.mark.parametrize(
    "name",
    [
        "results_detect_8.0.100.csv",
        "results_duplicate_epoch_after_kill_resume.csv",
        "lightning_metrics.csv",
    ],
)
def test_a_file_cut_at_any_byte_gives_the_same_table(name: str, tmp_path: Path) -> None:
    file = DATA / name
    whole = file.read_bytes()
    expected = read_table(file, "ultralytics-csv")
    growing = tmp_path / "results.csv"
    for cut in range(len(whole) + 1):
        growing.write_bytes(whole[:cut])
        tail, reader = LineTail(growing), open_reader("ultralytics-csv")
        reader.feed(tail.read().lines)
        reader.table()
        with growing.open("ab") as rest:
            rest.write(whole[cut:])
        reader.feed(tail.read().lines)
        assert reader.table() == expected


def odd_rows() -> list[str]:
    rng = random.Random(3)
    rows, epoch, time_s = [HEADER], 0.0, 0.0
    for _ in range(2000):
        epoch, time_s = epoch + 1, time_s + rng.random()
        match rng.randrange(120):
            case 0:
                epoch = max(0.0, epoch - rng.randrange(1, 30))
                time_s = rng.random()
            case 1:
                epoch -= 1
            case 2:
                rows.append(f"{epoch},{time_s},,0.5")
            case 3:
                rows.append(f"{epoch},{time_s}")
            case 4:
                rows.append(f"{epoch - 0.5},{time_s},1,2")
            case 5:
                rows.append(f"{epoch},nan,inf,nan")
            case 6:
                rows.append(rng.choice((HEADER, "epoch,time,metrics/mAP50(B)", "\0", "x,1,2,3")))
        rows.append(f"{epoch},{time_s},{rng.random()},{rng.random()}")
    return rows


@pytest.mark.parametrize("at_once", [2, 7, 300, 5000])
def test_rows_taken_together_give_what_single_rows_give(at_once: int) -> None:
    rows = odd_rows()
    singly, together = open_reader("csv"), open_reader("csv")
    for row in rows:
        singly.feed([row])
    for start in range(0, len(rows), at_once):
        together.feed(rows[start : start + at_once])
    one, other = singly.table(), together.table()
    assert repr([tuple(series.values) for series in one.series.values()]) == repr(
        [tuple(series.values) for series in other.series.values()]
    )
    assert [series.x for series in one.series.values()] == [
        series.x for series in other.series.values()
    ]
    assert one.epoch == other.epoch
    assert one.epoch_ends == other.epoch_ends
    assert len(one.epoch_ends) > 100


def test_a_table_stays_as_it_was_when_rows_come_and_go() -> None:
    reader = open_reader("csv")
    reader.feed([HEADER, *(f"{epoch},{epoch},{10 - epoch},0" for epoch in range(1, 6))])
    first = reader.table()
    reader.feed(["6,6,4,0"])
    second = reader.table()
    reader.feed(["3,1,7.5,0"])
    third = reader.table()
    assert [table.epoch for table in (first, second, third)] == [5, 6, 3]
    assert first.series["train/box_loss"].values == (9, 8, 7, 6, 5)
    assert second.series["train/box_loss"].values == (9, 8, 7, 6, 5, 4)
    assert third.series["train/box_loss"].values == (9, 8, 7.5)
    assert (len(first.epoch_ends), len(second.epoch_ends)) == (5, 6)
    assert third.epoch_ends == ((1, 1.0), (2, 2.0), (3, 3.0))


def test_the_same_epoch_in_one_row_more_has_one_end() -> None:
    table = read_lines("csv", HEADER, "1,1,3,0", "2,2,3,0", "2,3,,0.5")
    assert table.epoch_ends == ((1, 1.0), (2, 3.0))


def test_a_file_with_parts_of_epochs_is_not_shifted_until_they_are_taken_back() -> None:
    reader = open_reader("csv")
    reader.feed(["epoch,loss", "0,1", "0.5,1", "1,1"])
    assert reader.table().series["loss"].x == (0, 0.5, 1)
    reader.feed(["0.5,,", "0,2", "1,2"])
    assert reader.table().series["loss"].x == (1, 2)


def test_names_reach_the_screen_without_control_codes() -> None:
    header = "\x1b[31mepoch\x1b[0m,\x1b]0;owned\x07loss\x07,\u202eacc\u2028,a\tb,\x1b[2J,\x9b2Jx"
    table = read_lines("csv", header, "1,2,3,4,5,6")
    assert all(name.isprintable() for name in table.series)
    assert list(table.series)[:2] == ["loss", "acc"]
    assert values(table, "loss") == {1: 2}
    assert len(table.series) == 4


def test_a_resumed_part_is_told_by_an_epoch_done_again() -> None:
    file = DATA / "results_duplicate_epoch_after_kill_resume.csv"
    assert read_table(file, "ultralytics-csv").resumed_after == (1.0,)
    assert read_lines("csv", "epoch,loss", "1,5", "2,4", "2,3", "3,2").resumed_after == (1.0,)
    back = ("epoch,loss", "1,5", "2,4", "3,3", "2,2.5", "3,2")
    assert read_lines("csv", *back).resumed_after == (1.0,)
    from_zero = ("epoch,loss", "0,5", "1,4", "2,3", "2,2.5")
    assert read_lines("csv", *from_zero).resumed_after == (2.0,)


def test_all_done_again_is_no_resume() -> None:
    assert read_lines("csv", "epoch,loss", "1,5", "2,4", "1,3", "2,2").resumed_after == ()
    assert read_lines("csv", "epoch,loss", "1,5", "2,4", "2,3", "1,3").resumed_after == ()


def test_two_rows_of_one_epoch_are_no_resume() -> None:
    assert read_table(DATA / "lightning_metrics.csv", "csv").resumed_after == ()
    rows = ("epoch,train,val", "1,5,", "1,,4", "2,3,", "2,,2")
    assert read_lines("csv", *rows).resumed_after == ()
    twice = ("epoch,step,val", "1,10,5", "1,20,4", "2,30,3", "2,40,2")
    assert read_lines("csv", *twice).resumed_after == ()


def test_a_clock_that_starts_again_tells_of_a_resume_that_repeats_nothing() -> None:
    rows = (HEADER, "1,10,3,0", "2,20,2,0", "3,7,1,0", "4,14,1,0")
    assert read_lines("ultralytics-csv", *rows).resumed_after == (2.0,)
    one_by_one = open_reader("ultralytics-csv")
    for line in rows:
        one_by_one.feed([line])
    assert one_by_one.table().resumed_after == (2.0,)
    small = (HEADER, "1,10,3,0", "2,20,2,0", "3,17,1,0")
    assert read_lines("ultralytics-csv", *small).resumed_after == (2.0,)
    assert read_lines("csv", *small).resumed_after == ()
