"""What screens ask for and what takes time: stopping and launching, each in a thread of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.tui.store import Store

if TYPE_CHECKING:  # the launching half of the program is read when somebody launches
    from cockpit.supervise.prepare import RunRequest


def stop_run(directory: Path) -> None:
    """Write the stop request; the run's supervisor does the rest."""
    from cockpit.runs.layout import RunPaths
    from cockpit.supervise.stop import request_stop

    request_stop(RunPaths(directory))


def launch_run(request: RunRequest) -> str:
    """Prepare and start a run; return its id. Raises what `prepare` and `start` raise."""
    from cockpit.supervise.prepare import prepare
    from cockpit.supervise.start import start

    return start(prepare(request)).run_id


def open_store(runs_dir: Path, devices: str, opened: float) -> Store:
    """Return the store over the real runs and devices of this machine."""
    from cockpit.devices.feed import DeviceFeed
    from cockpit.views.registry import Registry

    return Store(Registry(runs_dir), DeviceFeed(devices), opened)
