"""Real runs for the screens: launched from the command line's own functions, on the CPU."""

from __future__ import annotations

import time
from pathlib import Path

from cockpit import locations
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.supervise.request import RunRequest
from cockpit.supervise.start import launch
from cockpit.tui.app import CockpitApp
from cockpit.tui.store import Store
from cockpit.views.registry import Registry
from tests.waiting import wait_until

from . import board


def launched(*settings: tuple[str, str], until: Phase | None, gpus: str = "cpu") -> RunPaths:
    """Launch the preset `fake` and wait until it is in that phase."""
    paths = launch(RunRequest("fake", settings, gpus=gpus)).paths
    if until is not None:
        wait_until(lambda: phase_of(paths) is until)
    return paths


def phase_of(paths: RunPaths) -> Phase:
    return Registry(paths.root.parent).read_one(paths.run_id, time.time()).phase


def app_over_runs(*, readonly: bool = False) -> CockpitApp:
    """The app over the runs of this home."""
    runs_dir: Path = locations.runs_dir()
    runs_dir.mkdir(parents=True, exist_ok=True)
    devices = board.StillDevices(board.cpu_only())
    store = Store(Registry(runs_dir), devices, time.time())
    return CockpitApp(
        runs_dir=runs_dir, devices=devices, readonly=readonly, store=store, host="gpu-server"
    )
