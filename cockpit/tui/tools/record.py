"""One run of a tool as the screen knows it: what was asked, what it said, how it stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cockpit.errors import ToolError
from cockpit.tool_runs.events import STOPPED, Level, Outcome
from cockpit.tool_runs.layout import ToolPaths, list_tool_runs
from cockpit.tool_runs.result import ToolAsked, ToolResult, is_running, read_asked, read_result


@dataclass(frozen=True, slots=True)
class ToolRecord:
    """One run of a tool."""

    tool: str
    paths: ToolPaths | None = None
    """None until its folder is known."""
    asked: ToolAsked | None = None
    result: ToolResult = field(default_factory=lambda: ToolResult(""))
    is_running: bool = False
    refusal: str = ""
    """Why it could not be started; what to try stands on the lines after the first."""
    seen_s: float = 0.0
    """When its folder was made or it was started, epoch seconds; 0 where that is not known."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a run of a tool stands: sign, its colour, its word."""

    sign: str
    look: str
    word: str


NEVER: Final = Standing("–", "faint", "never run")


def standing(record: ToolRecord | None) -> Standing:
    """Return how a run of a tool stands; what was broken off is never called passed."""
    if record is None:
        return NEVER
    if record.is_running:
        return Standing("●", "accent", "running")
    if record.refusal:
        return Standing("✗", "danger", "not started")
    result = record.result
    if result.outcome is Outcome.FAILED:
        return Standing("✗", "danger", "failed")
    if result.finished is None:
        if any(one.code.endswith(STOPPED) for one in result.findings):
            return Standing("■", "muted", "stopped")
        if result.level is Level.PROBLEM:
            return Standing("✗", "danger", "broken off")
        return Standing("◌", "attention", "broken off")
    if result.outcome is Outcome.STOPPED:
        return Standing("■", "muted", "stopped")
    if result.level is Level.WARNING:
        return Standing("▲", "attention", "passed, with a warning")
    return Standing("✓", "good", "passed")


def took_s(record: ToolRecord, now_s: float) -> float | None:
    """Return how long it ran, or runs until now; None where its beginning is not known."""
    began = record.result.started.time_s if record.result.started else record.seen_s
    if not began:
        return None
    if record.is_running:
        return max(0.0, now_s - began)
    times = [one.time_s for one in record.result.findings]
    if record.result.finished is not None:
        times = [record.result.finished.time_s]
    return max(times, default=began) - began if times else None


def left_s(record: ToolRecord, now_s: float) -> float | None:
    """Return how long the rest takes at the pace so far; None before anything was done."""
    progress, began = record.result.progress, record.result.started
    if progress is None or began is None or not progress.total or progress.done <= 0:
        return None
    pace_s = (progress.time_s - began.time_s) / progress.done
    rest_s = (progress.total - progress.done) * pace_s - (now_s - progress.time_s)
    return max(0.0, rest_s)


def read_record(paths: ToolPaths) -> ToolRecord | None:
    """Return what lies in a folder, or None where nothing can be read."""
    try:
        result = read_result(paths)
    except ToolError:
        return None
    asked = read_asked(paths)
    seen_s = asked.time_s if asked else result.started.time_s if result.started else 0.0
    return ToolRecord(paths.tool, paths, asked, result, is_running(paths), seen_s=seen_s)


def likely_first(records: Iterable[ToolRecord], shown: ToolRecord) -> tuple[ToolRecord, ...]:
    """Return what a result may be held against: those asked the same first, whole ones, older ones.

    `records` come the newest first, and so do those that are alike in this. One that runs is
    left out.
    """
    asked = _asked(shown)

    def distance(one: ToolRecord) -> tuple[bool, bool, bool]:
        return _asked(one) != asked, one.result.is_partial, one.seen_s > shown.seen_s

    there = (one for one in records if one.paths is not None and not one.is_running)
    return tuple(sorted(there, key=distance))


def named(record: ToolRecord) -> str:
    """Return the folder's name, and that nothing was measured where that is so."""
    name = record.paths.root.name if record.paths else record.tool
    result = record.result
    is_empty = not (result.tables or result.measurements or result.findings)
    return f"{name}  (empty: nothing was measured)" if is_empty else name


def _asked(record: ToolRecord) -> tuple[object, ...]:
    asked = record.asked
    return (asked.preset, tuple(sorted(asked.values.items()))) if asked else ()


def read_newest(tools_dir: Path, tools: Iterable[str]) -> dict[str, ToolRecord]:
    """Return the newest readable run of each of these tools."""
    wanted = set(tools)
    found: dict[str, ToolRecord] = {}
    for paths in list_tool_runs(tools_dir):
        if paths.tool in wanted - found.keys():
            record = read_record(paths)
            if record is not None:
                found[paths.tool] = record
    return found
