"""The keys of a log over the whole screen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from cockpit.analysis.log_levels import Level
from cockpit.tui.app import CockpitApp
from cockpit.tui.screens.run import RunScreen

from . import board
from .flight import app_with, ready, text_of, wait_until

LINES = [
    "[default0]:epoch 1", "[default1]:epoch 1", "WARNING: slow",
    "[rank1]: Traceback (most recent call last):", '[rank1]:   File "a.py", line 3',
    "[rank1]: KeyError: 'lr'", "\x1b[31mepoch 2\x1b[0m", "y" * 200,
]  # fmt: skip


@asynccontextmanager
async def full_log(folder: Path) -> AsyncIterator[tuple[CockpitApp, Pilot[None], RunScreen]]:
    log = folder / "train.log"
    log.write_text("".join(f"{line}\n" for line in LINES), encoding="utf-8")
    (folder / "log_sizes.jsonl").write_text('{"t":1000.0,"bytes":9999}\n', encoding="utf-8")
    app = app_with(board.run(log=log))
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await ready(pilot)
        await pilot.press("l")
        await wait_until(pilot, lambda: isinstance(app.screen, RunScreen))
        screen = app.screen
        assert isinstance(screen, RunScreen)
        await wait_until(pilot, lambda: screen.is_zoomed)
        await wait_until(pilot, lambda: screen.run_log.state.startswith("following"))
        yield app, pilot, screen


async def test_a_filter_is_asked_for_named_and_taken_back(tmp_path: Path) -> None:
    async with full_log(tmp_path) as (app, pilot, screen):
        await pilot.press("ampersand", *"epoch", "enter")
        await wait_until(pilot, lambda: "Log & “epoch”" in text_of(app))
        assert "WARNING" not in text_of(app)
        await pilot.press("slash", *"epo", "enter")
        await wait_until(pilot, lambda: "3 of 3" in text_of(app))
        await pilot.press("ampersand")
        assert screen.search.value == "epoch"
        await pilot.press("backspace", "enter")
        await wait_until(pilot, lambda: "WARNING" in text_of(app))


async def test_what_is_typed_ahead_belongs_to_the_search(tmp_path: Path) -> None:
    async with full_log(tmp_path) as (_app, _pilot, screen):
        screen.action_search()
        assert screen.focused is screen.search


async def test_escape_ends_a_search_before_it_leaves_the_log(tmp_path: Path) -> None:
    async with full_log(tmp_path) as (app, pilot, screen):
        screen.run_log.is_partial = True  # its lines are not counted yet: the search waits
        await pilot.press("slash", *"nosuch", "enter")
        await wait_until(pilot, lambda: "searching for “nosuch”" in text_of(app))
        await pilot.press("escape")
        assert screen.is_zoomed
        assert not screen.run_log.is_searching
        assert not screen.run_log.has_goal
        await pilot.press("escape")
        assert not screen.is_zoomed


async def test_that_no_line_holds_it_is_said_until_the_next_key(tmp_path: Path) -> None:
    async with full_log(tmp_path) as (app, pilot, screen):
        await pilot.press("slash", *"nosuch", "enter")
        await wait_until(pilot, lambda: screen.log_title.state == "no line holds “nosuch”")
        await pilot.press("up")
        await wait_until(pilot, lambda: "no line holds" not in screen.log_title.state)
        assert "following" in text_of(app)


async def test_long_lines_are_scrolled_by_half_a_screen(tmp_path: Path) -> None:
    async with full_log(tmp_path) as (_app, pilot, screen):
        await pilot.press("right")
        assert screen.run_log.shift == screen.run_log.text_width // 2


async def test_e_goes_to_the_first_error_and_shift_e_shows_only_grave_lines(tmp_path: Path) -> None:
    async with full_log(tmp_path) as (app, pilot, screen):
        await pilot.press("e")
        await wait_until(pilot, lambda: "error 1 of 1 · line 4 of 8" in text_of(app))
        await pilot.press("E", "E")
        assert screen.run_log.shown.level is Level.ERROR
        await wait_until(pilot, lambda: "slow" not in text_of(app))
        await pilot.press("E")
        await wait_until(pilot, lambda: "slow" in text_of(app))


async def test_brackets_go_through_the_ranks(tmp_path: Path) -> None:
    async with full_log(tmp_path) as (app, pilot, _screen):
        await pilot.press("right_square_bracket", "right_square_bracket")
        await wait_until(pilot, lambda: "Log rank 1 ─" in text_of(app))
        assert "slow" not in text_of(app)
        await pilot.press("right_square_bracket")
        await wait_until(pilot, lambda: "slow" in text_of(app))


async def test_lines_are_selected_and_copied_and_escape_leaves_only_that(tmp_path: Path) -> None:
    async with full_log(tmp_path) as (app, pilot, screen):
        await pilot.press("v", "up")
        await wait_until(pilot, lambda: "2 lines selected" in text_of(app))
        await pilot.press("y")
        await wait_until(pilot, lambda: app.clipboard == f"epoch 2\n{'y' * 200}\n")
        await wait_until(pilot, lambda: "2 lines copied" in text_of(app))
        await pilot.press("v")
        await wait_until(pilot, lambda: screen.is_selecting)
        await pilot.press("escape")
        assert not screen.is_selecting
        assert screen.is_zoomed
        await pilot.press("escape")
        assert not screen.is_zoomed


async def test_looks_are_changed_by_keys(tmp_path: Path) -> None:
    async with full_log(tmp_path) as (app, pilot, screen):
        await pilot.press("W", "t", "c", "b")
        log = screen.run_log
        assert (log.wraps, log.shows_times, log.shows_colours) == (True, True, True)
        assert not log.shown.joins_bars
        await wait_until(pilot, lambda: "every state of bars · wrapped" in text_of(app))
        assert ":16:40 r0│ epoch 1" in text_of(app)


async def test_help_names_the_keys_of_the_log(tmp_path: Path) -> None:
    async with full_log(tmp_path) as (_app, pilot, screen):
        bindings = screen.active_bindings
        for key in ("e", "ampersand", "left_square_bracket", "v", "y", "E", "W", "t", "c", "b"):
            assert bindings[key].enabled
            assert bindings[key].binding.tooltip
        await pilot.press("escape")
        await wait_until(pilot, lambda: not screen.is_zoomed)
        assert not any(
            one.enabled
            for one in screen.active_bindings.values()
            if one.binding.action == "log_level"
        )
