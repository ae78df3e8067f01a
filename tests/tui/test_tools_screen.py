from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from textual.pilot import Pilot

from cockpit import locations
from cockpit.errors import EnvironmentNotFit
from cockpit.processes.identity import read_stat
from cockpit.tool_runs.layout import list_tool_runs
from cockpit.tool_runs.result import read_result
from cockpit.tools.start import ToolAsk
from cockpit.tui.app import CockpitApp
from cockpit.tui.messages import ShowTool
from cockpit.tui.screens.chooser import Chooser
from cockpit.tui.screens.deck import DeckScreen
from cockpit.tui.screens.end_tool import EndTool
from cockpit.tui.screens.presets import PresetsScreen
from cockpit.tui.screens.text import TextScreen
from cockpit.tui.screens.tools import ToolsScreen
from cockpit.tui.tools.job import Began
from cockpit.tui.tools.record import ToolRecord
from tests.waiting import wait_until as wait_for

from . import board, tool_runs
from .flight import app_with, ready, text_of, wait_until
from .test_presets_screen import PRESET


def footer(app: CockpitApp) -> str:
    return text_of(app).splitlines()[-1]


def is_shown(app: CockpitApp, text: str) -> bool:
    return text in text_of(app)


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


async def test_a_run_that_ends_on_the_screen_leaves_its_reports(tmp_path: Path) -> None:
    app = app_with()
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        app, _ = await tool_runs.opened(pilot, ["down", "down"])
        app.begin_tool = tool_runs.scripted(tmp_path, tool_runs.ENDS)
        await pilot.press("R")
        await wait_until(pilot, lambda: "wrote report.md" in text_of(app), timeout_s=40)
    (paths,) = list_tool_runs(locations.tools_dir())
    assert (paths.root / "report.md").is_file()


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


async def test_leaving_says_that_nothing_of_a_probe_is_kept() -> None:
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        for tool, is_kept in (("estimate", False), ("memory", True)):
            app.push_screen(EndTool(ToolRecord(tool, is_running=True), board.NOW))
            await wait_until(pilot, partial(is_shown, app, tool))
            shown = text_of(app)
            assert "lost" in shown
            assert ("kept" in shown) is is_kept
            await pilot.press("escape")


async def test_a_read_only_screen_starts_no_tool(tmp_path: Path) -> None:
    app = app_with(readonly=True)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        app, _ = await tool_runs.opened(pilot, ["R"])
        await wait_until(pilot, lambda: bool(app._notifications))
        assert "read-only" in text_of(app)
        assert app.tool_record is None
    assert list_tool_runs(locations.tools_dir()) == []


async def test_wrong_values_are_said_at_once_and_start_nothing(tmp_path: Path) -> None:
    app = app_with()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        app, screen = await tool_runs.opened(pilot, ["down", "enter", "down", "down", "enter"])
        await wait_until(pilot, lambda: screen.form_view.is_editing)
        await pilot.press(*"bad", "enter")
        await wait_until(pilot, lambda: "✗ --sizes" in text_of(app))
        assert "cockpit collectives --sizes bad" in text_of(app)
        await pilot.press("R")
        await pilot.pause()
        assert app.tool_record is None
        assert not app._notifications, "it stands below the options"
        await pilot.press("u")
        await wait_until(pilot, lambda: "✗ --sizes" not in text_of(app))


async def test_an_earlier_result_is_opened_and_left_again(tmp_path: Path) -> None:
    tool_runs.keep("memory", at_s=board.NOW - 9000)
    tool_runs.keep("memory", tool_runs.DATA / "steptime-made-up.jsonl", at_s=board.NOW - 90)
    app = app_with()
    async with app.run_test(size=(140, 40)) as pilot:
        app, _ = await tool_runs.opened(pilot, ["down", "down"])
        assert "backward" in text_of(app)
        await pilot.press("p")
        await wait_until(pilot, lambda: isinstance(app.screen, Chooser))
        await pilot.press("down", "enter")
        await wait_until(pilot, lambda: "chosen 12" in text_of(app))
        await pilot.press("escape")
        await wait_until(pilot, lambda: "backward" in text_of(app))


async def test_a_result_after_a_form_has_the_whole_width(tmp_path: Path) -> None:
    tool_runs.keep("memory")
    app = app_with()
    async with app.run_test(size=(140, 40)) as pilot:
        app, screen = await tool_runs.opened(pilot)
        assert screen.shows_form
        await pilot.press("down", "down")
        await wait_until(pilot, lambda: "chosen 12" in text_of(app))
        await wait_until(pilot, lambda: max(map(len, text_of(app).split("\n")[8:30])) > 100)


async def test_reports_are_written_beside_the_result_and_it_is_said_where(tmp_path: Path) -> None:
    paths = tool_runs.keep("steptime")
    app = app_with()
    async with app.run_test(size=(140, 40), notifications=True) as pilot:
        app, _ = await tool_runs.opened(pilot, ["down", "down", "down", "down"])
        await pilot.press("w")
        await wait_until(pilot, lambda: "wrote" in text_of(app), timeout_s=30)
        assert "report.md" in text_of(app)
    assert (paths.root / "report.md").is_file()


async def test_the_batch_that_was_found_stands_in_the_launch_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "presets").mkdir()
    own = PRESET.format(python=sys.executable) + 'bs = 16\n[batch]\nargument = "bs"\n'
    (tmp_path / "presets" / "aaa-printer.toml").write_text(own)
    (tmp_path / "presets" / "train.py").write_text("")
    monkeypatch.chdir(tmp_path)
    tool_runs.keep("memory", preset="aaa-printer")
    app = app_with()
    async with app.run_test(size=(140, 40)) as pilot:
        app, _ = await tool_runs.opened(pilot, ["down", "down"])
        await wait_until(pilot, lambda: "⏎ use batch" in footer(app))
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(app.screen, PresetsScreen))
        screen = app.screen
        assert isinstance(screen, PresetsScreen)
        await wait_until(pilot, lambda: screen.form is not None and bool(screen.form.edits))
        assert screen.form is not None
        assert (screen.form.preset.name, screen.form.edits) == ("aaa-printer", {"args.bs": "12"})


async def test_signs_are_plain_letters_where_only_ascii_is_safe(tmp_path: Path) -> None:
    tool_runs.keep_all()
    app = app_with(ascii_only=True)
    async with app.run_test(size=(80, 24)) as pilot:
        app, _ = await tool_runs.opened(pilot)
        for _ in range(4):
            assert all(line[:78].isascii() for line in text_of(app).splitlines()), "but scrollbars"
            await pilot.press("down")


async def test_the_palette_leads_to_a_tool(tmp_path: Path) -> None:
    tool_runs.keep_all()
    app = app_with()
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot)
        app.post_message(ShowTool("scaling"))
        await wait_until(pilot, lambda: "by ranks" in text_of(app))
        await pilot.press("1")
        app.post_message(ShowTool("scaling", edits=True))
        await wait_until(pilot, lambda: "R run" in footer(app))


KILLED = """
import asyncio
from pathlib import Path
from tests.tui import tool_runs
from tests.tui.flight import app_with
async def main():
    app = app_with()
    app.begin_tool = tool_runs.scripted(Path({folder!r}), tool_runs.ENDLESS)
    async with app.run_test(size=(80, 24)) as pilot:
        await tool_runs.opened(pilot, ["R"])
        await asyncio.sleep(600)
asyncio.run(main())
"""


def test_a_screen_that_is_killed_takes_its_tool_with_it(tmp_path: Path) -> None:
    root = Path(__file__).parent.parent.parent
    script = KILLED.format(folder=str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", script], cwd=root) as process:
        try:
            pid_file = tmp_path / "pid"
            wait_for(lambda: pid_file.exists() and bool(pid_file.read_text().strip()))
            pid = int(pid_file.read_text())
            assert not is_gone(pid)
        finally:
            process.kill()
    wait_for(lambda: is_gone(pid))


async def test_a_tool_that_cannot_be_started_says_why_and_what_to_try(tmp_path: Path) -> None:
    def begin(ask: ToolAsk, now_s: float) -> Began:
        raise EnvironmentNotFit("no Python here has torch", "name one in the field python")

    app = app_with()
    app.begin_tool = begin
    async with app.run_test(size=(80, 24)) as pilot:
        app, _ = await tool_runs.opened(pilot, ["R"])
        await wait_until(pilot, lambda: "✗ check  not started" in text_of(app))
        assert "✗ no Python here has torch" in text_of(app)
        assert "name one in the field python" in text_of(app)
        assert not app.runs_tool


async def test_a_result_is_held_against_the_one_before_it(tmp_path: Path) -> None:
    first = (tool_runs.DATA / "steptime-made-up.jsonl").read_text()
    slower = tmp_path / "slower.jsonl"
    slower.write_text(first.replace('"time_ms": 37.9', '"time_ms": 75.8'))
    tool_runs.keep("steptime", at_s=board.NOW - 9000)
    tool_runs.keep("steptime", slower, at_s=board.NOW - 90)
    app = app_with()
    async with app.run_test(size=(140, 40)) as pilot:
        app, _ = await tool_runs.opened(pilot, ["down", "down", "down", "down", "o"])
        await wait_until(pilot, lambda: isinstance(app.screen, Chooser))
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(app.screen, TextScreen))
        shown = text_of(app)
        assert "asked the same" in shown
        assert "+100 % worse" in shown
        assert "the same" in shown


async def test_an_estimate_is_answered_at_once_and_kept_as_a_result_of_a_tool() -> None:
    app = app_with()
    async with app.run_test(size=(140, 40)) as pilot:
        app, screen = await tool_runs.opened(pilot)
        screen.choose_tool("estimate")
        await pilot.pause()
        assert "python " not in text_of(app)  # no interpreter is asked
        form = screen.form.edited("dataset-size", "1000").edited("gpus", "16")
        screen.keep_form(form)
        await pilot.press("R")
        await wait_until(pilot, lambda: "✓ estimate  passed" in text_of(app))
        shown = " ".join(text_of(app).split())
        assert "cockpit estimate --dataset-size 1000 --gpus 16" in shown
        assert "rests on" in shown
    kept = next(one for one in list_tool_runs(locations.tools_dir()) if one.tool == "estimate")
    wait_for((kept.root / "report.md").is_file)
    assert read_result(kept).tables["time"]


async def test_what_an_estimate_cannot_answer_is_told_in_its_place() -> None:
    app = app_with()
    async with app.run_test(size=(140, 40)) as pilot:
        app, screen = await tool_runs.opened(pilot)
        screen.choose_tool("estimate")
        screen.keep_form(screen.form.edited("dataset-size", "0"))
        await wait_until(pilot, lambda: "--dataset-size 0: a whole number" in text_of(app))
        screen.keep_form(screen.form.edited("dataset-size", "1000").edited("gpu", "rtx208"))
        await pilot.press("R")
        await wait_until(pilot, lambda: "✗ estimate  not started" in text_of(app))
        assert "no accelerator is called 'rtx208'" in text_of(app)
