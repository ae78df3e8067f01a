from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot

from cockpit import locations
from cockpit.processes.identity import read_stat
from cockpit.tool_runs.layout import list_tool_runs
from cockpit.tool_runs.result import read_result
from cockpit.tui.app import CockpitApp
from cockpit.tui.screens.deck import DeckScreen
from cockpit.tui.screens.end_tool import EndTool
from cockpit.tui.screens.tools import ToolsScreen
from tests.waiting import wait_until as wait_for

from . import tool_runs
from .flight import app_with, text_of, wait_until


def footer(app: CockpitApp) -> str:
    return text_of(app).splitlines()[-1]


def is_gone(pid: int) -> bool:
    stat = read_stat(pid)
    return stat is None or stat.is_ended


async def running(pilot: Pilot[None], tmp_path: Path) -> tuple[CockpitApp, ToolsScreen, int]:
    """Start the endless tool as `memory` and wait for its rows."""
    app, screen = await tool_runs.opened(pilot)
    app.begin_tool = tool_runs.scripted(tmp_path, tool_runs.ENDLESS)
    await pilot.press("down", "down")
    assert screen.chosen == "memory"
    await pilot.press("R")
    await wait_until(pilot, lambda: "measuring batch 4" in text_of(app))
    return app, screen, int((tmp_path / "pid").read_text())


async def test_a_running_tool_shows_its_rows_and_goes_on_in_another_mode(tmp_path: Path) -> None:
    app = app_with()
    async with app.run_test(size=(140, 40)) as pilot:
        app, screen, pid = await running(pilot, tmp_path)
        shown = text_of(app)
        assert "● memory  running" in shown
        assert "4/9" in shown
        assert "160" in shown
        await pilot.press("1")
        await wait_until(pilot, lambda: isinstance(app.screen, DeckScreen))
        await wait_until(pilot, lambda: "● memory 4/9" in text_of(app).splitlines()[0])
        assert not is_gone(pid)
        await pilot.press("3")
        await wait_until(pilot, lambda: app.screen is screen)
        assert "measuring batch 4" in text_of(app)
    assert is_gone(pid)


async def test_a_stopped_tool_keeps_what_it_measured_and_is_called_partial(tmp_path: Path) -> None:
    app = app_with()
    async with app.run_test(size=(140, 40)) as pilot:
        app, _, pid = await running(pilot, tmp_path)
        assert "s stop" in footer(app)
        await pilot.press("s")
        await wait_until(pilot, lambda: "■ memory  stopped" in text_of(app))
        assert is_gone(pid)
        assert "partial: not everything was measured" in text_of(app)
        assert "memory was stopped before" in " ".join(text_of(app).split())
        await wait_until(pilot, lambda: "s stop" not in footer(app))
    (paths,) = list_tool_runs(locations.tools_dir())
    result = read_result(paths)
    assert result.is_partial
    assert len(result.tables["memory"]) == 3


async def test_leaving_asks_while_a_tool_runs_and_ends_it(tmp_path: Path) -> None:
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        app, screen, pid = await running(pilot, tmp_path)
        await pilot.press("q")
        await wait_until(pilot, lambda: isinstance(app.screen, EndTool))
        await pilot.press("escape")
        await wait_until(pilot, lambda: app.screen is screen)
        assert not is_gone(pid)
        await pilot.press("q", "y")
        wait_for(lambda: app._exit)
    assert is_gone(pid)


async def test_a_read_only_screen_starts_no_tool(tmp_path: Path) -> None:
    app = app_with(readonly=True)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        app, _ = await tool_runs.opened(pilot, ["R"])
        await wait_until(pilot, lambda: bool(app._notifications))
        assert "read-only" in text_of(app)
        assert app.tool_record is None
    assert list_tool_runs(locations.tools_dir()) == []
