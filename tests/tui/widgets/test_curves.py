from __future__ import annotations

import math

from cockpit.metrics.series import MetricSeries, MetricTable, Point
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


async def test_curves_are_drawn_in_ascii_too() -> None:
    app = Stage(Curves, ASCII)
    async with app.run_test(size=(80, 9)) as pilot:
        app.query_one(Curves).table = table()
        await pilot.pause()
        assert all(row.isascii() for row in shown(app))


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
