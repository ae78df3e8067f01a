from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from cockpit.files import read_json
from cockpit.processes.identity import send
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.record import parse_state
from cockpit.supervise.start import ask_to_stop
from cockpit.tui.app import CockpitApp
from cockpit.tui.screens.deck import DeckScreen
from cockpit.tui.screens.resume import QueueDialog, ResumeDialog
from cockpit.tui.screens.run import RunScreen
from cockpit.tui.screens.steps import StepsDialog
from tests.waiting import wait_until as wait_for

from . import board
from .flight import app_with, ready, text_of, wait_until
from .runs import app_over_runs, launched, phase_of

AFTER = """
[weights]
last = "last.pt"
[[after]]
name = "evaluate"
what = "what the last checkpoint is worth"
command = "python -c 'print(1)' {last}"
"""


@pytest.fixture(autouse=True)
def nothing_is_left(home: Path) -> Iterator[None]:
    """Use the home with the preset `fake`, which ends what still runs."""
    yield
    assert home.exists()


def footer(app: CockpitApp) -> str:
    return text_of(app).splitlines()[-1]


def shown(app: CockpitApp) -> str:
    return " ".join(text_of(app).split())


def stopped_after_two_epochs() -> RunPaths:
    paths = launched(("args.epochs", "5"), ("args.stop-after", "2"), until=Phase.FAILED)
    assert (paths.out / "last.pt").exists()
    return paths


def state_of(paths: RunPaths) -> int:
    state = parse_state(read_json(paths.state))
    assert state is not None
    return state.attempt


async def asked_to_resume(pilot: Pilot[None]) -> ResumeDialog:
    app = await ready(pilot)
    await wait_until(pilot, lambda: "r resume" in footer(app))
    await pilot.press("r")
    await wait_until(pilot, lambda: isinstance(app.screen, ResumeDialog))
    dialog = app.screen
    assert isinstance(dialog, ResumeDialog)
    await wait_until(pilot, lambda: "looking for a checkpoint" not in text_of(app))
    return dialog


async def test_resume_says_from_which_checkpoint_and_how_many_epochs_are_left() -> None:
    stopped_after_two_epochs()
    app = app_over_runs()
    async with app.run_test(size=(80, 24)) as pilot:
        await asked_to_resume(pilot)
        assert "from last.pt, " in shown(app)
        assert "2 of 5 done, 3 to go" in shown(app)
        assert "attempt 2, in the same folder" in shown(app)
        await pilot.press("escape")
        await wait_until(pilot, lambda: isinstance(app.screen, DeckScreen))


async def test_y_starts_the_next_attempt_and_escape_does_not() -> None:
    paths = stopped_after_two_epochs()
    app = app_over_runs()
    async with app.run_test(size=(80, 24)) as pilot:
        await asked_to_resume(pilot)
        await pilot.press("escape")
        await wait_until(pilot, lambda: isinstance(app.screen, DeckScreen))
        await app.workers.wait_for_complete()
        assert state_of(paths) == 1
        await asked_to_resume(pilot)
        await pilot.press("y")
        await wait_until(pilot, lambda: state_of(paths) == 2)
        await wait_until(pilot, lambda: "epoch 3/5 done" in paths.log.read_text())
        await app.workers.wait_for_complete()


async def test_a_checkpoint_that_cannot_be_read_is_skipped_with_its_reason() -> None:
    paths = stopped_after_two_epochs()
    torn = paths.out / "epoch9.pt"
    torn.write_bytes(b"PK\x03\x04 torn")
    later = time.time() + 5
    os.utime(torn, (later, later))
    app = app_over_runs()
    async with app.run_test(size=(140, 40)) as pilot:
        await asked_to_resume(pilot)
        assert "skipped epoch9.pt " in shown(app)
        assert "from last.pt" in shown(app)
        await pilot.press("escape")


async def test_a_run_that_cannot_go_on_says_why_and_takes_no_yes() -> None:
    paths = stopped_after_two_epochs()
    (paths.out / "last.pt").unlink()
    app = app_over_runs()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await asked_to_resume(pilot)
        assert "cannot go" in shown(app)
        assert "left no checkpoint" in shown(app)
        assert "cockpit run fake starts anew" in shown(app)
        await pilot.press("y")
        await pilot.pause()
        assert app.screen is dialog
        await pilot.press("escape")
    assert state_of(paths) == 1


async def test_read_only_resumes_and_adopts_nothing() -> None:
    app = app_with(board.run(phase=Phase.FAILED, ended=board.NOW), readonly=True)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await ready(pilot)
        await pilot.press("r")
        await wait_until(pilot, lambda: bool(app._notifications))
        assert any("read-only" in note.message for note in app._notifications)
        assert isinstance(app.screen, DeckScreen)


@pytest.mark.parametrize(
    ("phase", "is_offered"),
    [
        (Phase.FAILED, True),
        (Phase.STOPPED, True),
        (Phase.LOST, True),
        (Phase.RUNNING, False),
        (Phase.QUEUED, False),
        (Phase.SUCCEEDED, False),
    ],
)
@pytest.mark.parametrize("keys", [(), ("enter",)])
async def test_resume_stands_in_the_footer_only_when_it_may_be_possible(
    phase: Phase, is_offered: bool, keys: tuple[str, ...]
) -> None:
    app = app_with(board.run(phase=phase))
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press(*keys)
        await wait_until(pilot, lambda: not keys or isinstance(app.screen, RunScreen))
        await wait_until(pilot, lambda: ("r resume" in footer(app)) is is_offered)


async def test_a_run_without_supervisor_is_adopted_by_one_key() -> None:
    paths = launched(("args.hang", "true"), until=Phase.RUNNING)
    state = parse_state(read_json(paths.state))
    assert state is not None
    assert state.supervisor is not None
    send(state.supervisor, signal.SIGKILL)
    wait_for(lambda: phase_of(paths) is Phase.UNSUPERVISED)
    app = app_over_runs()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await wait_until(pilot, lambda: "a adopt" in text_of(app).splitlines()[1])
        assert "a adopt" in footer(app)
        await pilot.press("a")
        await wait_until(pilot, lambda: phase_of(paths) is Phase.RUNNING)
        await wait_until(pilot, lambda: "a adopt" not in footer(app))
    ask_to_stop(paths)
    wait_for(lambda: phase_of(paths).is_over)


async def opened(pilot: Pilot[None]) -> RunScreen:
    app = await ready(pilot)
    await pilot.press("enter")
    await wait_until(pilot, lambda: isinstance(app.screen, RunScreen))
    screen = app.screen
    assert isinstance(screen, RunScreen)
    return screen


async def test_a_failed_run_shows_why_with_its_lines_and_what_to_try() -> None:
    launched(("args.raises", "true"), until=Phase.FAILED)
    app = app_over_runs()
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await opened(pilot)
        await wait_until(pilot, lambda: "cockpit explain fake-" in text_of(app))
        assert "✗ ValueError: the images are upside down" in text_of(app)
        assert "try: look at " in text_of(app)
        number = screen.aftermath.places[0]
        assert f"line {number}  ValueError: the images are upside down" in text_of(app)
        await pilot.press("w")
        await wait_until(pilot, lambda: screen.run_log.found == number - 1)
        assert f"line {number} of " in screen.log_title.state
        await pilot.press("w")
        await wait_until(pilot, lambda: screen.run_log.found == screen.aftermath.places[1] - 1)


async def test_a_run_that_goes_well_has_no_why() -> None:
    app = app_with(board.run())
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await wait_until(pilot, lambda: screen.run_view is not None)
        assert not screen.aftermath.display
        assert "w why" not in footer(app)


async def test_the_steps_after_a_run_are_shown_with_their_command_and_launched(
    home: Path,
) -> None:
    preset = home / "config" / "cockpit" / "presets" / "fake.toml"
    preset.write_text(preset.read_text() + AFTER)
    paths = launched(until=Phase.SUCCEEDED)
    app = app_over_runs()
    async with app.run_test(size=(140, 40)) as pilot:
        screen = await opened(pilot)
        await wait_until(pilot, lambda: bool(screen.aftermath.steps))
        await wait_until(pilot, lambda: "-c 'print(1)' " in text_of(app))
        assert f"cockpit after {paths.run_id}" in text_of(app)
        await pilot.press("e")
        await wait_until(pilot, lambda: isinstance(app.screen, StepsDialog))
        assert "what the last checkpoint is worth" in text_of(app)
        await pilot.press("C")
        await wait_until(
            pilot, lambda: isinstance(app.screen, RunScreen) and app.screen is not screen
        )
        await wait_until(pilot, lambda: "fake-evaluate" in text_of(app))
        await wait_until(pilot, lambda: "✓ fake-evaluate" in text_of(app))


async def test_a_queued_run_says_its_place_and_what_it_waits_for() -> None:
    waits = replace(
        board.run("mine", Phase.QUEUED, problem="0 of 2 GPUs are free"), queue_place=2, epoch=None
    )
    app = app_with(waits)
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot)
        assert "waits for GPUs, place 2 · 0 of 2 GPUs are free" in text_of(app)
        assert "need you" not in text_of(app)
        await opened(pilot)
        await wait_until(pilot, lambda: "queued waits for GPUs, place 2" in text_of(app))
        assert "○ 0 of 2 GPUs are free" in text_of(app)


async def test_a_run_between_two_attempts_says_when_the_next_begins() -> None:
    said = "attempt 1 failed: the data server went away; attempt 2 in 30 s"
    pausing = replace(
        board.run("mine", Phase.QUEUED, problem=said), next_attempt=board.NOW + 25, epoch=None
    )
    app = app_with(pausing)
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot)
        words = "again in 25 s, attempt 2 · attempt 1 failed: the data server went away"
        assert words in text_of(app)
        assert "in 30 s" not in text_of(app)
        await opened(pilot)
        await wait_until(pilot, lambda: "queued again in 25 s, attempt 2" in text_of(app))


async def test_a_further_attempt_is_counted_among_the_facts() -> None:
    again = board.run()
    table = replace(again.metrics, resumed_after=(3.0,))
    app = app_with(replace(again, attempt=3, metrics=table))
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot)
        await wait_until(pilot, lambda: "resumed after" in text_of(app))
        assert "attempt 3" in text_of(app).splitlines()[2]
        assert "┊ resumed" in text_of(app)
        assert any("┊" in line and "┊ resumed" not in line for line in text_of(app).splitlines())


async def test_a_run_whose_gpus_are_taken_is_offered_the_queue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COCKPIT_DEVICES", "simulated:1xh20")
    settings = (("args.epochs", "5"), ("args.stop-after", "2"))
    paths = launched(*settings, until=Phase.FAILED, gpus="1")
    holder = launched(("args.hang", "true"), until=Phase.RUNNING, gpus="1")
    app = app_over_runs()
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot)
        await pilot.press("down")
        await asked_to_resume(pilot)
        await pilot.press("y")
        await wait_until(pilot, lambda: isinstance(app.screen, QueueDialog))
        assert holder.run_id in text_of(app)
        await pilot.press("y")
        await wait_until(pilot, lambda: phase_of(paths) is Phase.QUEUED)
        await wait_until(pilot, lambda: "waits for GPUs, place 1" in text_of(app))
    ask_to_stop(paths)
    ask_to_stop(holder)
    wait_for(lambda: phase_of(paths).is_over and phase_of(holder).is_over)
