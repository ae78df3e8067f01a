"""The app over runs that stand still, and how a test waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from cockpit.devices.sample import DeviceReading
from cockpit.tui.app import CockpitApp
from cockpit.tui.foreseeing import Foresee
from cockpit.tui.store import RunSource, Store
from cockpit.views.run_view import RunView

from . import board
from .forecasts import foreseen


def app_with(*runs: RunView, reading: DeviceReading | None = None, readonly: bool = False,
             open_run: str | None = None, ascii_only: bool = False,
             source: RunSource | None = None, foresee: Foresee = foreseen,
             devices: board.StillDevices | None = None) -> CockpitApp:  # fmt: skip
    store = Store(
        source or board.StillRuns(runs),
        devices or board.StillDevices(reading or board.cpu_only()),
        board.NOW - 60,
    )
    app = CockpitApp(
        runs_dir=Path("/srv/runs"),
        devices=store.devices,
        open_run=open_run,
        readonly=readonly,
        ascii_only=ascii_only,
        clock=lambda: board.NOW,
        store=store,
        host="gpu-server",
    )
    app.foresee = foresee
    return app


async def wait_until(
    pilot: Pilot[None], condition: Callable[[], bool], *, timeout_s: float = 15.0
) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await pilot.pause(0.02)
    await pilot.pause()


async def ready(pilot: Pilot[None]) -> CockpitApp:
    app = pilot.app
    assert isinstance(app, CockpitApp)
    await wait_until(pilot, lambda: app.snapshot is not None)
    return app


def text_of(app: CockpitApp) -> str:
    """Return what is on the screen, line by line."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)
