"""A tool that runs inside the TUI: one thread takes its events, anybody may look or stop it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cockpit import locations
from cockpit.errors import CockpitError
from cockpit.presets.resolve import resolve
from cockpit.tool_runs.events import Event
from cockpit.tool_runs.layout import ToolPaths, list_tool_runs
from cockpit.tool_runs.result import ToolAsked, ToolResult, fold, read_asked
from cockpit.tools.catalog import CHECK
from cockpit.tools.check import CheckRequest, check_events
from cockpit.tools.start import ToolAsk, start_tool
from cockpit.tui.crash import write_traceback
from cockpit.tui.file_facts import home
from cockpit.tui.tools.from_preset import completed
from cockpit.tui.tools.record import ToolRecord

END_S: Final = 10.0
"""Longer than it takes to end a tool that ignores SIGTERM."""


@dataclass(frozen=True, slots=True)
class Began:
    """A tool that is about to run."""

    paths: ToolPaths | None
    python: str
    events: Generator[Event]
    has_reports: bool = True
    """Whether reports are written when it is over, as the command line does."""


Begin = Callable[[ToolAsk, float], Began]


def begin(ask: ToolAsk, now_s: float) -> Began:
    """Make ready what was asked for. Raises what `start_tool`, `check` and `answer` raise."""
    if ask.definition.is_own:
        from cockpit.tools.estimate_answer import answer
        from cockpit.tui.tools.probing import probe

        found = answer(ask, now_s, probe)
        return Began(found.paths, "", found.events)
    if ask.definition.name != CHECK.name:
        started = start_tool(completed(ask), os.environ, now_s)
        return Began(started.paths, str(started.python.path), started.events)
    preset = resolve(ask.preset) if ask.preset else None
    choice = None if ask.python == "auto" else ask.python
    script = ask.values.get("script")
    request = CheckRequest(
        choice, preset, ask.values.get("gpus") or None,
        has_ddp=ask.values.get("no-ddp") != "on",
        script=Path(script).expanduser().absolute() if script else None,
        is_strict=ask.values.get("strict") == "on",
        is_stopped=ask.is_stopped,
    )  # fmt: skip
    return Began(None, ask.python, check_events(request, os.environ, now_s), has_reports=False)


class ToolJob(threading.Thread):
    """Runs one tool to its end; a daemon, for a driver that hangs must not hold up `q`."""

    def __init__(self, ask: ToolAsk, clock: Callable[[], float], begin: Begin = begin) -> None:
        super().__init__(name=f"cockpit-{ask.definition.name}", daemon=True)
        self._stopped = threading.Event()
        self._ask = replace(ask, is_stopped=self._stopped.is_set)
        self._begin = begin
        self.written = ""
        """Where the reports are, once they are written."""
        now_s = clock()
        asked = ToolAsked(
            ask.definition.name, now_s, ask.python, dict(ask.values), ask.preset, (), ask.python
        )
        result = ToolResult(ask.definition.name)
        self._record = ToolRecord(ask.definition.name, None, asked, result, True, seen_s=now_s)

    @property
    def record(self) -> ToolRecord:
        """What is known now; a frozen value, read from any thread."""
        return self._record

    @property
    def is_stopping(self) -> bool:
        """True from the wish to stop until the end."""
        return self._stopped.is_set() and self._record.is_running

    def stop(self) -> None:
        """End the tool soon; what it measured is kept."""
        self._stopped.set()

    def close(self) -> None:
        """End the tool and wait for that: no process of it outlives the TUI."""
        self.stop()
        if self.is_alive():
            self.join(END_S)

    def run(self) -> None:
        """Take the events until there are no more."""
        try:
            self._follow()
        except CockpitError as error:
            remedy = f"\n{error.remedy}" if error.remedy else ""
            self._record = replace(
                self._record, is_running=False, refusal=f"{error.problem}{remedy}"
            )
        except Exception as error:  # noqa: BLE001  # the worker boundary of the TUI
            file = write_traceback(error)
            where = f"\nthe traceback is in {file}" if file else ""
            refusal = f"{type(error).__name__}: {error}{where}"
            self._record = replace(self._record, is_running=False, refusal=refusal)

    def _follow(self) -> None:
        began = self._begin(self._ask, self._record.seen_s)
        asked = read_asked(began.paths) if began.paths else None
        self._record = replace(self._record, paths=began.paths, asked=asked or self._record.asked)
        result = self._record.result
        with closing(began.events) as events:
            if not self._stopped.is_set():
                for event in events:
                    result = fold(result, event)
                    self._record = replace(self._record, result=result)
        paths = began.paths or _newest_of(self._record.tool, self._record.seen_s)
        self._record = replace(self._record, paths=paths, is_running=False)
        if began.has_reports and paths is not None:
            self.written = write_record(self._record)


def write_record(record: ToolRecord) -> str:
    """Write the reports of a result beside it; return where they are, and what stood in the way."""
    from cockpit.reports.tools.folder import write_reports

    if record.paths is None:
        return ""
    written = write_reports(record.result, record.asked, record.paths.root)
    names = ", ".join(path.name for path in written.paths)
    told = [f"wrote {names} in {home(record.paths.root)}"] if names else []
    return "\n".join((*told, *written.problems))


def _newest_of(tool: str, since_s: float) -> ToolPaths | None:
    """Return the folder that was made since then; a check tells its own to nobody."""
    newest = next((one for one in list_tool_runs(locations.tools_dir()) if one.tool == tool), None)
    asked = read_asked(newest) if newest else None
    return newest if asked is not None and asked.time_s >= since_s else None
