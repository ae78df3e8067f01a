from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from textual.events import MouseScrollDown
from textual.pilot import Pilot

from cockpit.devices.sample import DeviceReading
from cockpit.tui.app import CockpitApp
from cockpit.tui.gpu_span import Span
from cockpit.tui.messages import Refreshed, ShowGpus
from cockpit.tui.screens.deck import DeckScreen
from cockpit.tui.screens.gpu import GpuScreen
from cockpit.tui.screens.gpus import GpusScreen
from cockpit.tui.screens.help import HelpScreen
from cockpit.tui.screens.run import RunScreen
from cockpit.tui.screens.stragglers import StragglersScreen
from cockpit.views.gpu_history import Figure

from . import board
from .flight import app_with, ready, text_of, wait_until
from .gpus import HOT, NOW, app_over, card, fleet, reading, run_on


async def opened(pilot: Pilot[None], *keys: str) -> GpusScreen:
    """Wait for the app, press `g`, then the keys."""
    app = await ready(pilot)
    await pilot.press("g")
    await wait_until(pilot, lambda: isinstance(app.screen, GpusScreen) and app.screen.is_mounted)
    screen = app.screen
    assert isinstance(screen, GpusScreen)
    for key in keys:
        await pilot.press(key)
    await pilot.pause()
    return screen


def lines_of(app: CockpitApp) -> list[str]:
    return text_of(app).splitlines()


@pytest.mark.parametrize("count", [0, 1, 16, 128])
async def test_no_size_and_no_key_breaks_it(count: int) -> None:
    cards = fleet(count)
    app = app_over(*cards, runs=(run_on(min(count, 8)),), seconds=3) if count else app_with()
    async with app.run_test(size=(200, 60)) as pilot:
        await opened(pilot)
        for size in ((140, 40), (80, 24), (60, 16), (40, 10), (20, 5), (200, 60)):
            await pilot.resize_terminal(*size)
            for key in ("m", "t", "p", "u", "plus", "minus", "o", "end", "home", "pagedown"):
                await pilot.press(key)
        assert "GPU" in text_of(app)


async def test_esc_leads_back_and_the_mode_stays_the_deck() -> None:
    app = app_over(*fleet(8))
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot)
        assert lines_of(app)[0].strip().startswith("cockpit  gpu-server     1 Deck")
        assert "SIMULATED" in lines_of(app)[0]
        await pilot.press("escape")
        await wait_until(pilot, lambda: isinstance(app.screen, DeckScreen))


async def test_the_past_is_there_the_moment_it_opens() -> None:
    app = app_over(*fleet(64))
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot)
        row = next(line for line in lines_of(app) if "llm" in line or " 0 ▆" in line)
        assert "▆" * 30 in row
        assert "▆" * 20 + "·" in next(line for line in lines_of(app) if "✗ lost" in line)


async def test_without_a_gpu_the_host_is_shown() -> None:
    async with app_with().run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        shown = text_of(pilot.app)  # type: ignore[arg-type]  # ours
        assert "GPUs none here" in shown
        assert "no NVIDIA driver here" in shown
        assert "cpu" in shown and "ram" in shown
        await pilot.press("enter", "o", "slash", "x")
        assert isinstance(pilot.app.screen, GpusScreen)


@pytest.mark.parametrize(("count", "size"), [(24, (80, 24)), (64, (140, 40)), (12, (40, 10))])
async def test_every_gpu_can_be_reached(count: int, size: tuple[int, int]) -> None:
    app = app_over(*fleet(count), seconds=2)
    async with app.run_test(size=size) as pilot:
        screen = await opened(pilot)
        seen = set()
        for _ in range(count):
            assert screen.selected is not None
            index = screen.selected.gpu_index
            row = next(line for line in lines_of(app) if "▌" in line)
            assert row.split("▌")[1].split()[0] == str(index)
            seen.add(index)
            await pilot.press("down")
        assert seen == set(range(count))
        await pilot.press("home")
        assert screen.selected is not None and screen.selected.gpu_index == 0
        for _ in range(count // (len(screen.table.rows_in_sight) - 1) + 1):
            await pilot.press("pagedown")
        assert screen.selected is not None and screen.selected.gpu_index == count - 1
        await pilot.press("end", "up")
        assert screen.selected is not None and screen.selected.gpu_index == count - 2


async def test_the_wheel_scrolls_and_only_rows_in_sight_are_built() -> None:
    app = app_over(*fleet(64), seconds=2)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        assert screen.table.rows_in_sight == range(18)
        built: list[int] = []
        build = screen.table._build
        screen.table._build = lambda row, is_selected: built.append(row) or build(row, is_selected)  # type: ignore[func-returns-value]  # keeps the rows
        event = MouseScrollDown(screen.table, 5, 5, 0, 1, 0, False, False, False)
        screen.table.post_message(event)
        await wait_until(pilot, lambda: screen.table.rows_in_sight == range(3, 21))
        assert sorted(set(built)) == list(range(3, 21))
        assert screen.selected is not None and screen.selected.gpu_index == 0


async def test_a_click_selects_and_a_second_one_opens() -> None:
    app = app_over(*fleet(64), seconds=2)
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await opened(pilot)
        await pilot.click(screen.table, offset=(90, 10))
        assert screen.selected is not None and screen.selected.gpu_index == 32 + 9
        await pilot.click(screen.table, offset=(90, 10))
        await wait_until(pilot, lambda: isinstance(app.screen, GpuScreen))


async def test_a_filter_shows_some_and_esc_shows_all() -> None:
    app = app_over(*fleet(64), runs=(run_on(8, "vit"),), seconds=2)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, "slash", "v", "i", "t")
        assert "GPUs 8 × B200" in text_of(app)
        assert "/vit" in text_of(app)
        await pilot.press("q", "backspace")
        assert app.is_running, "no letter acts while one writes"
        await pilot.press("enter")
        assert not screen.filter_input.display
        await pilot.press("end")
        assert screen.selected is not None and screen.selected.gpu_index == 7
        await pilot.press("escape")
        assert "GPUs 64 × B200" in text_of(app)
        assert screen.selected.gpu_index == 7, "the selection stays with its GPU"
        await pilot.press("slash", "z", "z")
        assert "no GPU matches “zz”" in text_of(app)
        await pilot.press("escape")
        assert "GPUs 64 × B200" in text_of(app)
        assert isinstance(app.screen, GpusScreen)


async def test_rows_are_sorted_and_the_title_says_so() -> None:
    app = app_over(*fleet(16), seconds=2)
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await opened(pilot, "o", "o")
        assert "by temperature, hottest first" in text_of(app)
        assert screen._gpus.samples[0].gpu_index == 11


async def test_the_keys_choose_the_quantity() -> None:
    app = app_over(*fleet(64), seconds=60)
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await opened(pilot, "t")
        assert screen.figure is Figure.TEMPERATURE
        assert "temp, last 10 min" in text_of(app)
        assert "heat ▆▆▆▆▆ from 30° to its slowdown limit" in text_of(app)
        await pilot.press("p")
        assert "power, last 10 min" in text_of(app)


async def test_the_whole_run_comes_from_its_record(tmp_path: Path) -> None:
    record = tmp_path / "gpu.jsonl"
    uuids = {"0": "GPU-0", "1": "GPU-1"}
    lines = [json.dumps({"t": NOW - 7200, "uuids": uuids})]
    for second in range(0, 7200, 20):
        rows = [[index, 90.0, 8 << 30, 70, 300, None, 1800, 0] for index in range(2)]
        lines.append(json.dumps({"t": NOW - 7200 + second, "gpus": rows}))
    record.write_text("\n".join(lines) + "\n")
    run = run_on(2, directory=tmp_path, started=NOW - 7200)
    app = app_over(card(0), card(1), runs=(run,), seconds=1)
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await opened(pilot, "plus", "plus")
        assert screen.span is Span.RUN
        await wait_until(pilot, lambda: bool(screen.recorded))
        assert "whole run, 2 h, 5 min a cell" in text_of(app)
        row = next(line for line in lines_of(app) if "▌ 0" in line)
        assert "▆" * 20 in row
        await pilot.press("minus")
        await wait_until(pilot, lambda: bool(screen.recorded))
        row = next(line for line in lines_of(app) if "▌ 0" in line)
        assert "▆" * 20 in row, "an hour that this program has not seen itself"


async def test_there_is_no_span_of_a_run_without_one() -> None:
    app = app_over(*fleet(2), seconds=2)
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await opened(pilot, "plus", "plus", "plus")
        assert screen.span is Span.HOUR


async def test_one_gpu_tells_all_and_leads_to_its_run() -> None:
    app = app_over(*fleet(16), runs=(run_on(16),))
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, "end", "enter")
        await wait_until(pilot, lambda: isinstance(app.screen, GpuScreen))
        shown = text_of(app)
        for part in ("GPU 15 B200 · SIMULATED", "llm-a · r15", "41249  ada", "target 90 to 95",
                     "26° below slowdown at 90°", "18 of 18 links", "88.9 kWh"):  # fmt: skip
            assert part in shown, part
        await pilot.press("left")
        assert "GPU 14 B200" in text_of(app)
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(app.screen, RunScreen))


@pytest.mark.parametrize("size", [(80, 24), (60, 16), (20, 5)])
async def test_the_facts_of_a_gpu_take_the_place_of_its_curves(size: tuple[int, int]) -> None:
    app = app_over(*fleet(2), seconds=30)
    async with app.run_test(size=size) as pilot:
        await opened(pilot, "enter")
        await wait_until(pilot, lambda: isinstance(app.screen, GpuScreen))
        screen = app.screen
        assert isinstance(screen, GpuScreen)
        await pilot.press("f")
        await pilot.pause()
        assert screen.facts_box.display and not screen.curves_box.display
        await pilot.press("pagedown", "up", "down", "f", "plus", "escape")
        await wait_until(pilot, lambda: isinstance(app.screen, GpusScreen))


async def test_a_gpu_that_went_away_says_so() -> None:
    devices = board.StillDevices(reading(*fleet(2)))
    app = app_with(devices=devices)
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, "end", "enter")
        await wait_until(pilot, lambda: isinstance(app.screen, GpuScreen))
        devices.reading = reading(card(0))
        app.look_again()
        await wait_until(pilot, lambda: "GPU 1 is not there any more" in text_of(app))


async def test_the_stragglers_are_one_key_away() -> None:
    cards = [card(index) for index in range(8)]
    cards[3] = card(3, **HOT)
    app = app_over(*cards, runs=(run_on(8),))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, "x")
        await wait_until(pilot, lambda: isinstance(app.screen, StragglersScreen))
        await wait_until(pilot, lambda: "rank 3 sets the pace" in text_of(app))
        assert any("▌    3" in line for line in lines_of(app)), "the one that matters is selected"
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(app.screen, GpuScreen))
        assert "GPU 3 B200" in text_of(app)
        await pilot.press("escape", "escape")
        await wait_until(pilot, lambda: isinstance(app.screen, GpusScreen))


async def test_a_run_leads_to_its_gpus_and_its_ranks(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text("epoch 1/10\n")
    other = run_on(0, "other")
    mine = run_on(8, gpus=tuple(range(8, 16)), log=log,
                  processes=tuple(board.process(41234 + rank, rank=rank - 8)
                                  for rank in range(8, 16)))  # fmt: skip
    app = app_over(*fleet(16), runs=(mine, other), seconds=2)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(app.screen, RunScreen))
        await pilot.press("g")
        await wait_until(pilot, lambda: isinstance(app.screen, GpusScreen))
        screen = app.screen
        assert isinstance(screen, GpusScreen)
        await wait_until(pilot, lambda: screen.selected is not None)
        assert screen.selected is not None and screen.selected.gpu_index == 8
        await pilot.press("escape")
        await wait_until(pilot, lambda: isinstance(app.screen, RunScreen))
        await pilot.press("x")
        await wait_until(pilot, lambda: isinstance(app.screen, StragglersScreen))
        await pilot.press("escape", "l", "g")
        assert isinstance(app.screen, RunScreen), "g is the top of a log that fills the screen"


async def test_a_mig_device_has_its_own_row_and_no_load() -> None:
    whole = card(1, has_mig=True, utilization_pct=None)
    parts = [card(1, gpu_uuid=f"MIG-{number}", name="MIG 3g.90gb", mig_index=number,
                  utilization_pct=None, temperature_c=None, power_w=None)
             for number in range(2)]  # fmt: skip
    app = app_over(card(0), whole, *parts, seconds=30)
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, "end")
        row = next(line for line in lines_of(app) if "▌1:1" in line)
        assert "–" in row and "%" not in row.partition("fan")[0].split("61%")[0]
        assert "load not told for MIG" in text_of(app)
        assert "GPUs 2 × B200 + 2 MIG" in text_of(app)


async def test_names_from_outside_are_text() -> None:
    nasty = card(0, name="[red]N\x1b[31m\nVIDIA 配电[/red]")
    app = app_over(nasty, runs=(run_on(1, "[b]配电\x1b[2J[/b]"),), seconds=2)
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, "enter")
        await wait_until(pilot, lambda: isinstance(app.screen, GpuScreen))
        assert "[red]N" in text_of(app) and "\x1b" not in text_of(app)
        await pilot.press("x")
        await wait_until(pilot, lambda: isinstance(app.screen, StragglersScreen))
        assert "[b]配电" in text_of(app)


async def test_three_digits_thousand_watts_and_seven_digit_pids_fit() -> None:
    big = card(127, power_w=1000.0)
    app = app_over(*fleet(64), big, seconds=2)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, "end")
        row = next(line for line in lines_of(app) if "▌127" in line)
        assert " 1000  " in row


async def test_help_names_the_keys() -> None:
    app = app_over(*fleet(64), seconds=2)
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, "question_mark")
        await wait_until(pilot, lambda: isinstance(app.screen, HelpScreen))
        for words in ("Show the temperature over time", "A longer or a shorter time",
                      "Show only some", "Select another row"):  # fmt: skip
            assert words in text_of(app), words


async def test_the_palette_leads_there() -> None:
    app = app_over(*fleet(8), seconds=2)
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot)
        await pilot.press("ctrl+p", *"GPUs")
        await wait_until(pilot, lambda: "every GPU with its history" in text_of(app))
        app.post_message(ShowGpus())
        await wait_until(pilot, lambda: len(app.screen_stack) >= 2)


async def test_a_covered_screen_paints_nothing() -> None:
    """Textual would paint the whole screen above anew, each second."""
    app = app_over(*fleet(64), seconds=2)
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot)
        deck = app.screen_stack[0]
        assert not deck.is_current and app.screen.is_current
        await pilot.press("question_mark")
        await wait_until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert app.screen_stack[1].is_current, "what lies below a dialog can be seen"
        assert not deck.is_current


async def test_one_new_reading_repaints_one_row() -> None:
    app = app_over(*fleet(64), seconds=2)
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await opened(pilot)
        await pilot.pause()
        for column in screen.table._widgets:
            column._repaint_regions.clear()
        cards = list(fleet(64))
        cards[3] = card(3, power_w=777.0)
        assert app.snapshot is not None
        newer = _with(app, reading(*cards))
        screen.show_snapshot(newer.snapshot)
        regions = [region for column in screen.table._widgets for region in column._repaint_regions]
        assert [region.height for region in regions] == [1]
        assert regions[0].width < 30


def _with(app: CockpitApp, new: DeviceReading) -> Refreshed:
    assert app.snapshot is not None
    return Refreshed(replace(app.snapshot, reading=new))
