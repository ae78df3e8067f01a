"""What stands at the top of a tool's report: how it ended, what it found, what was asked."""

from __future__ import annotations

import shlex
from datetime import datetime
from typing import Final

from cockpit.reports.tools.setup import is_gloo
from cockpit.tool_runs.events import Finding, Level, Outcome
from cockpit.tool_runs.result import ToolAsked, ToolResult
from cockpit.units import duration

SLOW_PAIR: Final = "collectives.slow-pair"
"""Over gloo no accusation, as older results make it: who was scheduled when decides there."""
_FIRST: Final = {
    "memory": ("memory.largest",),
    "scaling": ("scaling.cause", "scaling.efficiency"),
    "steptime": ("steptime.cause", "scaling.cause", "steptime.largest"),
    "collectives": (
        "collectives.hang",
        "collectives.rank-died",
        "collectives.wrong",
        SLOW_PAIR,
    ),
}
"""The finding that a tool is run for, where it is there."""
_ORDER: Final = (Level.PROBLEM, Level.WARNING, Level.NOTE, Level.OK)


def is_broken_off(result: ToolResult) -> bool:
    """Say whether the tool never came to its last word."""
    return result.finished is None


def ended_s(result: ToolResult) -> float | None:
    """Return when the tool said its last, epoch seconds; None where it said nothing."""
    rows = [rows[-1].time_s for rows in result.tables.values() if rows]
    events = (result.started, result.progress, result.finished, *result.measurements[-1:])
    times = [*rows, *(one.time_s for one in events if one), *(f.time_s for f in result.findings)]
    return max((time_s for time_s in times if time_s > 0), default=None)


def by_urgency(result: ToolResult) -> list[Finding]:
    """Return the findings, what must be dealt with first."""
    return sorted(result.findings, key=lambda one: _ORDER.index(one.level))


def main_finding(result: ToolResult) -> Finding | None:
    """Return the finding that the tool was run for, else the most urgent one if it is urgent."""
    known = [one for one in by_urgency(result) if one.code != SLOW_PAIR or not is_gloo(result)]
    for code in _FIRST.get(result.tool, ()):
        found = [one for one in known if one.code == code]
        if len(found) == 1:
            return found[-1]
    worst = next(iter(known), None)
    return worst if worst and worst.level in (Level.PROBLEM, Level.WARNING) else None


def verdict(result: ToolResult) -> str:
    """Return how it ended in one line, without a full stop."""
    progress, outcome = result.progress, result.outcome
    if outcome is None:
        so_far = ""
        if progress is not None:
            total = "" if progress.total is None else f" of {progress.total:g}"
            so_far = f" after {progress.done:g}{total} ({progress.what})"
        return f"Partial: it was broken off{so_far}; what is below was measured, but not all"
    word = {
        Outcome.PASSED: "Passed",
        Outcome.FAILED: "Failed",
        Outcome.STOPPED: "Partial: stopped",
    }[outcome]
    return f"{word}: {result.why}" if result.why else word


def moment(time_s: float | None) -> str:
    """Return `2026-11-21 18:43`, local time; empty where it is not known."""
    if time_s is None:
        return ""
    return f"{datetime.fromtimestamp(time_s).astimezone():%Y-%m-%d %H:%M}"


def took(result: ToolResult) -> str:
    """Return how long it took; empty where that is not known."""
    end_s = ended_s(result)
    if result.started is None or end_s is None:
        return ""
    return duration(end_s - result.started.time_s)


def command(asked: ToolAsked) -> str:
    """Return the command that does it again."""
    words = ["cockpit", asked.tool]
    words += ["--preset", asked.preset] if asked.preset else []
    for name, value in asked.values.items():
        if not value:
            continue
        is_flag = value == "on" and "on" not in asked.arguments
        words += [f"--{name}"] if is_flag else [f"--{name}", value]
    words += ["--python", asked.python] if asked.python else []
    return shlex.join(words)
