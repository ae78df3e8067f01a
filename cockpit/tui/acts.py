"""What screens ask for and what takes time: stopping and launching, each in a thread of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.tui.store import ReadingSource, Store

if TYPE_CHECKING:  # the launching half of the program is read when somebody launches
    from cockpit.supervise.prepare import RunRequest


def stop_run(directory: Path) -> None:
    """Ask the run's supervisor to stop it. Raises CockpitError where that cannot be."""
    from cockpit.runs.layout import RunPaths
    from cockpit.supervise.start import ask_to_stop

    ask_to_stop(RunPaths(directory))


def launch_run(request: RunRequest) -> str:
    """Prepare and start a run; return its id. Raises what `prepare` and `start` raise."""
    from cockpit.supervise.start import launch

    return launch(request).run_id


def open_store(runs_dir: Path, devices: ReadingSource, opened: float) -> Store:
    """Return the store over the real runs of this user."""
    from cockpit.views.registry import Registry

    return Store(Registry(runs_dir), devices, opened)
