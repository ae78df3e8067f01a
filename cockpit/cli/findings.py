"""Findings on the command line: as lines for people, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final, assert_never

from cockpit.tool_runs.events import Finding, Level, Measurement, Outcome
from cockpit.tools.check_verdict import is_fit

INDENT: Final = "    "


def lines_of(finding: Finding) -> list[str]:
    """Return a finding as lines: glyph and words, then the remedy, indented."""
    first, *more = finding.what.splitlines() or [finding.code]
    lines = [f"{glyph(finding.level)} {first}", *(INDENT + line for line in more)]
    if finding.remedy and finding.level is not Level.OK:
        start, *rest = finding.remedy.splitlines()
        lines += [f"{INDENT}try: {start}", *(INDENT + line.strip() for line in rest)]
    return [_printable(line) for line in lines]


def to_json(
    findings: Sequence[Finding],
    measured: Sequence[Measurement] = (),
    about: Mapping[str, object] | None = None,
    *,
    is_strict: bool = False,
) -> str:
    """Return `{"fit": …, "findings": […]}`; fit is false exactly when one is a problem.

    `outcome` is what the exit code says; `about` is added as it is.
    """
    listed = [
        {"level": item.level, "code": item.code, "what": item.what, "remedy": item.remedy}
        for item in findings
    ]
    numbers = [
        {"name": one.name, "value": one.value, "unit": one.unit, **one.labels} for one in measured
    ]
    outcome = Outcome.PASSED if is_fit(findings, is_strict=is_strict) else Outcome.FAILED
    value = {
        "fit": is_fit(findings),
        "outcome": outcome,
        **(about or {}),
        "findings": listed,
        "measurements": numbers,
    }
    return json.dumps(value, indent=2)


def glyph(level: Level) -> str:
    """Return the one-cell sign of a level; readable without colour."""
    match level:
        case Level.OK:
            return "✓"
        case Level.NOTE:
            return "·"
        case Level.WARNING:
            return "!"
        case Level.PROBLEM:
            return "✗"
        case _:
            assert_never(level)


def _printable(text: str) -> str:
    """Drop control codes: an error text or a path comes from outside."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
