"""The report of a run, in the run's own folder."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from cockpit import __version__
from cockpit.analysis.cause import Cause
from cockpit.errors import CockpitError, InputError
from cockpit.files import read_end
from cockpit.reports.drafts import replace_all
from cockpit.reports.run_markdown import run_markdown
from cockpit.runs.layout import RunPaths
from cockpit.views.run_view import RunView

MARK: Final = "Written by cockpit"
"""Ends a report of ours, so that it may be replaced."""
END_BYTES: Final = 256


def write_run_report(view: RunView, cause: Cause | None, output: Path | None = None) -> Path:
    """Write the report of a run of this machine and return its path; `output` is another folder.

    An earlier report is replaced. Raises CockpitError where it cannot be written.
    """
    path = RunPaths(view.directory).report
    if output is not None:
        path = output.expanduser().absolute() / path.name
    written = f"{MARK} {__version__} on {datetime.now().astimezone():%Y-%m-%d %H:%M}"
    text = run_markdown(view, cause, written=written)
    _require_ours(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_all(path.parent, {path.name: text.encode(errors="backslashreplace")})
    except OSError as error:
        problem = f"{path} cannot be written: {error.strerror or error}"
        raise CockpitError(problem, "free some space, or another --output") from None
    return path


def _require_ours(path: Path) -> None:
    """Raise InputError where another report of that name would be lost."""
    try:
        is_ours = MARK in read_end(path, END_BYTES)[1]
    except OSError:
        return  # there is none, or it is told when it is written
    if not is_ours:
        raise InputError(f"{path} was not written by cockpit; it is left alone", "another --output")
