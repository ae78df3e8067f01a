"""The tool `estimate` on the screen: a probe that trains first, and questions about money."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from textual.pilot import Pilot

from cockpit import locations
from cockpit.calibrations.file import read_calibrations
from cockpit.tool_runs.events import Outcome
from cockpit.tool_runs.layout import list_tool_runs
from cockpit.tool_runs.result import read_result
from cockpit.tui.app import CockpitApp
from cockpit.tui.screens.tools import ToolsScreen
from tests.conftest import FAKES
from tests.supervise.test_time_probe import PRESET

from . import tool_runs
from .flight import app_with, text_of, wait_until

LONG_S = 60.0


@pytest.fixture
def stepping(still_surroundings: None) -> None:
    """A preset whose steps are seen."""
    presets = locations.config_dir() / "presets"
    presets.mkdir(parents=True)
    shutil.copy(FAKES / "stepping.py", presets)
    text = PRESET.replace("{python}", sys.executable)
    (presets / "stepping.toml").write_text(text, encoding="utf-8")


def change(argument: str) -> None:
    """Put one more argument into the preset."""
    file = locations.config_dir() / "presets" / "stepping.toml"
    file.write_text(file.read_text().replace("[args]", f"[args]\n{argument}"))


async def asked(pilot: Pilot[None], **values: str) -> tuple[CockpitApp, ToolsScreen]:
    """Choose the estimate, fill in its form and run it."""
    app, screen = await tool_runs.opened(pilot)
    screen.choose_tool("estimate")
    form = screen.form
    for name, text in values.items():
        form = form.edited(name.replace("_", "-"), text)
    screen.keep_form(form)
    await pilot.press("R")
    return app, screen


def left_folders() -> list[Path]:
    return list(locations.data_dir().glob(".time-probe-*"))


async def test_a_probe_trains_first_and_the_estimate_rests_on_it(stepping: None) -> None:
    app = app_with()
    async with app.run_test(size=(140, 40)) as pilot:
        await asked(pilot, preset="stepping", probe="on", probe_steps="40")
        await wait_until(pilot, lambda: "● estimate  running" in text_of(app))
        await wait_until(pilot, lambda: "✓ estimate  passed" in text_of(app), timeout_s=LONG_S)
        shown = " ".join(text_of(app).split())
        assert "(measured here)" in shown
        assert "cockpit estimate --preset stepping --probe --probe-steps 40" in shown
    assert len(read_calibrations(locations.calibrations_file())) == 1
    (paths,) = list_tool_runs(locations.tools_dir())
    result = read_result(paths)
    assert result.progress is not None
    assert result.tables["time"]


async def test_a_probe_that_is_stopped_ends_its_training_and_measures_nothing(
    stepping: None,
) -> None:
    change("steps = 100000")
    app = app_with()
    async with app.run_test(size=(140, 40)) as pilot:
        await asked(pilot, preset="stepping", probe="on", probe_steps="5000")
        await wait_until(pilot, lambda: "/5000" in text_of(app), timeout_s=LONG_S)
        assert len(left_folders()) == 1
        await pilot.press("s")
        await wait_until(pilot, lambda: "■ estimate  stopped" in text_of(app), timeout_s=LONG_S)
        assert "so nothing was measured" in " ".join(text_of(app).split())
    assert left_folders() == []
    assert read_calibrations(locations.calibrations_file()) == ()
    (paths,) = list_tool_runs(locations.tools_dir())
    assert read_result(paths).outcome is Outcome.STOPPED


async def test_a_probe_whose_training_fails_says_why(stepping: None) -> None:
    change("raises-at = 3")
    app = app_with()
    async with app.run_test(size=(140, 40)) as pilot:
        await asked(pilot, preset="stepping", probe="on")
        await wait_until(pilot, lambda: "✗ estimate" in text_of(app), timeout_s=LONG_S)
        assert "ValueError: the images are upside down" in " ".join(text_of(app).split())


async def test_a_probe_of_gpus_that_are_not_here_is_refused_before_it_starts(
    stepping: None,
) -> None:
    app = app_with()
    async with app.run_test(size=(140, 40)) as pilot:
        await asked(pilot, preset="stepping", probe="on", gpu="a100")
        await wait_until(pilot, lambda: "✗ estimate  not started" in text_of(app))
        assert "names another machine's" in text_of(app)
    assert list_tool_runs(locations.tools_dir()) == []


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_what_meets_a_budget_is_a_table_that_names_where_to_rent_it(
    size: tuple[int, int],
) -> None:
    app = app_with()
    async with app.run_test(size=size) as pilot:
        await asked(pilot, dataset_size="20000", budget="40", deadline="2d")
        await wait_until(pilot, lambda: "✓ estimate  passed" in text_of(app))
        shown = " ".join(text_of(app).split())
        assert "scheme offer sure total a run 9 of 10" in shown
        assert "cheapest within 2d" in shown
