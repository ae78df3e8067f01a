"""What screens ask for and what takes time; each is called in a thread of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.tui.store import ReadingSource, Store

if TYPE_CHECKING:  # the launching half of the program is read when somebody launches
    from cockpit.runs.attempt import ResumeRequest
    from cockpit.supervise.after import StepView
    from cockpit.supervise.request import RunRequest
    from cockpit.supervise.wishes import Resumed
    from cockpit.views.explain import Explanation


def stop_run(directory: Path) -> None:
    """Ask the run's supervisor to stop it. Raises CockpitError where that cannot be."""
    from cockpit.runs.layout import RunPaths
    from cockpit.supervise.start import ask_to_stop

    ask_to_stop(RunPaths(directory))


def launch_run(request: RunRequest) -> str:
    """Prepare and start a run; return its id. Raises what `prepare` and `start` raise."""
    from cockpit.supervise.start import launch

    return launch(request).paths.run_id


def look_at_resume(directory: Path) -> Resumed:
    """Return from where a run would go on; starts nothing. Raises CockpitError where it cannot."""
    from cockpit.errors import InputError
    from cockpit.runs.attempt import ResumeRequest
    from cockpit.runs.layout import RunPaths
    from cockpit.runs.reader import read_run
    from cockpit.supervise.wishes import wish_to_resume

    paths = RunPaths(directory)
    run = read_run(paths)
    if run is None:
        raise InputError(f"{paths.run_id} is no run", "cockpit runs")
    return wish_to_resume(run.record, paths, run.state, ResumeRequest())


def resume_run(directory: Path, asked: ResumeRequest) -> Resumed:
    """Start the next attempt of a run that is over. Raises what `resume` raises."""
    from cockpit.runs.layout import RunPaths
    from cockpit.supervise.resuming import resume

    return resume(RunPaths(directory), asked)


def adopt_run(directory: Path) -> None:
    """Give a run without a supervisor another one. Raises LaunchError when that does not start."""
    from cockpit.errors import LaunchError
    from cockpit.runs.layout import RunPaths
    from cockpit.runs.phase import Phase
    from cockpit.runs.reader import read_run
    from cockpit.supervise.start import adopt

    paths = RunPaths(directory)
    adopt(paths)
    run = read_run(paths)
    if run is not None and run.phase is Phase.UNSUPERVISED:
        raise LaunchError("the supervisor did not start", f"see {paths.supervisor_log}")


def steps_after(run_id: str) -> tuple[StepView, ...]:
    """Return the steps of its preset that can follow a run. Raises what `list_steps` raises."""
    from cockpit.supervise.after import list_steps

    return list_steps(run_id)[1]


def explain_end(directory: Path, *, is_copy: bool = False) -> Explanation:
    """Return why a run ended badly. Raises RunNotFound."""
    from cockpit.views.explain import explain_path, explain_run

    if is_copy:
        return explain_path(directory, None)
    return explain_run(directory.parent, directory.name)


def terminal_notices() -> bool:
    """Say whether the terminal may ring: `[notices] terminal` of config.toml, usually true."""
    from cockpit import locations
    from cockpit.errors import PresetError
    from cockpit.presets.load import read_document
    from cockpit.supervise.notice_settings import parse_notices

    try:
        document = read_document(locations.settings_file())
    except PresetError:  # there is none, or it is broken, which the commands tell
        return True
    return parse_notices(document.get("notices"), {})[0].terminal


def open_store(runs_dir: Path, devices: ReadingSource, opened: float) -> Store:
    """Return the store over the real runs of this user."""
    from cockpit import locations
    from cockpit.views.instrument_settings import read_instrument_settings
    from cockpit.views.registry import Registry

    registry = Registry(runs_dir, opened=locations.opened_file())
    return Store(registry, devices, opened, read_instrument_settings())
