"""What each screen looks like, at two sizes; look at the report before you accept a change."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from cockpit.presets.load import find_presets
from cockpit.presets.model import Origin
from cockpit.runs.phase import Phase
from cockpit.tui.app import CockpitApp
from cockpit.tui.screens.deck import DeckScreen
from cockpit.tui.screens.presets import PresetsScreen
from cockpit.tui.screens.run import RunScreen
from cockpit.tui.screens.stop import StopDialog
from cockpit.tui.widgets.curves import Curves
from cockpit.tui.widgets.log_view import LogView
from cockpit.tui.widgets.plot import Plot

from . import board
from .flight import app_with, ready, wait_until
from .test_presets_screen import PRESET

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="snapshots are compared on Python 3.11 only"
)
SIZES = [pytest.param((80, 24), id="80x24"), pytest.param((140, 40), id="140x40")]
Compare = Callable[..., bool]


def fleet(log: Path) -> CockpitApp:
    runs = (
        board.run("obstacle-yolo11n", gpus=tuple(range(16)), epoch=41, epochs=100, log=log,
                  processes=(board.process(41233, "launcher"),
                             *(board.process(41234 + rank, rank=rank) for rank in range(16)))),
        board.run("mshnet-local", epoch=7, epochs=400, log=log, processes=()),
        board.run("layoutmaster", Phase.QUEUED, processes=()),
        board.run("epri-yolov8-seg-ddp", Phase.FAILED, processes=(), exit_code=1,
                  problem="GPU 2 ran out of memory in epoch 4"),
        board.run("配电-训练", Phase.SUCCEEDED, epoch=10, processes=(), exit_code=0),
    )  # fmt: skip
    reading = board.gpus(board.gpu(index, pid=41234 + index) for index in range(16))
    return app_with(*runs, reading=reading)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "train.log"
    lines = [f"epoch {number}/100 loss {2.4 / number:.3f}" for number in range(1, 42)]
    path.write_text("\n".join(lines) + "\n")
    return path


async def painted(pilot: Pilot[None]) -> None:
    """Wait until curves and log are on the screen, as far as there are any."""
    screen = pilot.app.screen
    if isinstance(screen, DeckScreen | RunScreen):
        log_view = screen.query_one(LogView)
        await wait_until(pilot, lambda: bool(screen.query_one(Curves).query(Plot)))
        await wait_until(pilot, lambda: not log_view.display or log_view.state.startswith("follow"))
    for _ in range(3):
        await pilot.pause()


@pytest.mark.parametrize("size", SIZES)
def test_deck(snap_compare: Compare, log: Path, size: tuple[int, int]) -> None:
    async def before(pilot: Pilot[None]) -> None:
        await ready(pilot)
        await painted(pilot)

    assert snap_compare(fleet(log), terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", SIZES)
def test_first_run_without_a_gpu(snap_compare: Compare, log: Path, size: tuple[int, int]) -> None:
    async def before(pilot: Pilot[None]) -> None:
        await ready(pilot)
        await painted(pilot)

    assert snap_compare(app_with(board.run(log=log)), terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", SIZES)
def test_run(snap_compare: Compare, log: Path, size: tuple[int, int]) -> None:
    async def before(pilot: Pilot[None]) -> None:
        app = await ready(pilot)
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(app.screen, RunScreen))
        await painted(pilot)

    assert snap_compare(fleet(log), terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", SIZES)
def test_stop_dialog(snap_compare: Compare, log: Path, size: tuple[int, int]) -> None:
    async def before(pilot: Pilot[None]) -> None:
        app = await ready(pilot)
        await painted(pilot)
        await pilot.press("s")
        await wait_until(pilot, lambda: isinstance(app.screen, StopDialog))

    assert snap_compare(fleet(log), terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", SIZES)
def test_presets(
    snap_compare: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    """A preset that cannot start here: its reason does not depend on this machine's Python."""
    (tmp_path / "presets").mkdir()
    preset = PRESET.format(python="/nowhere/bin/python")
    (tmp_path / "presets" / "aaa-printer.toml").write_text(preset)
    (tmp_path / "presets" / "train.py").write_text("")
    monkeypatch.chdir(tmp_path)
    mine = tuple(entry for entry in find_presets() if entry.origin is Origin.PROJECT)

    async def before(pilot: Pilot[None]) -> None:
        app = await ready(pilot)
        await pilot.press("2")
        await wait_until(pilot, lambda: isinstance(app.screen, PresetsScreen))
        screen = app.screen
        assert isinstance(screen, PresetsScreen)
        await wait_until(pilot, lambda: "cannot" in screen.command_title.state)
        await wait_until(pilot, lambda: screen.outlook.forecast is not None)
        screen.post_message(screen.Listed(mine))
        await wait_until(pilot, lambda: screen.presets_title.facts == "1")

    assert snap_compare(app_with(), terminal_size=size, run_before=before)
