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


async def test_n_asks_for_a_text_and_stays_at_its_only_hit(tmp_path: Path) -> None:
    app = app_with(board.run(log=log_of(tmp_path)))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        screen = await opened(pilot)
        await wait_until(pilot, lambda: screen.run_log.state.startswith("following"))
        await pilot.press("n")
        await wait_until(pilot, lambda: screen.search.has_focus)
        await pilot.press(*"epoch", "space", "1", "slash", "enter")
        await wait_until(pilot, lambda: screen.run_log.found == 1)
        await pilot.press("N")
        await wait_until(pilot, lambda: "line 2 of 99 holds “epoch 1/” · 1 of 1" in text_of(app))
        assert screen.run_log.found == 1
        assert not app._notifications


async def test_a_search_without_a_hit_says_so(tmp_path: Path) -> None:
    app = app_with(board.run(log=log_of(tmp_path)))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        screen = await opened(pilot)
        await wait_until(pilot, lambda: screen.run_log.state.startswith("following"))
        await pilot.press("slash", "x", "y", "enter")
        await wait_until(pilot, lambda: bool(app._notifications))
        assert [note.message for note in app._notifications] == ["no line holds “xy”"]


def long_log(path: Path) -> Path:
    log = path / "train.log"
    tail = "x" * 200
    log.write_text("".join(f"step {number} {tail} end{number}\n" for number in range(40)))
    return log


async def test_long_lines_scroll_to_the_side_in_the_full_log(tmp_path: Path) -> None:
    app = app_with(board.run(log=long_log(tmp_path)))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await pilot.press("l")
        await wait_until(pilot, lambda: "step 39" in text_of(app))
        assert "end39" not in text_of(app)
        assert "x…" in text_of(app)
        await pilot.press(*["right"] * 12)
        await wait_until(pilot, lambda: "end39" in text_of(app))
        assert "step 39" not in text_of(app)
        await pilot.press(*["left"] * 12)
        await wait_until(pilot, lambda: "step 39" in text_of(app))
        await pilot.press("right", "escape")
        await wait_until(pilot, lambda: not screen.is_zoomed)
        assert "step 39" in text_of(app)


async def test_a_hit_beyond_the_edge_is_brought_into_sight(tmp_path: Path) -> None:
    app = app_with(board.run(log=long_log(tmp_path)))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await wait_until(pilot, lambda: screen.run_log.state.startswith("following"))
        await pilot.press("slash", *"end37", "enter")
        await wait_until(pilot, lambda: "xx end37" in text_of(app))


async def test_the_footer_offers_what_acts_on_that_which_can_be_seen(tmp_path: Path) -> None:
    app = app_with(board.run(log=log_of(tmp_path)))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await wait_until(pilot, lambda: "← → cursor" in footer(app))
        assert footer(app).startswith(
            " esc deck   ← → cursor   s stop   f facts   l log   z large "
        )
        assert " X axis " in footer(app)
        await pilot.press("f")
        await wait_until(pilot, lambda: "f curves" in footer(app))
        assert footer(app).startswith(" esc deck   s stop   f curves   l log   / search ")
        await pilot.press("f", "l")
        await wait_until(pilot, lambda: "l log" not in footer(app))
        assert footer(app).startswith(" esc curves   ← → scroll   s stop   / search ")
        await pilot.press("l")
        await wait_until(pilot, lambda: "l log" in footer(app))


async def test_help_names_a_pair_of_keys_once_with_a_label_for_both() -> None:
    app = app_with(board.run())
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot)
        await pilot.press("question_mark")
        await wait_until(pilot, lambda: "asks first" in text_of(app))
        shown = " ".join(text_of(app).split())
        assert "← → Move the cursor by an epoch" in shown
        assert "m M Smooth more or less" in shown
        assert "+ − Closer to the cursor" in shown
        assert "n N The next, the previous line that holds it" in shown
        assert shown.count("Move the cursor") == 1
