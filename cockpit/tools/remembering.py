"""Keeps what a tool measured, for estimates; whatever stands in the way, the tool is not hurt."""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

from cockpit import locations
from cockpit.calibrations.file import append_calibration
from cockpit.devices.glance import Glance, glance
from cockpit.errors import CockpitError
from cockpit.runs.reader import hostname
from cockpit.tool_runs.events import Event, Finding, Level
from cockpit.tool_runs.layout import ToolPaths
from cockpit.tool_runs.result import read_asked, read_result
from cockpit.views.this_device import cpu_name
from cockpit.views.tool_calibration import ToolMachine, calibrations_of_tool

TOLD: Final = ("memory", "scaling", "steptime")
"""The tools whose results estimates can use."""


def remembered(events: Generator[Event], paths: ToolPaths) -> Generator[Event]:
    """Yield the events of a tool, and when it is over, however that is, keep what it measured."""
    try:
        yield from events
    except (GeneratorExit, KeyboardInterrupt):
        remember(paths)
        raise
    problem = remember(paths)
    if problem is not None:
        what = f"what {paths.tool} measured could not be kept for estimates: {problem}"
        yield Finding(Level.NOTE, "tool.unremembered", what)


def remember(paths: ToolPaths) -> str | None:
    """Keep what the tool in this folder measured; return why that could not be done, or None."""
    if paths.tool not in TOLD:
        return None
    try:
        asked, result = read_asked(paths), read_result(paths)
        if asked is None:
            return f"cannot read {paths.request}"
        here = ToolMachine(hostname(), cpu_name(), _names(glance()))
        found = calibrations_of_tool(asked, result, here, _id_of(paths))
    except CockpitError as error:
        return error.problem
    problems = [append_calibration(locations.calibrations_file(), one) for one in found]
    return next(filter(None, problems), None)


def _names(seen: Glance) -> tuple[str, ...]:
    # The name of a simulated GPU says nothing about what torch computes on.
    return () if seen.is_simulated else seen.names


def _id_of(paths: ToolPaths) -> str:
    """Return `memory:20261121-184307`, after the folder."""
    return f"{paths.tool}:{paths.root.name.removeprefix(f'{paths.tool}-')}"
