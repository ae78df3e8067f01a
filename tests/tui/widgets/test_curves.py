from __future__ import annotations

import math
from array import array

import pytest

from cockpit.metrics.column import Column
from cockpit.metrics.series import Axis, MetricSeries, MetricTable, Point
from cockpit.tui.curve_layout import Source
from cockpit.tui.glyphs import ASCII
from cockpit.tui.ink import cells, plain
from cockpit.tui.widgets.curves import Curves
from cockpit.tui.widgets.plot import Plot, PlotLine, title_line, value_at
from tests.tui.widgets.stage import Stage, shown

EPOCHS = tuple(float(epoch) for epoch in range(1, 42))
NAMES = ("train/box_loss", "val/box_loss", "train/cls_loss", "val/cls_loss", "metrics/mAP50-95(B)")


def table() -> MetricTable:
    def values(name: str) -> tuple[float, ...]:
        if "mAP" in name:
            return tuple(0.4 * (1 - math.exp(-epoch / 10)) for epoch in EPOCHS)
        shift = 0.2 if name.startswith("val") else 0.0
        return tuple(1 + shift + 2 * math.exp(-epoch / 10) for epoch in EPOCHS)

    series = {name: MetricSeries(name, EPOCHS, values(name)) for name in NAMES}
    return MetricTable(series=series, epoch=41, epochs=100)


async def test_the_headline_comes_first_and_pairs_share_a_plot() -> None:
    app = Stage(Curves)
    async with app.run_test(size=(108, 9)) as pilot:
        curves = app.query_one(Curves)
        curves.headline = ("metrics/mAP50-95(B)",)
        curves.table = table()
        await pilot.pause()
        rows = shown(app)
        assert rows[0].startswith("mAP50-95 ")
        assert "box_loss        train 1.03 val 1.23" in rows[0]
        assert "0.4┤" in rows[1]
        assert "└1─" in rows[-1]
        assert any("▾" in row for row in rows)


async def test_a_cursor_shows_the_values_of_its_epoch() -> None:
    app = Stage(Curves)
    async with app.run_test(size=(108, 9)) as pilot:
        curves = app.query_one(Curves)
        curves.table = table()
        await pilot.pause()
        curves.move_cursor(-11)
        await pilot.pause()
        rows = shown(app)
        assert curves.cursor_x == 30.0
        assert "train 1.10 val 1.30" in rows[0]
        assert " 30 " in rows[-1]
        assert all("│" in row[6:36] for row in rows[1:-1])
        curves.move_cursor(500)
        assert curves.cursor_x == 41.0


async def test_the_cursor_goes_from_point_to_point_also_where_steps_lie_far_apart() -> None:
    app = Stage(Curves)
    async with app.run_test(size=(108, 16)) as pilot:
        curves = app.query_one(Curves)
        loss = MetricSeries("loss", (0.0, 500.0, 2000.0), (3.0, 2.0, 1.0))
        curves.table = MetricTable({"loss": loss}, Axis.STEP)
        curves.enlarge()
        await pilot.pause()
        curves.move_cursor(-1)
        await pilot.pause()
        assert curves.cursor_x == 500.0
        assert shown(app)[1].startswith("value 2 at step 500")
        curves.move_cursor(-9)
        await pilot.pause()
        assert shown(app)[1].startswith("value 3 at step 0")


async def test_curves_are_drawn_in_ascii_too() -> None:
    app = Stage(Curves, ASCII)
    async with app.run_test(size=(80, 9)) as pilot:
        app.query_one(Curves).table = table()
        await pilot.pause()
        assert all(row.isascii() for row in shown(app))


def noisy(count: int, **more: float) -> tuple[float, ...]:
    values = [1 + 2 * math.exp(-at / 10) + 0.01 * (at % 3) for at in range(count)]
    for place, value in more.items():
        values[int(place[1:])] = value
    return tuple(values)


def plot_of(app: Stage, title: str) -> Plot:
    plots = [one for one in app.query(Plot) if one.title == title and one.has_class("-shown")]
    assert len(plots) == 1
    return plots[0]


async def test_one_plot_alone_tells_the_exact_values_at_the_cursor() -> None:
    app = Stage(Curves)
    async with app.run_test(size=(108, 20)) as pilot:
        curves = app.query_one(Curves)
        curves.table = table()
        await pilot.pause()
        curves.choose(1)
        curves.enlarge()
        curves.smooth = 0.6
        curves.move_cursor(-11)
        await pilot.pause()
        rows = shown(app)
        assert [plot.title for plot in app.query(Plot) if plot.has_class("-shown")] == ["box_loss"]
        assert rows[1].startswith("train 1.09957 at epoch 30   smooth 1.1")
        assert "best 1.03315 @41  +0.0664" in rows[1]
        assert rows[2].startswith("val 1.29957 at epoch 30")
        curves.choose(1)
        await pilot.pause()
        assert shown(app)[0].startswith("cls_loss")
        curves.enlarge()
        await pilot.pause()
        assert sum(plot.has_class("-shown") for plot in app.query(Plot)) == 3


async def test_zoom_shows_fewer_epochs_around_the_cursor_and_the_scale_follows() -> None:
    app = Stage(Curves)
    async with app.run_test(size=(108, 12)) as pilot:
        curves = app.query_one(Curves)
        curves.table = table()
        await pilot.pause()
        assert curves.shown_range == (1.0, 41.0)
        before = plot_of(app, "box_loss")._picture().scale
        curves.cursor_x = 30.0
        curves.zoom(2)
        await pilot.pause()
        low, high = curves.shown_range
        assert 1 < low < 30 < high <= 41
        after = plot_of(app, "box_loss")._picture().scale
        assert after.high - after.low < before.high - before.low
        curves.pan(-9)
        assert curves.shown_range[0] == 1.0
        curves.move_cursor(0)
        assert curves.shown_range[0] <= 30 <= curves.shown_range[1]
        curves.zoom(-9)
        assert curves.view is None


async def test_the_mouse_moves_the_cursor_and_its_wheel_zooms() -> None:
    app = Stage(Curves)
    async with app.run_test(size=(108, 12)) as pilot:
        curves = app.query_one(Curves)
        curves.is_preview = False
        curves.table = table()
        await pilot.pause()
        plot = plot_of(app, "box_loss")
        await pilot.mouse_down(plot, offset=(5, 4))
        await pilot.pause()
        assert curves.cursor_x == 2.0
        await pilot.hover(plot, offset=(20, 4))
        await pilot.mouse_up(plot, offset=(20, 4))
        await pilot.pause()
        assert 15 <= curves.cursor_x <= 25
        plot.post_message(Plot.Turned(20.0, 1))
        await pilot.pause()
        await pilot.pause()
        assert curves.view is not None
        await pilot.click(plot, offset=(2, 0))
        await pilot.pause()
        assert curves.is_large


async def test_a_preview_leaves_the_mouse_alone() -> None:
    app = Stage(Curves)
    async with app.run_test(size=(108, 12)) as pilot:
        curves = app.query_one(Curves)
        curves.table = table()
        await pilot.pause()
        await pilot.click(plot_of(app, "box_loss"), offset=(20, 4))
        await pilot.pause()
        assert curves.cursor_x is None


async def test_one_extreme_value_does_not_flatten_the_rest_and_is_marked_at_the_edge() -> None:
    app = Stage(Curves)
    async with app.run_test(size=(50, 12)) as pilot:
        curves = app.query_one(Curves)
        series = MetricSeries("loss", EPOCHS, noisy(41, _0=1e8))
        curves.table = MetricTable({"loss": series})
        await pilot.pause()
        assert plot_of(app, "loss")._picture().scale.high < 5
        assert "⇑" in shown(app)[1]


async def test_nan_a_spike_and_a_standstill_have_a_sign_on_the_axis() -> None:
    app = Stage(Curves)
    async with app.run_test(size=(90, 14)) as pilot:
        curves = app.query_one(Curves)
        curves.is_preview = False
        epochs = tuple(map(float, range(1, 101)))
        values = noisy(100, _50=9.0, _20=math.nan)
        curves.table = MetricTable({"loss": MetricSeries("loss", epochs, values)})
        await pilot.pause()
        axis = shown(app)[-1]
        assert axis.index("✗") < axis.index("▲") < axis.index("═")
        curves.enlarge()
        await pilot.pause()
        assert "✗ NaN @21   ▲ spike 9.00 @51   ═ no better by 1 % since" in shown(app)[2]


async def test_many_plots_come_in_pages_and_favourites_first() -> None:
    app = Stage(Curves)
    async with app.run_test(size=(80, 9)) as pilot:
        curves = app.query_one(Curves)
        series = {f"m{at:03}": MetricSeries(f"m{at:03}", EPOCHS, EPOCHS) for at in range(200)}
        curves.table = MetricTable(series)
        await pilot.pause()
        assert curves.page_words == "plots 1–2 of 200, p next"
        curves.turn_page(1)
        await pilot.pause()
        assert curves.page_words == "plots 3–4 of 200, p next"
        assert shown(app)[0].startswith("m002")
        curves.turn_page(-2)
        await pilot.pause()
        assert curves.page_words == "plots 199–200 of 200, p next"
        curves.choose(1)
        await pilot.pause()
        assert curves.chosen == "m199"
        curves.favourites = frozenset({"m150"})
        curves.chosen = ""
        await pilot.pause()
        assert shown(app)[0].startswith("* m150")


async def test_another_run_is_a_ghost_behind_and_its_value_in_the_title() -> None:
    app = Stage(Curves)
    async with app.run_test(size=(108, 9)) as pilot:
        curves = app.query_one(Curves)
        curves.headline = ("metrics/mAP50-95(B)",)
        curves.table = table()
        curves.sources = (Source("base", "yolo11n-base", table()),)
        await pilot.pause()
        assert [line.colour for line in plot_of(app, "mAP50-95").series] == ["s1", "ghost"]
        lines = plot_of(app, "box_loss").series
        assert [line.name for line in lines][2:] == ["base:val/box_loss"]
        curves.enlarge()
        await pilot.pause()
        assert "yolo11n-base 0.393" in shown(app)[0]


async def test_a_grown_curve_is_drawn_with_its_new_points() -> None:
    app = Stage(Curves)
    async with app.run_test(size=(60, 9)) as pilot:
        curves = app.query_one(Curves)
        xs, ys = array("d", EPOCHS), array("d", EPOCHS)

        def grown() -> MetricTable:
            return MetricTable({"loss": MetricSeries("loss", Column(xs), Column(ys))})

        curves.table = grown()
        await pilot.pause()
        assert "41.0" in shown(app)[0]
        xs.append(42.0)
        ys.append(77.0)
        curves.table = grown()
        await pilot.pause()
        assert "77.0" in shown(app)[0]
        assert plot_of(app, "loss")._picture().scale.high >= 77


async def test_an_empty_table_draws_nothing_and_a_single_point_draws_a_dot() -> None:
    app = Stage(Curves)
    async with app.run_test(size=(80, 9)) as pilot:
        curves = app.query_one(Curves)
        await pilot.pause()
        assert not "".join(shown(app)).strip()
        one = MetricSeries("loss", (1.0,), (0.5,))
        curves.table = MetricTable(series={"loss": one}, epoch=1)
        await pilot.pause()
        assert shown(app)[0].startswith("loss")


async def test_nan_breaks_the_line_and_shows_in_the_title() -> None:
    app = Stage(Plot)
    async with app.run_test(size=(40, 6)) as pilot:
        plot = app.query_one(Plot)
        plot.title, plot.x_range = "loss", (1.0, 3.0)
        plot.series = (PlotLine("loss", "", (1.0, 2.0, 3.0), (1.0, math.nan, math.nan)),)
        await pilot.pause()
        assert "NaN" in shown(app)[0]


def test_a_title_gives_up_the_best_before_the_values() -> None:
    lines = (PlotLine("loss", "train", (1.0,), (1.08,)), PlotLine("val", "val", (1.0,), (1.22,)))
    best = Point(39, 0.412)
    wide = plain(title_line("box_loss", lines, best, None, 60))
    narrow = plain(title_line("box_loss", lines, best, None, 28))
    assert wide.endswith("train 1.08 val 1.22 best 0.412 @39")
    assert narrow.endswith("train 1.08 val 1.22")
    for width in range(60):
        assert cells(title_line("box_loss", lines, best, None, width)) <= max(width, 5)


def test_the_value_at_the_cursor_is_the_last_one_before_it() -> None:
    line = PlotLine("loss", "", (1.0, 3.0), (5.0, 4.0))
    assert value_at(line, 2.0) == 5.0
    assert value_at(line, 0.5) is None
    assert value_at(line, None) == 4.0


@pytest.mark.parametrize("log_axis", [False, True])
async def test_no_line_leads_over_what_was_not_read(*, log_axis: bool) -> None:
    xs = (1.0, 2.0, 188.0, 200.0)
    loss = {"loss": MetricSeries("loss", xs, (0.9, 0.8, 0.2, 0.1))}
    app = Stage(Curves)
    async with app.run_test(size=(80, 9)) as pilot:
        curves = app.query_one(Curves)
        curves.log_axis = log_axis
        curves.table = MetricTable(loss, epoch=200)
        await pilot.pause()
        assert all(any(row[at].strip("┤│ ") for row in shown(app)[1:-1]) for at in range(20, 60))
        curves.table = MetricTable(loss, epoch=200, gaps=((2.0, 188.0),))
        await pilot.pause()
        assert not any(row[10:70].strip() for row in shown(app)[1:-1])


@pytest.mark.parametrize(
    ("name", "ys", "sign", "row"),
    [
        ("loss", (0.8, 0.5, 0.1, 0.5, 0.8), "▴", 8),
        ("accuracy", (0.2, 0.3, 0.6, 0.3, 1.0, 0.3), "▾", 1),
        ("accuracy", (0.0, 0.3, 0.5, 0.3, 0.0), "▾", 1),
    ],
)
async def test_the_mark_of_the_best_stands_at_its_point(
    name: str, ys: tuple[float, ...], sign: str, row: int
) -> None:
    app = Stage(Curves)
    async with app.run_test(size=(60, 12)) as pilot:
        curves = app.query_one(Curves)
        curves.table = MetricTable({name: MetricSeries(name, EPOCHS[: len(ys)], ys)}, epoch=len(ys))
        await pilot.pause()
        rows = shown(app)
        marked = [number for number, text in enumerate(rows) if sign in text]
        best = min(ys) if sign == "▴" else max(ys)
        scale = plot_of(app, name)._picture().scale
        at = 1 + (1 - (scale.part(best) or 0.0)) * 9
        assert len(marked) == 1
        assert abs(marked[0] - at) <= 2
        assert abs(marked[0] - row) <= 2


async def test_a_curve_that_never_changes_has_no_best() -> None:
    app = Stage(Curves)
    async with app.run_test(size=(60, 12)) as pilot:
        curves = app.query_one(Curves)
        curves.table = MetricTable({"mAP50": MetricSeries("mAP50", EPOCHS, (0.0,) * 41)}, epoch=41)
        await pilot.pause()
        assert "best" not in shown(app)[0]
        assert not any("▾" in row for row in shown(app))


def test_what_is_laid_over_is_named_in_the_title_or_left_out() -> None:
    lines = (
        PlotLine("train/loss", "train", (1.0,), (0.274,)),
        PlotLine("val/loss", "val", (1.0,), (0.102,), "s3"),
        PlotLine("b:val/loss", "quickstart-bas val", (1.0,), (0.018,), "ghost"),
    )
    titles = [plain(title_line("loss", lines, None, None, width)) for width in range(20, 60)]
    assert titles[-1].endswith("train 0.274 val 0.102 quickstart-bas val 0.0180")
    assert plain(title_line("loss", lines, None, None, 43)).endswith(
        "train 0.274 val 0.102 over val 0.0180"
    )
    for title in titles:
        assert "0.0180" not in title or "val 0.0180" in title


def test_a_best_of_several_runs_says_whose_it_is() -> None:
    lines = (PlotLine("A:loss", "A", (1.0,), (0.274,)), PlotLine("B:loss", "B", (1.0,), (0.064,)))
    title = plain(title_line("val/loss", lines, Point(12, 0.064), None, 60, best_of="B"))
    assert title.endswith("A 0.274 B 0.0640 best B 0.0640 @12")


async def test_the_readout_at_the_best_point_says_so_once() -> None:
    app = Stage(Curves)
    async with app.run_test(size=(108, 16)) as pilot:
        curves = app.query_one(Curves)
        values = (0.5, 0.98333, 0.9, 0.98333)
        curves.table = MetricTable({"accuracy": MetricSeries("accuracy", EPOCHS[:4], values)})
        curves.enlarge()
        await pilot.pause()
        assert shown(app)[1].rstrip().endswith("at epoch 4   best 0.98333 @2  the same")
        curves.move_cursor(-2)
        await pilot.pause()
        assert shown(app)[1].rstrip().endswith("value 0.98333 at epoch 2   the best")
