"""`cockpit report RUN|TOOL_FOLDER`: write what is known of it as a report for people."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from cockpit.errors import CockpitError, InputError


def report(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="RUN|TOOL_FOLDER", help="A run, last, or what a tool left: memory-20261121-…"
        ),
    ] = "last",
    output: Annotated[
        Path | None, typer.Option("--output", metavar="DIR", help="Write there instead.")
    ] = None,
) -> None:
    """Write the report of a run, or of a tool's result, and print where it lies."""
    from cockpit.cli.printing import say

    folder = tool_folder(subject) or (last_tool() if subject == "last" else None)
    paths = report_tool(folder, output) if folder else [report_run(subject, output)]
    say("\n".join(map(str, paths)))


def tool_folder(subject: str) -> Path | None:
    """Return the folder of a tool's run that a path or a name means; None where it means none."""
    from cockpit import locations
    from cockpit.tool_runs.layout import NAMED, ToolPaths

    try:
        for folder in (Path(subject).expanduser().absolute(), locations.tools_dir() / subject):
            if NAMED.fullmatch(folder.name) and ToolPaths(folder).events.is_file():
                return folder
    except (OSError, ValueError, RuntimeError):
        return None
    return None


def last_tool() -> Path | None:
    """Return what a tool left last, where there is no run; None where there is one."""
    from cockpit import locations
    from cockpit.errors import RunNotFound
    from cockpit.tool_runs.layout import NAMED, ToolPaths
    from cockpit.views.opened import open_run

    with suppress(RunNotFound):
        open_run("last")
        return None
    folders = locations.tools_dir().glob("*-*")
    left = [one for one in folders if NAMED.fullmatch(one.name) and ToolPaths(one).events.is_file()]
    return max(left, key=lambda one: ToolPaths(one).events.stat().st_mtime, default=None)


def report_tool(folder: Path, output: Path | None) -> list[Path]:
    """Write the reports of a tool's result. Raises CockpitError where none could be written."""
    from cockpit.reports.tools.folder import write_reports
    from cockpit.tool_runs.layout import ToolPaths
    from cockpit.tool_runs.result import read_asked, read_result

    paths = ToolPaths(folder)
    written = write_reports(read_result(paths), read_asked(paths), output or folder)
    if not written.paths:
        raise CockpitError("; ".join(written.problems), "another --output")
    for problem in written.problems:
        print(problem, file=sys.stderr)
    return list(written.paths)


def report_run(run: str, output: Path | None) -> Path:
    """Write the report of a run; what was only opened needs a folder to write to.

    Raises RunNotFound, InputError and CockpitError.
    """
    from cockpit.reports.run_folder import write_run_report
    from cockpit.runs.layout import RunPaths
    from cockpit.runs.phase import Phase
    from cockpit.views.explain import explain_view
    from cockpit.views.opened import open_run

    view = open_run(run)
    if view.opened is not None and output is None:
        raise InputError(
            f"{run} was not started by cockpit here: nothing is written into its folder",
            f"cockpit report {run} --output DIR",
        )
    has_failed = view.opened is None and view.phase in (Phase.FAILED, Phase.LOST)
    cause = explain_view(RunPaths(view.directory), view).cause if has_failed else None
    return write_run_report(view, cause, output)
