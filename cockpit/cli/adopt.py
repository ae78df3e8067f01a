"""`cockpit adopt RUN`: give a run whose supervisor died another one."""

from __future__ import annotations

import sys
import time

from cockpit.cli import options
from cockpit.errors import EnvironmentNotFit, InputError, LaunchError


def adopt(
    run: options.Run,
    as_json: options.RunAsJson = False,
) -> None:
    """Put a new supervisor on a run whose job lives and whose supervisor does not."""
    from cockpit import locations
    from cockpit.cli.run import print_json
    from cockpit.runs.layout import RunPaths
    from cockpit.runs.phase import Phase
    from cockpit.supervise import start
    from cockpit.views.naming import require_own
    from cockpit.views.registry import Registry

    registry = Registry(locations.runs_dir())
    paths = RunPaths(locations.runs_dir() / require_own(run, locations.runs_dir(), "adopted"))
    view = registry.read_one(paths.run_id, time.time())
    if view.is_remote:
        raise EnvironmentNotFit(
            f"{paths.run_id} belongs to {view.host}", f"ssh {view.host} cockpit adopt {run}"
        )
    if view.phase is Phase.LOST:
        raise InputError(f"nothing of {paths.run_id} lives any more", f"cockpit resume {run}")
    if view.phase is not Phase.UNSUPERVISED:
        raise InputError(f"{paths.run_id} is {view.phase}: it needs no other supervisor")
    start.adopt(paths)
    after = registry.read_one(paths.run_id, time.time())
    if after.phase is Phase.UNSUPERVISED:
        raise LaunchError("the supervisor did not start", f"see {paths.supervisor_log}")
    print(f"{paths.run_id}: {after.phase}, supervised again", file=sys.stderr)
    if as_json:
        print_json(paths)
