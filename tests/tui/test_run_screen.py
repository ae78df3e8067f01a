from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot

from cockpit.tui.app import CockpitApp
from cockpit.tui.screens.run import RunScreen

from . import board
from .flight import app_with, ready, text_of, wait_until


async def opened(pilot: Pilot[None]) -> RunScreen:
    app = await ready(pilot)
    await pilot.press("enter")
    await wait_until(pilot, lambda: isinstance(app.screen, RunScreen))
    screen = app.screen
    assert isinstance(screen, RunScreen)
    await wait_until(pilot, lambda: screen.run_view is not None)
    return screen


def log_of(path: Path, lines: int = 99) -> Path:
    log = path / "train.log"
    log.write_text("".join(f"epoch {number}/{lines} loss 0.1\n" for number in range(lines)))
    return log


def footer(app: CockpitApp) -> str:
    return text_of(app).splitlines()[-1]


async def test_search_finds_the_line_above_the_end_and_says_so(tmp_path: Path) -> None:
    app = app_with(board.run(log=log_of(tmp_path)))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        screen = await opened(pilot)
        await wait_until(pilot, lambda: screen.run_log.state.startswith("following"))
        await pilot.press("slash")
        await wait_until(pilot, lambda: footer(app).startswith(" ⏎ find   esc leave the search "))
        await pilot.press(*"epoch", "space", "9", "6", "enter")
        await wait_until(pilot, lambda: screen.run_log.found == 96)
        assert "epoch 96/99" in text_of(app)
        assert "line 97 of 99 holds “epoch 96”" in text_of(app)
        assert not app._notifications


async def test_n_asks_for_a_text_and_goes_around(tmp_path: Path) -> None:
    app = app_with(board.run(log=log_of(tmp_path)))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        screen = await opened(pilot)
        await wait_until(pilot, lambda: screen.run_log.state.startswith("following"))
        await pilot.press("n")
        await wait_until(pilot, lambda: screen.search.has_focus)
        await pilot.press(*"epoch", "space", "1", "slash", "enter")
        await wait_until(pilot, lambda: screen.run_log.found == 1)
        await pilot.press("N")
        await wait_until(pilot, lambda: bool(app._notifications))
        assert any("around the end" in note.message for note in app._notifications)
        assert screen.run_log.found == 1


async def test_a_search_without_a_hit_says_so(tmp_path: Path) -> None:
    app = app_with(board.run(log=log_of(tmp_path)))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        screen = await opened(pilot)
        await wait_until(pilot, lambda: screen.run_log.state.startswith("following"))
        await pilot.press("slash", "x", "y", "enter")
        await wait_until(pilot, lambda: bool(app._notifications))
        assert [note.message for note in app._notifications] == ["no line holds “xy”"]
