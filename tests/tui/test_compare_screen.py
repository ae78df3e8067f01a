from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from textual.widgets import OptionList

from cockpit.runs.phase import Phase
from cockpit.tui.app import CockpitApp
from cockpit.tui.comparison_rows import table_lines, wrote_lines
from cockpit.tui.ink import cells, plain
from cockpit.tui.screens.chooser import Chooser
from cockpit.tui.screens.compare import CompareScreen
from cockpit.tui.screens.deck import DeckScreen
from cockpit.tui.screens.run import RunScreen
from cockpit.tui.widgets.compared_curves import resumed_after
from cockpit.tui.widgets.plot import Plot
from cockpit.views.run_view import RunView
from tests.analysis.comparison.subjects import table_of
from tests.reports.pairs import two_runs

from . import board
from .flight import app_with, ready, text_of, wait_until

HEADER = "epoch,time,metrics/mAP50(B),metrics/mAP50-95(B)"


def opened(where: Path, name: str, *shares: float) -> RunView:
    """A run on the Deck that lies in a folder as Ultralytics leaves it."""
    folder = where / name
    folder.mkdir()
    write_rows(folder, *shares)
    return still(folder, len(shares))


def still(folder: Path, epoch: int) -> RunView:
    view = board.run(folder.name, Phase.OPENED, epoch=epoch, processes=())
    return replace(view, run_id=str(folder))


def write_rows(folder: Path, *shares: float) -> None:
    rows = [f"{at},{10 * at},{share},{share / 2}" for at, share in enumerate(shares, start=1)]
    (folder / "results.csv").write_text("\n".join([HEADER, *rows]) + "\n")


WEAK = (0.1, 0.2, 0.4, 0.4, 0.4, 0.4, 0.4)
STRONG = (0.1, 0.4, 0.8, 0.8, 0.8, 0.8, 0.8)


def app_over(*runs: RunView) -> CockpitApp:
    return app_with(*runs)


def comparison(app: CockpitApp) -> CompareScreen:
    assert isinstance(app.screen, CompareScreen)
    return app.screen


def titles(app: CockpitApp) -> list[str]:
    return [one.title for one in comparison(app).query(Plot) if one.has_class("-shown")]


def is_compared(app: CockpitApp) -> bool:
    return isinstance(app.screen, CompareScreen) and app.screen.found is not None


async def test_the_loss_of_validation_has_a_plot_before_what_never_changes(tmp_path: Path) -> None:
    for name, share in (("one", 1.0), ("two", 0.5)):
        rows = [f"{at},{share / at},{share * 2 / at},{at / 10},0" for at in range(1, 9)]
        head = "epoch,train/loss,val/loss,metrics/accuracy,metrics/mAP50(B)"
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.csv").write_text("\n".join([head, *rows]) + "\n")
    app = app_over(*(still(tmp_path / name, 8) for name in ("one", "two")))
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot)
        await pilot.press("space", "down", "space", "c")
        await wait_until(pilot, lambda: is_compared(app))
        await wait_until(pilot, lambda: "val/loss" in titles(app))
        assert titles(app) == ["accuracy", "val/loss", "train/loss"]
        shown = {plot.title: plot.best_of for plot in comparison(app).query(Plot)}
        found = comparison(app).found
        assert found is not None
        assert shown["val/loss"] == "AB"[found.labels.index("two")]


async def test_marked_runs_are_compared_the_first_marked_is_held_against(tmp_path: Path) -> None:
    app = app_over(opened(tmp_path, "weak", *WEAK), opened(tmp_path, "strong", *STRONG))
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot)
        await pilot.press("down", "space", "up", "space")
        assert "2 marked" in text_of(app)
        assert "◆" in text_of(app)
        await pilot.press("c")
        await wait_until(pilot, lambda: is_compared(app))
        found = comparison(app).found
        assert found is not None
        assert found.labels == ("strong", "weak")
        assert "strong is better in metrics/mAP50-95(B)" in text_of(app)
        shown = [plot for plot in comparison(app).query(Plot) if plot.has_class("-shown")]
        assert [line.label for line in shown[0].series] == ["A", "B"]
        await pilot.press("escape")
        assert isinstance(app.screen, DeckScreen)


async def test_a_mark_is_taken_back(tmp_path: Path) -> None:
    app = app_over(opened(tmp_path, "weak", *WEAK), opened(tmp_path, "strong", *STRONG))
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("space", "space")
        assert "◆" not in text_of(app)


async def test_from_the_run_screen_the_other_one_is_chosen(tmp_path: Path) -> None:
    app = app_over(opened(tmp_path, "weak", *WEAK), opened(tmp_path, "strong", *STRONG))
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(app.screen, RunScreen))
        await pilot.press("C")
        await wait_until(pilot, lambda: isinstance(app.screen, Chooser))
        assert app.screen.query_one(OptionList).option_count == 1
        await pilot.press("enter")
        await wait_until(pilot, lambda: is_compared(app))
        found = comparison(app).found
        assert found is not None
        assert found.labels == ("weak", "strong")


async def test_a_narrow_screen_shows_tables_or_curves(tmp_path: Path) -> None:
    app = app_over(opened(tmp_path, "weak", *WEAK), opened(tmp_path, "strong", *STRONG))
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("space", "down", "c")
        await wait_until(pilot, lambda: is_compared(app))
        assert "Best values" in text_of(app)
        assert not comparison(app).curves.display
        await pilot.press("f")
        await wait_until(pilot, lambda: comparison(app).curves.display)
        assert "Best values" not in text_of(app)
        await pilot.press("left")
        assert comparison(app).curves.cursor_x == 6


async def test_the_report_is_written_and_it_is_said_where(tmp_path: Path) -> None:
    app = app_over(opened(tmp_path, "weak", *WEAK), opened(tmp_path, "strong", *STRONG))
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot)
        await pilot.press("space", "down", "c")
        await wait_until(pilot, lambda: is_compared(app))
        await pilot.press("w")
        await wait_until(pilot, lambda: "wrote" in text_of(app), timeout_s=30)
        (results,) = (tmp_path / "xdg_data_home").rglob("comparison_results.json")
        assert results.parent.parent.name == "tools"
        assert results.parent.name.startswith("compare-")
        assert f"wrote {results.parent}" in text_of(app).replace("\n", "").replace("  ", "")
        assert json.loads(results.read_text())["verdict"]["better"] == "strong"


async def test_runs_without_results_are_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "results.csv").write_text("epoch,accuracy\n1,0.5\n2,0.6\n")
    other = still(tmp_path / "other", 2)
    app = app_over(opened(tmp_path, "weak", *WEAK), other)
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot)
        await pilot.press("space", "down", "c")
        await wait_until(pilot, lambda: "no metric in common" in text_of(app))
        assert not comparison(app).check_action("write", ())


async def test_why_runs_are_not_compared_is_read_whole_on_a_narrow_screen(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    names = ("accuracy", "a_rather_long_name", "another_long_name")
    text = f"epoch,{','.join(names)}\n1,1,1,1\n2,1,1,1\n"
    (tmp_path / "other" / "results.csv").write_text(text)
    app = app_over(opened(tmp_path, "weak", *WEAK), still(tmp_path / "other", 2))
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("space", "down", "c")
        await wait_until(pilot, lambda: "no metric in common" in text_of(app))
        shown = " ".join(text_of(app).split())
        assert "weak has metrics/mAP50(B), metrics/mAP50-95(B); other has " in shown
        assert "accuracy, a_rather_long_name, another_long_name" in shown
        assert "try: compare runs of the same task" in shown


async def test_runs_known_to_share_nothing_are_refused_without_reading_their_files(
    tmp_path: Path,
) -> None:
    weak = replace(opened(tmp_path, "weak", *WEAK), metrics=table_of({"acc": WEAK}))
    gone = replace(still(tmp_path / "gone", 2), metrics=table_of({"val/loss": WEAK}))
    app = app_over(weak, gone)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("space", "down", "c")
        await wait_until(pilot, lambda: "no metric in common" in text_of(app))
        assert "weak has acc; gone has val/loss" in " ".join(text_of(app).split())


async def test_the_list_of_others_tells_which_share_nothing(tmp_path: Path) -> None:
    weak = replace(opened(tmp_path, "weak", *WEAK), metrics=table_of({"acc": WEAK}))
    other = replace(opened(tmp_path, "other", *WEAK), metrics=table_of({"val/loss": WEAK}))
    like = replace(opened(tmp_path, "like", *WEAK), metrics=table_of({"acc": WEAK, "x": WEAK}))
    app = app_over(weak, other, like)
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot)
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(app.screen, RunScreen))
        await pilot.press("C")
        await wait_until(pilot, lambda: isinstance(app.screen, Chooser))
        assert "no metric in common" in text_of(app)
        assert "1 metric in common" in text_of(app)


def test_where_files_were_written_is_told_from_home_on_and_never_cut() -> None:
    folder = Path.home() / ".local/share/cockpit/tools/compare-20261121-204923"
    lines = wrote_lines(str(folder), "no picture: there is no curve to draw", 40)
    assert all(cells(line) <= 40 for line in lines)
    told = "".join(plain(line).strip() for line in lines[:2])
    assert told == "wrote ~/.local/share/cockpit/tools/compare-20261121-204923"


async def test_a_run_that_goes_on_is_compared_again(tmp_path: Path) -> None:
    weak, strong = opened(tmp_path, "weak", *WEAK), opened(tmp_path, "strong", *STRONG)
    source = board.StillRuns((weak, strong))
    app = app_with(source=source)
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot)
        await pilot.press("space", "down", "c")
        await wait_until(pilot, lambda: is_compared(app))
        write_rows(tmp_path / "weak", *WEAK, *[0.9] * 6)
        source.views = (still(tmp_path / "weak", 13), strong)
        app.look_again()
        await wait_until(pilot, lambda: "0.450 @8" in text_of(app))


async def test_alone_a_run_is_not_compared(tmp_path: Path) -> None:
    app = app_over(opened(tmp_path, "weak", *WEAK))
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("c")
        await pilot.pause()
        assert isinstance(app.screen, DeckScreen)


def test_where_a_run_was_resumed_is_marked_in_the_plots() -> None:
    assert resumed_after(two_runs()) == (3.0,)


def test_tables_fit_into_the_width_they_are_given() -> None:
    for width in (40, 64, 78):
        for line in table_lines(two_runs(), width):
            assert cells(line) <= width, plain(line)
