"""What was opened, on the real screens: folders as trainers leave them, read on while they grow."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from textual.pilot import Pilot

from cockpit import locations
from cockpit.tui.app import CockpitApp
from cockpit.tui.screens.deck import DeckScreen
from cockpit.tui.screens.run import RunScreen
from cockpit.tui.store import Store
from cockpit.views.opened_list import remember
from cockpit.views.registry import Registry
from tests.views import folders

from . import board
from .flight import ready, text_of, wait_until


def app_over(folder: Path, *, opens: bool = True) -> CockpitApp:
    locations.runs_dir().mkdir(parents=True, exist_ok=True)
    remember(locations.opened_file(), folder)
    registry = Registry(locations.runs_dir(), opened=locations.opened_file())
    devices = board.StillDevices(board.cpu_only())
    return CockpitApp(
        runs_dir=locations.runs_dir(),
        devices=devices,
        open_run=str(folder) if opens else None,
        store=Store(registry, devices, time.time()),
        host="gpu-server",
    )


async def run_screen(pilot: Pilot[None]) -> tuple[CockpitApp, RunScreen]:
    app = await ready(pilot)
    await wait_until(pilot, lambda: isinstance(app.screen, RunScreen))
    screen = app.screen
    assert isinstance(screen, RunScreen)
    await wait_until(pilot, lambda: bool(screen.run_view and screen.run_view.metrics.series))
    return app, screen


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_the_run_screen_says_how_far_it_came_and_never_that_it_runs(
    home: Path, size: tuple[int, int]
) -> None:
    app = app_over(folders.ultralytics(home / "shapes"))
    async with app.run_test(size=size) as pilot:
        app, _ = await run_screen(pilot)
        await wait_until(pilot, lambda: "no log was found" in text_of(app))
        shown = text_of(app)
        assert "◇ shapes  opened · last written" in shown
        assert "epoch 3/3" in shown
        assert "mAP50-95" in shown
        assert "running" not in shown
        assert "stop" not in shown.splitlines()[-1]


async def test_the_facts_name_checkpoints_outputs_and_what_the_trainer_was_told(home: Path) -> None:
    folder = folders.ultralytics(home / "shapes")
    (folder / "weights" / "last.pt").write_bytes(b"")
    app = app_over(folder)
    async with app.run_test(size=(140, 48)) as pilot:
        app, screen = await run_screen(pilot)
        await wait_until(pilot, lambda: "epoch0.pt" in {one.label for one in screen.facts.facts})
        facts = {fact.label: fact.value for fact in screen.facts.facts}
        assert facts["is"] == "Ultralytics run"
        assert facts["epoch0.pt"].startswith("epoch 0 · ")
        assert facts["last.pt"].startswith("epoch 3 · 0 B")
        assert "results.png" in facts
        assert (facts["model"], facts["imgsz"]) == ("yolo11n.yaml", "128")
        assert "processes" not in facts
        assert "python" not in facts


async def test_it_is_read_on_while_the_trainer_writes(home: Path) -> None:
    folder = folders.ultralytics(home / "live")
    results = folder / "results.csv"
    lines = results.read_text().splitlines(keepends=True)
    results.write_text("".join(lines[:2]))
    app = app_over(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        app, _ = await run_screen(pilot)
        await wait_until(pilot, lambda: "epoch 1/3" in text_of(app))
        with results.open("a") as file:
            file.writelines(lines[2:])
        await wait_until(pilot, lambda: "epoch 3/3" in text_of(app))


async def test_the_deck_marks_what_was_opened_and_offers_no_act_on_it(home: Path) -> None:
    app = app_over(folders.yolov7(home / "yolov7_tiny"), opens=False)
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        app = await ready(pilot)
        await wait_until(pilot, lambda: "3/3" in text_of(app))
        assert isinstance(app.screen, DeckScreen)
        row = next(line for line in text_of(app).splitlines() if "▌ ◇ yolov7_tiny" in line)
        assert "opened" in row
        assert "written" in row
        assert "cpu" not in row
        await pilot.press("s")
        await wait_until(pilot, lambda: "was opened, not started here" in text_of(app))
        await pilot.press("r", "a")
        assert isinstance(app.screen, DeckScreen)
        assert "needs you" not in text_of(app)


async def test_an_opened_folder_that_is_deleted_leaves_the_deck(home: Path) -> None:
    folder = folders.yolov7(home / "yolov7_tiny")
    app = app_over(folder, opens=False)
    async with app.run_test(size=(100, 30)) as pilot:
        app = await ready(pilot)
        await wait_until(pilot, lambda: "yolov7_tiny" in text_of(app))
        shutil.rmtree(folder)
        await wait_until(pilot, lambda: "yolov7_tiny" not in text_of(app))
