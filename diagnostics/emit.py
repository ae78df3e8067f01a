"""One event, one JSON line on stdout; the schema is written in docs/architecture.md."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from typing import Any, NamedTuple, TextIO

SCHEMA = 1

OK = "ok"
NOTE = "note"
WARNING = "warning"
PROBLEM = "problem"


class Finding(NamedTuple):
    """What was found about one subject."""

    level: str
    """ok, note, warning or problem."""
    code: str
    """A stable name of the subject, such as `cuda.build`."""
    what: str
    remedy: str | None = None


def claim_stdout() -> TextIO:
    """Return stdout for events alone; what libraries print from now on goes to stderr."""
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return events


def emit(kind: str, out: TextIO, **fields: Any) -> None:
    """Write one event and flush it, so that a reader sees it at once.

    JSON has no NaN and no infinity: they are written as null, followed by a finding that says so.
    """
    clean, lost = _without_nonfinite(fields)
    event = {"schema": SCHEMA, "kind": kind, "time": time.time(), **clean}
    out.write(json.dumps(event, allow_nan=False) + "\n")
    out.flush()
    if lost:
        name = str(fields.get("name", kind))
        what = "{}: {} is not a finite number".format(name, ", ".join(lost))
        emit_finding(Finding(WARNING, name + ".not-finite", what), out)


def emit_row(table: str, values: dict[str, Any], out: TextIO) -> None:
    """Write one line of a table; values are texts, numbers, truths or None, units in the names."""
    clean, lost = _without_nonfinite(values)
    emit("row", out, table=table, values=clean)
    if lost:
        what = "{}: {} is not a finite number".format(table, ", ".join(lost))
        emit_finding(Finding(WARNING, table + ".not-finite", what), out)


def emit_finding(finding: Finding, out: TextIO) -> None:
    """Write a finding as an event."""
    emit("finding", out, **finding._asdict())


def _without_nonfinite(fields: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    lost = [
        name
        for name, value in fields.items()
        if isinstance(value, float) and not math.isfinite(value)
    ]
    return {name: None if name in lost else value for name, value in fields.items()}, lost
