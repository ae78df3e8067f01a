"""A tool's result as one JSON object: the contract that scripts rely on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

from cockpit.reports.tools.facts import ended_s, is_broken_off
from cockpit.tool_runs.result import ToolAsked, ToolResult

KIND: Final = "cockpit.tool_result"
"""Marks a file as ours, so that a later report may replace it."""
SCHEMA: Final = 1


def result_object(result: ToolResult, asked: ToolAsked | None) -> Mapping[str, object]:
    """Return all that a tool said. Times are epoch seconds; what is missing is null."""
    started = result.started
    return {
        "kind": KIND,
        "schema": SCHEMA,
        "tool": result.tool,
        "outcome": result.outcome,
        "why": result.why if result.finished else None,
        "is_partial": result.is_partial,
        "is_broken_off": is_broken_off(result),
        "started": started.time_s if started else None,
        "ended": ended_s(result),
        "versions": dict(started.versions) if started else {},
        "asked": asdict(asked) if asked else None,
        "findings": [
            {"level": one.level, "code": one.code, "what": one.what, "remedy": one.remedy}
            for one in result.findings
        ],
        "tables": {
            name: [dict(row.values) for row in rows] for name, rows in result.tables.items()
        },
        "measurements": [
            {"name": one.name, "value": one.value, "unit": one.unit, "labels": dict(one.labels)}
            for one in result.measurements
        ],
        "artifacts": [{"path": one.path, "what": one.what} for one in result.artifacts],
    }
