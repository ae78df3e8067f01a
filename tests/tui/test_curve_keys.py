"""The curves of the Run screen, by its keys."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from cockpit.metrics.series import Axis, MetricSeries, MetricTable, Segment
from cockpit.presets.favourites import favourites_file, read_favourites, write_favourites
from cockpit.runs.phase import Phase
from cockpit.tui.screens.chooser import Chooser
from cockpit.tui.screens.run import RunScreen
from cockpit.units import GIB
from cockpit.views.run_view import RunView

from . import board
from .flight import app_with, text_of, wait_until
from .test_run_screen import footer, opened

EPOCHS = tuple(float(epoch) for epoch in range(1, 61))
UUIDS = {"GPU-0": 0, "GPU-1": 1}


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def curve(name: str, values: tuple[float, ...]) -> MetricSeries:
    return MetricSeries(name, EPOCHS[: len(values)], values)


def trained(directory: Path | None = None, **more: object) -> RunView:
    falling = tuple(2.4 / epoch**0.6 for epoch in EPOCHS)
    names = ("train/loss", "val/loss", "accuracy", "precision", "recall", "top5")
    replaced = {"accuracy": MetricSeries("accuracy", (26.0, 27.0), (0.3, 0.31))}
    table = MetricTable(
        {name: curve(name, falling) for name in names},
        epoch=60,
        epochs=100,
        epoch_ends=tuple((int(epoch), 10.0 * epoch) for epoch in EPOCHS),
        segments=(Segment(1, 27, 27, replaced), Segment(26, 60, 35)),
    )
    run = board.run("quickstart", directory=directory, gpus=(0, 1), epoch=60, epochs=100)
    return replace(run, metrics=replace(table, **more), started=board.NOW - 900, gpu_ranks=UUIDS)  # type: ignore[arg-type]  # a test's


def base() -> RunView:
    run = board.run("base", Phase.SUCCEEDED, run_id="base-1", epoch=60, exit_code=0)
    return replace(run, metrics=MetricTable({"accuracy": curve("accuracy", EPOCHS)}))


def recorded(directory: Path) -> None:
    directory.mkdir()
    lines: list[dict[str, object]] = [
        {"t": board.NOW - 900, "uuids": {"0": "GPU-0", "1": "GPU-1"}},
        *(
            {"t": board.NOW - 900 + at, "gpus": [[0, 80, GIB, 70, 200], [1, 90, GIB, 75, 210]]}
            for at in range(0, 880, 20)
        ),
    ]  # fmt: skip
    (directory / "gpu.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def title(screen: RunScreen) -> str:
    return screen.curves_title.state


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


async def test_keys_zoom_move_and_show_all_again() -> None:
    app = app_with(trained())
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await opened(pilot)
        await press(pilot, "left", "plus", "plus")
        await wait_until(pilot, lambda: title(screen).startswith("epochs 38–74 of 100"))
        await press(pilot, "less_than_sign")
        await wait_until(pilot, lambda: title(screen).startswith("epochs 29–65 of 100"))
        await press(pilot, "0")
        await wait_until(pilot, lambda: title(screen).startswith("epoch ·"))


async def test_one_plot_large_and_esc_leads_back_to_all_before_the_deck() -> None:
    app = app_with(trained())
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await opened(pilot)
        await press(pilot, "tab", "tab", "z")
        await wait_until(pilot, lambda: "plot 2 of 5" in title(screen))
        assert "esc all plots" in footer(app)
        await press(pilot, "shift+tab")
        await wait_until(pilot, lambda: "plot 1 of 5" in title(screen))
        await press(pilot, "escape")
        await wait_until(pilot, lambda: "plots 1–4 of 5, p next" in title(screen))
        assert app.screen is screen
        await press(pilot, "escape")
        await wait_until(pilot, lambda: app.screen is not screen)


async def test_by_the_clock_the_gpus_of_the_run_stand_among_the_curves(tmp_path: Path) -> None:
    recorded(tmp_path / "run")
    app = app_with(trained(tmp_path / "run"))
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        screen = await opened(pilot)
        await press(pilot, "X")
        await wait_until(pilot, lambda: "GPU util %" in text_of(app))
        assert "mean 85.0 80.0–90.0" in text_of(app)
        assert "GPU memory GiB" in text_of(app)
        assert title(screen).startswith("time ·")
        notes = [note.message for note in app._notifications]
        assert notes == ["no axis of steps: its results do not tell"]
        await press(pilot, "X")
        assert len(app._notifications) == 1
        await wait_until(pilot, lambda: "GPU util %" not in text_of(app))
        assert title(screen).startswith("epoch ·")


async def test_steps_are_an_axis_where_the_file_tells_them() -> None:
    steps = {Axis.STEP: MetricSeries("step", EPOCHS, tuple(500 * epoch for epoch in EPOCHS))}
    app = app_with(trained(scales=steps))
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await opened(pilot)
        await press(pilot, "X", "left")
        await wait_until(pilot, lambda: title(screen).startswith("step ·"))
        assert " 29,500 " in text_of(app)


async def test_another_run_and_an_earlier_part_can_be_laid_over() -> None:
    app = app_with(trained(), base())
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await opened(pilot)
        await press(pilot, "o")
        await wait_until(pilot, lambda: isinstance(app.screen, Chooser))
        assert "epochs 26–27 of part 1" in text_of(app)
        await press(pilot, *"bas", "enter")
        await wait_until(pilot, lambda: "over base" in title(screen))
        assert "base 60.0" in text_of(app)
        await press(pilot, "o", "enter")
        await wait_until(pilot, lambda: "over base, before" in title(screen))
        await press(pilot, "o", "down", "enter")
        await wait_until(pilot, lambda: "over before" in title(screen))


async def test_without_a_run_like_it_nothing_can_be_laid_over() -> None:
    app = app_with(board.run())
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        await opened(pilot)
        await press(pilot, "o")
        await wait_until(pilot, lambda: bool(app._notifications))
        assert not isinstance(app.screen, Chooser)


async def test_a_plot_is_found_by_a_part_of_its_name() -> None:
    app = app_with(trained())
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await opened(pilot)
        await press(pilot, "c")
        await wait_until(pilot, lambda: isinstance(app.screen, Chooser))
        filtered, listed = app.screen.query_one(Input), app.screen.query_one(OptionList)
        filtered.value = "nowhere"
        await wait_until(pilot, lambda: "nothing matches" in text_of(app))
        await press(pilot, "enter")
        assert isinstance(app.screen, Chooser)
        filtered.value = "val"
        await wait_until(pilot, lambda: listed.highlighted == 0)
        assert [str(one.prompt).split()[0] for one in listed.options] == ["loss"]
        filtered.value = "OP5"
        await pilot.pause()
        await press(pilot, "enter")
        await wait_until(pilot, lambda: screen.curves.chosen == "top5")
        await wait_until(pilot, lambda: "plots 5–5 of 5" in title(screen))


async def test_a_favourite_comes_first_and_is_remembered_for_its_preset() -> None:
    app = app_with(trained())
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await opened(pilot)
        screen.curves.chosen = "top5"
        await press(pilot, "asterisk")
        await wait_until(pilot, lambda: "* top5" in text_of(app))
    assert read_favourites("quickstart") == {"top5"}
    again = app_with(trained())
    async with again.run_test(size=(140, 40)) as pilot:
        screen = await opened(pilot)
        await wait_until(pilot, lambda: "* top5" in text_of(again))
        assert [spec.title for spec in screen.curves.specs][:2] == ["top5", "accuracy"]


def test_favourites_of_one_preset_leave_those_of_others() -> None:
    write_favourites("a", frozenset({"loss", "lr"}))
    write_favourites("b", frozenset({"mAP50"}))
    write_favourites("a", frozenset())
    assert not read_favourites("a")
    assert read_favourites("b") == {"mAP50"}
    favourites_file().write_text('{"plots": {"b": [1, "x"], "c": 7}}')
    assert read_favourites("b") == {"x"}
    assert not read_favourites("c")
    favourites_file().write_text("[")
    assert read_favourites("b") == frozenset()


async def test_smoothing_says_what_it_is_over_where_points_share_a_dot() -> None:
    xs = tuple(map(float, range(20_000)))
    long = MetricTable({"loss": MetricSeries("loss", xs, xs)}, Axis.STEP)
    app = app_with(replace(trained(), metrics=long))
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await opened(pilot)
        await press(pilot, "m")
        await wait_until(pilot, lambda: "smooth 0.4 over means of " in title(screen))


async def test_another_axis_shows_the_same_place() -> None:
    app = app_with(trained())
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await opened(pilot)
        await press(pilot, *["left"] * 20, "plus", "plus")
        view, cursor = screen.curves.view, screen.curves.cursor_x
        assert view is not None and cursor == 40
        await press(pilot, "X")
        assert screen.curves.cursor_x == pytest.approx(board.NOW - 900 + 400)
        assert screen.curves.view is not None
        assert screen.curves.view[0] == pytest.approx(board.NOW - 900 + 10 * view[0])
        await press(pilot, "X")
        assert screen.curves.cursor_x == 40
        assert screen.curves.view is not None
        assert screen.curves.view[0] == view[0]
