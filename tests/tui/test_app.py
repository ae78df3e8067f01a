from __future__ import annotations

import time
from pathlib import Path

import pytest

from cockpit.files import read_json, write_json
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.reader import hostname
from cockpit.runs.record import RunRecord, to_json
from cockpit.tui.messages import OpenRun
from cockpit.tui.screens.deck import DeckScreen
from cockpit.tui.screens.help import HelpScreen
from cockpit.tui.screens.presets import PresetsScreen
from cockpit.tui.screens.run import RunScreen
from cockpit.tui.screens.stop import StopDialog
from cockpit.units import GIB
from cockpit.views.run_view import RunView

from . import board
from .flight import app_with, ready, text_of, wait_until

SIZES = [(80, 24), (140, 40), (200, 60), (60, 16), (40, 10), (20, 5)]


def run_in(directory: Path, phase: Phase = Phase.RUNNING) -> Path:
    root = directory / "quickstart-20261120-184200"
    root.mkdir()
    (root / "train.log").write_text("epoch 1/10\n")
    return root


@pytest.mark.parametrize("size", SIZES)
async def test_every_size_shows_the_runs_and_no_size_crashes(size: tuple[int, int]) -> None:
    reading = board.gpus(board.gpu(index) for index in range(16))
    app = app_with(board.run(), board.run("failed-run", Phase.FAILED, problem="out of memory"),
                   reading=reading)  # fmt: skip
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        assert "quick" in text_of(app)
        for key in ("enter", "f", "f", "l", "escape", "escape", "2", "tab", "1", "question_mark"):
            await pilot.press(key)
        await pilot.press("escape")
        await wait_until(pilot, lambda: isinstance(app.screen, DeckScreen))


async def test_a_newcomer_is_told_what_to_press() -> None:
    app = app_with()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        shown = text_of(app)
        assert "cockpit run quickstart" in shown
        assert shown.splitlines()[0].endswith("18:43")
        await pilot.press("n")
        await wait_until(pilot, lambda: isinstance(app.screen, PresetsScreen))
        screen = app.screen
        assert isinstance(screen, PresetsScreen)
        await wait_until(pilot, lambda: screen.form is not None)
        assert screen.form is not None
        assert screen.form.preset.name == "quickstart"


async def test_stop_then_escape_writes_nothing(tmp_path: Path) -> None:
    root = run_in(tmp_path)
    app = app_with(board.run(directory=root, run_id=root.name))
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("s")
        await wait_until(pilot, lambda: isinstance(app.screen, StopDialog))
        assert "launcher 41233" in text_of(app)
        await pilot.press("escape")
        await wait_until(pilot, lambda: isinstance(app.screen, DeckScreen))
        await app.workers.wait_for_complete()
    assert not RunPaths(root).stop_request.exists()


async def test_enter_on_the_focused_button_keeps_the_run(tmp_path: Path) -> None:
    root = run_in(tmp_path)
    app = app_with(board.run(directory=root, run_id=root.name))
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("s")
        await wait_until(pilot, lambda: isinstance(app.screen, StopDialog))
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(app.screen, DeckScreen))
        await app.workers.wait_for_complete()
    assert not RunPaths(root).stop_request.exists()


def write_record(root: Path) -> None:
    """Write what a run leaves on disk before its supervisor's first word."""
    record = RunRecord(
        run_id=root.name, name="quickstart", preset="quickstart", preset_file=Path("/p.toml"),
        created=time.time(), host=hostname(), argv=("python", "train.py"), env={}, env_sources={},
        unset=(), cwd=root, gpus=(), gpu_names=(), world_size=1, reader="none", devices="none",
        python="/py", python_version="3.11", python_reason="auto",
    )  # fmt: skip
    write_json(root / "run.json", to_json(record))


async def test_stop_then_y_leaves_a_request_for_the_supervisor(tmp_path: Path) -> None:
    root = run_in(tmp_path)
    write_record(root)
    app = app_with(board.run(directory=root, run_id=root.name))
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("s")
        await wait_until(pilot, lambda: isinstance(app.screen, StopDialog))
        await pilot.press("y")
        await wait_until(pilot, RunPaths(root).stop_request.exists)
    assert read_json(RunPaths(root).stop_request) is not None


async def test_a_second_stop_says_that_it_kills(tmp_path: Path) -> None:
    app = app_with(board.run(phase=Phase.STOPPING))
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("s")
        await wait_until(pilot, lambda: isinstance(app.screen, StopDialog))
        assert "SIGKILL to every process of it, at once" in text_of(app)


async def test_a_run_that_is_over_cannot_be_stopped() -> None:
    app = app_with(board.run(phase=Phase.SUCCEEDED))
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("s")
        await pilot.pause()
        assert isinstance(app.screen, DeckScreen)


async def test_read_only_stops_nothing_and_says_so() -> None:
    app = app_with(board.run(), readonly=True)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await ready(pilot)
        await pilot.press("s")
        await wait_until(pilot, lambda: bool(app._notifications))
        assert isinstance(app.screen, DeckScreen)
        assert any("read-only" in note.message for note in app._notifications)


async def test_ctrl_c_touches_no_run_and_says_how_to_leave(tmp_path: Path) -> None:
    root = run_in(tmp_path)
    app = app_with(board.run(directory=root, run_id=root.name))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await ready(pilot)
        await pilot.press("ctrl+c")
        await wait_until(pilot, lambda: bool(app._notifications))
        assert any("q leaves" in note.message for note in app._notifications)
    assert not RunPaths(root).stop_request.exists()


@pytest.mark.parametrize("keys", [(), ("enter",), ("2",), ("s",), ("question_mark",)])
async def test_q_leaves_from_everywhere(keys: tuple[str, ...]) -> None:
    devices = board.StillDevices(board.cpu_only())
    app = app_with(board.run(), devices=devices)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press(*keys)
        await pilot.pause(0.1)
        await pilot.press("q")
        await wait_until(pilot, lambda: app._exit)
    assert app.return_code == 0
    assert not devices.is_open


async def test_enter_opens_the_run_and_escape_comes_back() -> None:
    app = app_with(board.run("obstacle"), board.run("other"))
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot)
        await pilot.press("down", "enter")
        await wait_until(pilot, lambda: isinstance(app.screen, RunScreen))
        shown = text_of(app)
        assert "other" in shown
        assert "a41c9e2 + 2 changes" in shown
        await pilot.press("escape")
        await wait_until(pilot, lambda: isinstance(app.screen, DeckScreen))


async def test_the_run_named_at_the_start_is_opened() -> None:
    run = board.run()
    app = app_with(run, open_run=run.run_id)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until(pilot, lambda: isinstance(app.screen, RunScreen))
        await wait_until(pilot, lambda: "quickstart" in text_of(app))


async def test_help_lists_the_keys_of_the_screen_below() -> None:
    app = app_with(board.run())
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot)
        await pilot.press("question_mark")
        await wait_until(pilot, lambda: isinstance(app.screen, HelpScreen))
        shown = text_of(app)
        assert "Stop this run; asks first" in shown
        assert "Leave; the runs go on" in shown


async def test_names_in_chinese_keep_their_columns() -> None:
    app = app_with(board.run("配电-训练"), board.run("plain"))
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        assert "配电-训练" in text_of(app)


async def test_three_hundred_runs_are_a_list_that_can_be_walked() -> None:
    runs = [board.run(f"run-{index:03d}", run_id=f"run-{index:03d}") for index in range(300)]
    app = app_with(*runs)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("end")
        screen = app.screen
        assert isinstance(screen, DeckScreen)
        await wait_until(pilot, lambda: screen.runs.selected == "run-299")
        assert "run-299" in text_of(app)


async def test_a_registry_that_cannot_be_read_is_told_in_one_sentence(tmp_path: Path) -> None:
    class Broken(board.StillRuns):
        def read(self, now_s: float) -> tuple[RunView, ...]:
            raise ValueError("torn")

    app = app_with(source=Broken())
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await wait_until(pilot, lambda: bool(app._notifications))
        (first, *_) = app._notifications
        assert "the runs cannot be read: ValueError: torn" in first.message
    log = tmp_path / "xdg_cache_home" / "cockpit" / "tui-errors.log"
    assert "ValueError: torn" in log.read_text()


async def test_a_stop_of_a_gpu_run_names_the_memory_that_comes_back() -> None:
    run = board.run(gpus=(0, 1))
    reading = board.gpus([board.gpu(0, pid=41234), board.gpu(1, pid=41235)])
    app = app_with(run, reading=reading)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("s")
        await wait_until(pilot, lambda: isinstance(app.screen, StopDialog))
        assert f"{2 * int(6.1 * GIB) / GIB:.1f} GiB come back" in text_of(app)


async def test_the_key_beside_a_need_opens_the_run_that_needs_somebody() -> None:
    app = app_with(board.run("well"), board.run("ill", problem="no step for 12 min"))
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        needs = [line for line in text_of(app).splitlines() if "▲ ill  no step" in line]
        assert needs
        assert "⏎ open" not in needs[0]
        await pilot.press("down")
        await wait_until(pilot, lambda: "⏎ open" in text_of(app).splitlines()[1])
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(app.screen, RunScreen))
        await wait_until(pilot, lambda: "▲ no step for 12 min" in text_of(app))
        await pilot.press("escape")
        await wait_until(pilot, lambda: isinstance(app.screen, DeckScreen))
        assert "▲ ill  no step" not in text_of(app)
        assert "needs you" not in text_of(app)


async def test_capital_a_hides_the_needs_until_something_new_comes() -> None:
    source = board.StillRuns((board.run("ill", problem="no step for 12 min"),))
    app = app_with(source=source)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        assert "A hide needs" in text_of(app).splitlines()[-1]
        await pilot.press("A")
        await wait_until(pilot, lambda: "▲ ill  no step" not in text_of(app))
        assert "A hide needs" not in text_of(app).splitlines()[-1]
        assert "needs you" not in text_of(app)
        source.views = (board.run("worse", problem="the disk is full"), *source.views)
        app.look_again()
        await wait_until(pilot, lambda: "▲ worse" in text_of(app))
        assert "▲ ill  no step" not in text_of(app)
        assert "A hide needs" in text_of(app).splitlines()[-1]


async def test_the_run_that_was_opened_is_the_selected_one_on_the_deck() -> None:
    source = board.StillRuns((board.run("old-one"), board.run("old-two")))
    app = app_with(source=source)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("2")
        await wait_until(pilot, lambda: isinstance(app.screen, PresetsScreen))
        launched = board.run("launched")
        app.post_message(OpenRun(launched.run_id))
        await wait_until(pilot, lambda: isinstance(app.screen, RunScreen))
        source.views = (launched, *source.views)
        app.look_again()
        await wait_until(pilot, lambda: "● launched" in text_of(app))
        await pilot.press("escape")
        await wait_until(pilot, lambda: isinstance(app.screen, DeckScreen))
        assert "▌ ● launched" in text_of(app)


@pytest.mark.parametrize("keys", [("s",), ("enter", "s")])
async def test_stopping_a_run_that_is_over_says_so(keys: tuple[str, ...]) -> None:
    app = app_with(board.run(phase=Phase.SUCCEEDED))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await ready(pilot)
        for key in keys:
            await pilot.press(key)
            await pilot.pause(0.1)
        await wait_until(pilot, lambda: bool(app._notifications))
        assert any("quickstart is over" in note.message for note in app._notifications)
        assert " stop" not in text_of(app).splitlines()[-1]


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        (Phase.RUNNING, "leave: the run goes on, come back with  cockpit"),
        (Phase.SUCCEEDED, "leave; come back with  cockpit"),
    ],
)
async def test_the_next_steps_promise_a_run_that_goes_on_only_while_there_is_one(
    phase: Phase, words: str
) -> None:
    source = board.StillRuns((board.run(),))
    app = app_with(source=source)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        source.views = (board.run(phase=phase),)
        app.look_again()
        await wait_until(pilot, lambda: f"q  {words}\n" in text_of(app))
