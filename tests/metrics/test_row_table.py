from __future__ import annotations

import math
from array import array

import pytest

from cockpit.metrics.row_table import RowTable
from cockpit.metrics.segments import MOST_KEPT, MOST_WITH_VALUES
from cockpit.metrics.series import Axis, MetricTable


def points(table: MetricTable, name: str) -> dict[float, float]:
    series = table.series[name]
    return dict(zip(series.x, series.values, strict=True))


def spans(table: MetricTable) -> list[tuple[float, float, int]]:
    return [(one.start, one.end, one.rows) for one in table.segments]


def test_an_empty_table_has_no_segment() -> None:
    assert RowTable().table() == MetricTable()
    assert RowTable(Axis.STEP).table() == MetricTable(axis=Axis.STEP)


def test_a_training_that_was_never_resumed_is_one_segment() -> None:
    rows = RowTable()
    for epoch in range(5):
        rows.put(epoch, {"loss": 5.0 - epoch}, step=epoch * 100)
    table = rows.table()
    assert spans(table) == [(1, 5, 5)]
    assert table.segments[0].replaced == {}
    assert (table.epoch, table.resumed_after) == (5, ())
    assert table.scales[Axis.STEP].x == (1, 2, 3, 4, 5)
    assert table.scales[Axis.STEP].values == (0, 100, 200, 300, 400)


def test_what_is_done_again_is_kept_in_the_segment_before() -> None:
    rows = RowTable()
    for epoch in (1, 2, 3, 4):
        rows.put(epoch, {"loss": 9.0 - epoch, "lr": 0.1})
    for epoch in (3, 4, 5):
        rows.put(epoch, {"loss": 1.0})
    table = rows.table()
    assert spans(table) == [(1, 4, 4), (3, 5, 3)]
    assert points(table, "loss") == {1: 8, 2: 7, 3: 1, 4: 1, 5: 1}
    assert points(table, "lr") == {1: 0.1, 2: 0.1}
    replaced = table.segments[0].replaced
    assert {name: tuple(one.values) for name, one in replaced.items()} == {
        "loss": (6, 5),
        "lr": (0.1, 0.1),
    }
    assert replaced["loss"].x == (3, 4)
    assert table.resumed_after == (2.0,)
    assert table.segments[1].replaced == {}


def test_the_kept_end_is_counted_from_one_as_the_rest() -> None:
    rows = RowTable()
    for epoch in (0, 1, 1):
        rows.put(epoch, {"loss": epoch})
    table = rows.table()
    assert spans(table) == [(1, 2, 2), (2, 2, 1)]
    assert table.segments[0].replaced["loss"].x == (2,)


def test_cells_that_fill_an_epoch_or_a_step_are_no_new_segment() -> None:
    for axis in (Axis.EPOCH, Axis.STEP):
        rows = RowTable(axis)
        rows.put(1, {"train": 5.0})
        rows.put(1, {"val": 4.0})
        rows.put(2, {"train": 3.0})
        rows.put(2, {"val": 2.0})
        assert spans(rows.table()) == [(1, 2, 4)]
        rows.put(2, {"val": 1.0})
        table = rows.table()
        assert spans(table) == [(1, 2, 4), (2, 2, 1)]
        assert points(table, "val") == {1: 4.0, 2: 1.0}
        assert points(table, "train") == {1: 5.0}


def test_a_cell_that_says_the_same_again_does_not_repeat_an_epoch() -> None:
    rows = RowTable()
    rows.put(1, {"train": 5.0, "lr": 0.1})
    rows.put(1, {"val": 4.0, "lr": 0.1})
    table = rows.table()
    assert spans(table) == [(1, 1, 2)]
    assert points(table, "train") == {1: 5.0}
    rows.put(1, {"val": 4.0, "lr": 0.1})
    assert spans(rows.table()) == [(1, 1, 2), (1, 1, 1)]


def test_a_clock_that_falls_within_an_epoch_begins_it_again() -> None:
    rows = RowTable(own_clock=True)
    for epoch, name, time_s in ((1, "train", 10), (2, "train", 20), (2, "val", 5), (3, "val", 9)):
        rows.put(epoch, {name: 1.0}, time_s=time_s)
    table = rows.table()
    assert spans(table) == [(1, 2, 2), (2, 3, 2)]
    assert table.segments[0].replaced["train"].x == (2,)
    assert table.epoch_ends == ((1, 10.0), (2, 15.0), (3, 19.0))


def test_a_value_that_comes_late_belongs_to_its_own_step() -> None:
    rows = RowTable(Axis.STEP)
    rows.put(10, {"train": 5.0}, epoch=0)
    rows.put(20, {"train": 4.0}, epoch=0)
    rows.put(19, {"val": 3.0}, epoch=0)
    rows.put(30, {"train": 2.0}, epoch=1)
    table = rows.table()
    assert spans(table) == [(10, 30, 4)]
    assert points(table, "val") == {19: 3.0}
    assert points(table, "train") == {10: 5.0, 20: 4.0, 30: 2.0}
    assert table.scales[Axis.EPOCH].values == (1, 1, 2)


def test_a_step_done_again_takes_the_later_ones_with_it() -> None:
    rows = RowTable(Axis.STEP)
    for step in range(0, 50, 10):
        rows.put(step, {"loss": 100.0 - step}, epoch=step // 20)
    rows.put(25, {"loss": 7.0}, epoch=1)
    table = rows.table()
    assert spans(table) == [(0, 40, 5), (25, 25, 1)]
    assert points(table, "loss") == {0: 100, 10: 90, 20: 80, 25: 7}
    assert table.resumed_after == (2.0,)
    assert table.epoch == 1


def test_an_epoch_that_falls_begins_a_segment_though_steps_rise() -> None:
    rows = RowTable(Axis.STEP)
    for step, epoch in ((0, 1), (1, 2), (2, 1), (3, 1)):
        rows.put(step, {"loss": 1.0}, epoch=epoch)
    table = rows.table()
    assert spans(table) == [(0, 1, 2), (2, 3, 2)]
    assert len(table.series["loss"].values) == 4
    assert table.scales[Axis.EPOCH].values == (1, 2)


def test_an_epoch_in_work_is_not_complete() -> None:
    rows = RowTable(Axis.STEP)
    rows.put(0, {"loss": 1.0}, epoch=0)
    assert rows.table().epoch is None
    rows.put(9, {"val": 1.0}, epoch=0, ends_epoch=True)
    assert rows.table().epoch == 1
    rows.put(9, {"loss": 1.0}, epoch=0)
    assert rows.table().epoch == 1
    rows.put(10, {"loss": 1.0}, epoch=0)
    assert rows.table().epoch is None
    rows.put(20, {"loss": 1.0}, epoch=1)
    assert rows.table().epoch == 1
    assert rows.table(epoch=7).epoch == 7


def test_parts_of_epochs_count_as_far_as_they_are() -> None:
    rows = RowTable(Axis.STEP)
    for step, epoch in ((1, 0.5), (2, 1.0), (3, 1.5)):
        rows.put(step, {"loss": 1.0}, epoch=epoch)
    assert rows.table().epoch == 1
    assert rows.table().scales[Axis.EPOCH].values == (0.5, 1.0, 1.5)


def test_the_wall_clock_is_a_scale_and_never_falls() -> None:
    rows = RowTable(Axis.STEP)
    for step, wall_s in ((1, 1.7e9), (2, 1.7e9 + 5), (3, 1.7e9 + 4), (4, math.nan), (5, 1.8e9)):
        rows.put(step, {"loss": 1.0}, wall_s=wall_s)
    scale = rows.table().scales[Axis.TIME]
    assert scale.x == (1, 2, 5)
    assert scale.values == (1.7e9, 1.7e9 + 5, 1.8e9)


def test_a_trainers_own_clock_tells_of_a_resume_wherever_it_falls() -> None:
    rows = RowTable(own_clock=True)
    for epoch, time_s in ((1, 10), (2, 20), (3, 19), (4, 30)):
        rows.put(epoch, {"loss": 1.0}, time_s=time_s)
    table = rows.table()
    assert spans(table) == [(1, 2, 2), (3, 4, 2)]
    assert table.resumed_after == (2.0,)
    assert table.epoch_ends == ((1, 10.0), (2, 20.0), (3, 39.0), (4, 50.0))


@pytest.mark.parametrize(
    ("times_s", "starts"),
    [
        ((10, 20, 30, 7, 14), [1, 4]),  # a clock that starts again
        ((10, 20, 19.95, 30), [1]),  # one that was set
        ((10, 9, 11, 10, 5), [1]),  # the length of each epoch
        ((30, 10, 10.5, 4), [1]),  # the same after a slow first one
        ((10, 10, 10, 4), [1]),
    ],
)
def test_another_column_of_times_tells_of_a_resume_only_near_zero(
    times_s: tuple[float, ...], starts: list[float]
) -> None:
    rows = RowTable()
    for epoch, time_s in enumerate(times_s, start=1):
        rows.put(epoch, {"loss": 1.0}, time_s=time_s)
    assert [one.start for one in rows.table().segments] == starts


def test_lengths_of_epochs_are_no_ends() -> None:
    rows = RowTable()
    for epoch, time_s in enumerate((10, 9, 11), start=1):
        rows.put(epoch, {"loss": 1.0}, time_s=time_s)
    assert rows.table().epoch_ends == ()


def test_what_cannot_be_so_is_left_out() -> None:
    rows = RowTable()
    for odd in (-1, math.nan, math.inf, 1e12):
        rows.put(odd, {"loss": 1.0})
    assert rows.table() == MetricTable()
    rows.put(1, {"loss": 1.0}, time_s=math.nan, step=-3, wall_s=math.inf)
    table = rows.table()
    assert (dict(table.scales), table.epoch_ends) == ({}, ())


def test_a_hundred_thousand_rows_of_one_epoch_cost_no_more_than_others() -> None:
    rows = RowTable()
    for number in range(100_000):
        rows.put(1, {"loss": number})
    table = rows.table()
    assert points(table, "loss") == {1: 99_999}
    assert len(table.segments) == MOST_KEPT + 1
    with_values = [one for one in table.segments if one.replaced]
    assert len(with_values) == MOST_WITH_VALUES
    assert with_values[-1].replaced["loss"].values == (99_998,)


@pytest.mark.parametrize("axis", [Axis.EPOCH, Axis.STEP])
def test_rows_put_together_give_what_single_rows_give(axis: Axis) -> None:
    singly, together = RowTable(axis), RowTable(axis)
    rows = [(x, x * 0.5, x * 2.0, float(x // 10), x * 7.0, 1.7e9 + x) for x in range(1, 60)]
    for x, loss, time_s, epoch, step, wall_s in rows:
        singly.put(x, {"loss": loss}, time_s=time_s, epoch=epoch, step=step, wall_s=wall_s)
    for start in range(0, len(rows), 13):
        xs, losses, times_s, epochs, steps, walls_s = (
            array("d", column) for column in zip(*rows[start : start + 13], strict=True)
        )
        assert together.extend(
            xs, {"loss": losses}, times_s=times_s, epochs=epochs, steps=steps, walls_s=walls_s
        )
    assert together.table() == singly.table()


def test_rows_that_do_not_go_on_are_not_put_together() -> None:
    rows = RowTable(own_clock=True)
    rows.put(5, {"loss": 1.0}, time_s=50)
    before = rows.table()
    one = array("d", (1.0, 1.0))
    for xs in ((5, 6), (6, 6), (7, 6), (6, math.nan), (-1, 6), (6, 1e12)):
        assert not rows.extend(array("d", xs), {"loss": one})
    assert not rows.extend(array("d", (6, 7)), {"loss": one}, times_s=array("d", (60, 55)))
    assert rows.table() == before
