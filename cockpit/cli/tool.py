"""A tool on the command line: its rows as they come, then its findings, then where it all lies."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

import typer

from cockpit.cli.findings import lines_of
from cockpit.cli.printing import say, shown
from cockpit.tool_runs.events import Event, Level, Outcome, Progress, stopped
from cockpit.tool_runs.layout import ToolPaths
from cockpit.tool_runs.result import ToolResult, fold, read_asked
from cockpit.tools.start import ToolAsk, ToolStart, start_tool

FAILED = 1


class Face(Protocol):
    """How one tool is printed."""

    def lines(self, result: ToolResult, event: Event) -> Sequence[str]:
        """Return what to print when `event` came; `result` holds it already."""

    def closing_lines(self, result: ToolResult) -> Sequence[str]:
        """Return what to print at the end, before the findings."""

    def as_object(self, result: ToolResult) -> dict[str, object]:
        """Return what `--json` prints."""


def run_in_terminal(
    ask: ToolAsk, face: Face, *, as_json: bool = False, output: Path | None = None
) -> ToolResult:
    """Run a tool, print what it says, and return it; reports go to its folder, or to `output`.

    Exits with 1 when a problem was found, or when it was broken off; what was measured until
    then is kept. Raises InputError, EnvironmentNotFit and ToolError before anything starts.
    """
    began = start_tool(ask, os.environ, time.time())
    result = _follow(began, face, is_quiet=as_json)
    if as_json:
        print(json.dumps(face.as_object(result), indent=2))
    else:
        say("\n".join(_ending(result, face)))
    _write_reports(result, began.paths, output)
    if is_bad(result):
        raise typer.Exit(FAILED)
    return result


@contextmanager
def sigterm_as_interrupt() -> Iterator[None]:
    """End as Ctrl-C does on SIGTERM, so that what was measured has a last word.

    `timeout` sends it twice: the second is not heard any more, and the reports are written.
    """

    def interrupt(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGTERM) is interrupt:
            signal.signal(signal.SIGTERM, before)


def is_bad(result: ToolResult) -> bool:
    """Say whether the result is no success: a problem, a failure, or no last word."""
    return result.outcome is not Outcome.PASSED


def findings_object(result: ToolResult) -> list[dict[str, object]]:
    """Return the findings for `--json`."""
    return [
        {"level": one.level, "code": one.code, "what": one.what, "remedy": one.remedy}
        for one in result.findings
    ]


def _follow(began: ToolStart, face: Face, *, is_quiet: bool) -> ToolResult:
    result = ToolResult(began.paths.tool)
    line = ProgressLine()
    try:
        with closing(began.events) as events, sigterm_as_interrupt():
            for event in events:
                result = fold(result, event)
                if isinstance(event, Progress):
                    line.show(event)
                elif not is_quiet and (text := face.lines(result, event)):
                    line.clear()
                    say("\n".join(text))
                    sys.stdout.flush()
    except KeyboardInterrupt:
        for last in stopped(began.paths.tool, "", time.time()):
            result = fold(result, last)
    line.clear()
    return result


def _ending(result: ToolResult, face: Face) -> list[str]:
    lines = list(face.closing_lines(result))
    order = list(reversed(Level))
    for finding in sorted(result.findings, key=lambda one: order.index(one.level)):
        lines += lines_of(finding)
    if result.outcome not in (None, Outcome.PASSED) and result.why:
        lines.append(f"{result.outcome}: {result.why}")
    return lines


def _write_reports(result: ToolResult, paths: ToolPaths, output: Path | None) -> None:
    """Write the reports, and say where they lie; what was seen counts, a full disk keeps less."""
    from cockpit.reports.tools.folder import write_reports

    asked = read_asked(paths)
    for folder in (paths.root, *([output] if output else [])):
        written = write_reports(result, asked, folder)
        if written.paths:
            say(f"{folder}: {', '.join(path.name for path in written.paths)}", sys.stderr)
    for problem in written.problems:
        say(problem, sys.stderr)


class ProgressLine:
    """One line on standard error that is written over; nothing where that is no terminal."""

    def __init__(self) -> None:
        self._is_on = sys.stderr.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb")
        self._is_shown = False

    def show(self, progress: Progress) -> None:
        """Show how far it is."""
        if not self._is_on:
            return
        share = f"{progress.done:g}/{progress.total:g}  " if progress.total else ""
        width = max(20, shutil.get_terminal_size().columns - 1)
        print(
            f"\r\x1b[K{shown(share + progress.what)[:width]}", end="", file=sys.stderr, flush=True
        )
        self._is_shown = True

    def clear(self) -> None:
        """Take the line away, so that something else can be printed."""
        if self._is_shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._is_shown = False
