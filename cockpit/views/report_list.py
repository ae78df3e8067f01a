"""The reports that there are: of tools, of runs and of comparisons, the newest first."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from cockpit.errors import CockpitError
from cockpit.files import modified, open_regular, read_end, stamp
from cockpit.metrics.log_lines import strip_codes
from cockpit.runs.catalog import list_runs
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.reader import read_run
from cockpit.tool_runs.events import (
    STOPPED,
    Finding,
    Finished,
    Level,
    MalformedEvent,
    Outcome,
    parse_event,
)
from cockpit.tool_runs.layout import ToolPaths, list_tool_runs
from cockpit.tool_runs.result import ToolAsked, is_running, read_asked, read_result
from cockpit.views.opened_list import read_opened

COMPARISON: Final = "comparison"
RUN: Final = "run"
REPORT: Final = "report.md"
COMPARED: Final = ("compare", "comparison_report.md")
"""How the folder of a comparison begins, and what lies in it."""
END_BYTES: Final = 16 << 10
"""The last word of a tool stands in so much of the end of its events."""
PROBLEM: Final = f'"{Level.PROBLEM}"'.encode()
"""How the events of a tool that found a problem say so."""
HEAD_BYTES: Final = 4 << 10
"""Title and verdict of a comparison stand in so much of its beginning."""
_MOMENT: Final = re.compile(r"-(\d{8}-\d{6})(?:-(\d+))?$")
_ESCAPED: Final = re.compile(r"\\([^a-zA-Z0-9\s])")


class Standing(StrEnum):
    """How what a report is about ended; each value is the word that people read."""

    PASSED = "passed"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"
    BROKEN_OFF = "broken off"
    """It ended without a last word."""
    RUNNING = "running"
    LOST = "lost"
    COMPARED = "compared"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """One report, or the result of a tool of which none was written yet."""

    kind: str
    """A tool's name, `run` or `comparison`."""
    time_s: float
    """When the tool began, or when the report was written."""
    about: str
    """What it is about: the runs, or what the tool was asked."""
    standing: Standing
    folder: Path
    report: Path | None
    """The Markdown; None where none was written."""
    why: str = ""
    """How it ended, in a sentence: the verdict, the tool's last word."""

    @property
    def path(self) -> Path:
        """The report, or the folder where there is none."""
        return self.report or self.folder


class ReportList:
    """Reads the list again and again; a folder in which nothing changed is not read anew.

    A file that is made or replaced changes its folder; one that grows belongs to a tool that runs.
    """

    def __init__(self, tools_dir: Path, runs_dir: Path, compared_file: Path | None = None) -> None:
        self._tools_dir = tools_dir
        self._runs_dir = runs_dir
        self._compared_file = compared_file
        self._known: dict[Path, tuple[object, ReportEntry]] = {}

    def read(self) -> tuple[ReportEntry, ...]:
        """Return every report, the newest first."""
        known: dict[Path, tuple[object, ReportEntry]] = {}
        for paths in list_tool_runs(self._tools_dir):
            self._keep(known, paths.root, stamp(paths.root))
        for run in _reported(self._runs_dir):
            self._keep(known, run.root, (stamp(run.report), stamp(run.state)))
        for folder in self._compared():
            self._keep(known, folder, stamp(folder / COMPARED[1]))
        self._known = known
        entries = (entry for _, entry in known.values())
        return tuple(sorted(entries, key=lambda one: (-one.time_s, one.folder.name)))

    def _keep(
        self, known: dict[Path, tuple[object, ReportEntry]], folder: Path, mark: object
    ) -> None:
        before = self._known.get(folder)
        if before is not None and before[0] == mark and before[1].standing is not Standing.RUNNING:
            known[folder] = before
        elif (entry := self._entry(folder)) is not None:
            known[folder] = (mark, entry)

    def _entry(self, folder: Path) -> ReportEntry | None:
        if folder.parent == self._runs_dir:
            return _of_run(RunPaths(folder))
        is_of_tool = folder.parent == self._tools_dir and ToolPaths(folder).tool != COMPARED[0]
        return _of_tool(ToolPaths(folder)) if is_of_tool else _of_comparison(folder)

    def _compared(self) -> Iterable[Path]:
        """Yield the folders outside ours into which somebody had a comparison written."""
        paths = read_opened(self._compared_file) if self._compared_file else ()
        return (Path(path) for path in paths if Path(path).parent != self._tools_dir)


def list_reports(
    tools_dir: Path, runs_dir: Path, compared_file: Path | None = None
) -> tuple[ReportEntry, ...]:
    """Return every report of tools, runs and comparisons, the newest first."""
    return ReportList(tools_dir, runs_dir, compared_file).read()


def _reported(runs_dir: Path) -> Iterable[RunPaths]:
    return (paths for paths in list_runs(runs_dir) if paths.report.is_file())


def _of_tool(paths: ToolPaths) -> ReportEntry:
    report = paths.root / REPORT
    standing, why = _end_of(paths)
    return ReportEntry(
        kind=strip_codes(paths.tool),
        time_s=_moment(paths.root),
        about=_asked_words(read_asked(paths)),
        standing=standing,
        folder=paths.root,
        report=report if report.is_file() else None,
        why=strip_codes(why),
    )


def _end_of(paths: ToolPaths) -> tuple[Standing, str]:
    """Return how a tool ended; whether it runs is asked before its words are read."""
    runs = is_running(paths)
    try:
        _, text = read_end(paths.events, END_BYTES)
    except OSError as error:
        return (Standing.RUNNING, "") if runs else (Standing.UNKNOWN, error.strerror or "")
    if runs:
        return Standing.RUNNING, ""
    for line in reversed(text.splitlines()):
        with suppress(MalformedEvent):
            event = parse_event(line)
            if isinstance(event, Finished):
                return _ended(event, paths)
            if isinstance(event, Finding) and event.code.endswith(STOPPED):
                return Standing.STOPPED, event.what  # an older cockpit wrote no last word then
    return Standing.BROKEN_OFF, "it ended without a last word"


def _ended(finished: Finished, paths: ToolPaths) -> tuple[Standing, str]:
    """Return what the last word comes to; all is read only where it may be overruled."""
    outcome, why = finished.outcome, finished.why
    with suppress(CockpitError, OSError):
        if outcome is Outcome.PASSED and PROBLEM in paths.events.read_bytes():
            result = read_result(paths)
            outcome, why = result.outcome or outcome, result.why
    if outcome is Outcome.PASSED:
        return Standing.PASSED, why
    return (Standing.FAILED if outcome is Outcome.FAILED else Standing.STOPPED), why


def _asked_words(asked: ToolAsked | None) -> str:
    """Return `preset NAME · sizes 1MiB,16MiB`; empty where everything was left as it is."""
    if asked is None:
        return ""
    words = [f"preset {asked.preset}"] if asked.preset else []
    words += [
        name if value == "on" else f"{name} {value}"
        for name, value in asked.values.items()
        if value
    ]
    return strip_codes(" · ".join(words).replace("\n", " "))


def _of_comparison(folder: Path) -> ReportEntry | None:
    report = folder / COMPARED[1]
    if not report.is_file():
        return None
    about, why = _title_and_verdict(report)
    return ReportEntry(COMPARISON, modified(report), about, Standing.COMPARED, folder, report, why)


def _title_and_verdict(report: Path) -> tuple[str, str]:
    try:
        with open_regular(report) as file:
            text = os.pread(file.fileno(), HEAD_BYTES, 0).decode("utf-8", "replace")
    except OSError:
        return "", ""
    lines = [line for line in text.splitlines() if line.strip()]
    title = lines[0].removeprefix("# Comparison of ") if lines else ""
    bold = next((line for line in lines[1:3] if line.startswith("**")), "")
    return _plain(title), _plain(bold.strip("*.")) if bold else ""


def _plain(text: str) -> str:
    return strip_codes(_ESCAPED.sub(r"\1", text)).strip()


def _of_run(paths: RunPaths) -> ReportEntry:
    run, report = read_run(paths), paths.report
    standing = _PHASES.get(run.phase, Standing.UNKNOWN) if run else Standing.UNKNOWN
    problem = run.state.problem if run and run.state else None
    return ReportEntry(
        kind=RUN,
        time_s=modified(report),
        about=strip_codes(paths.run_id),
        standing=standing,
        folder=paths.root,
        report=report,
        why=strip_codes((problem or "").split("\n", 1)[0]),
    )


_PHASES: Final = {
    Phase.SUCCEEDED: Standing.SUCCEEDED,
    Phase.FAILED: Standing.FAILED,
    Phase.STOPPED: Standing.STOPPED,
    Phase.LOST: Standing.LOST,
    Phase.QUEUED: Standing.RUNNING,
    Phase.RUNNING: Standing.RUNNING,
    Phase.STOPPING: Standing.RUNNING,
    Phase.UNSUPERVISED: Standing.RUNNING,
}


def _moment(folder: Path) -> float:
    """Return the local moment in a folder's name; else when the folder was written."""
    found = _MOMENT.search(folder.name)
    with suppress(ValueError):
        if found:
            return datetime.strptime(found[1], "%Y%m%d-%H%M%S").astimezone().timestamp()
    return modified(folder)
