"""What a diagnostic says, typed: schema 1 of the event lines, read strictly.

Unknown kinds and fields are ignored, so that an older cockpit can read a newer tool.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

SCHEMA: Final = 1
STOPPED: Final = ".stopped"
"""The end of the code of the finding that says that somebody stopped the tool."""
STDERR_LINES: Final = 20
"""So many of the last lines of stderr are shown when a tool broke."""

LARGEST: Final = sys.float_info.max
"""Python reads 1e999 as infinity, which no value here may be."""

Label = str | int | float


class MalformedEvent(ValueError):
    """A line is no event: cut, not JSON, or a known kind with a field missing or wrong."""


class Level(StrEnum):
    """How serious a finding is; only a problem makes an environment unfit."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"


class Outcome(StrEnum):
    """How a tool ended."""

    PASSED = "passed"
    FAILED = "failed"
    STOPPED = "stopped"
    """Somebody ended it: by a key, Ctrl-C, SIGTERM; older tools say `skipped`."""


@dataclass(frozen=True, slots=True)
class Started:
    """The tool runs."""

    time_s: float
    tool: str
    argv: tuple[str, ...] = ()
    versions: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is, or only what it does now."""

    time_s: float
    done: float
    total: float | None
    what: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """One number; None where there is none, also in place of NaN and infinity."""

    time_s: float
    name: str
    value: float | None
    unit: str
    labels: Mapping[str, Label] = field(default_factory=dict)


Cell = str | int | float | bool | None
"""One value of a row; None where there is none, also in place of NaN and infinity."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; the end of a column's name is its unit, as in `time_us`."""

    time_s: float
    table: str
    """`all_reduce`, `pairs`, `memory`."""
    values: Mapping[str, Cell] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one subject."""

    level: Level
    code: str
    """Stable: `cuda.build`."""
    what: str
    remedy: str | None = None
    time_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that the tool wrote, relative to its folder."""

    time_s: float
    path: str
    what: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of a whole stream."""

    time_s: float
    outcome: Outcome
    why: str


Event = Started | Progress | Measurement | Row | Finding | Artifact | Finished


def parse_event(line: str) -> Event | None:
    """Return the event in one line, or None for a kind that this version does not know.

    Raises MalformedEvent.
    """
    fields = _parse_object(line)
    if fields.get("schema") != SCHEMA:
        raise MalformedEvent(f"schema is {fields.get('schema')!r}, not {SCHEMA}")
    make = _MAKERS.get(_text(fields, "kind"))
    return make(fields, _number(fields, "time")) if make else None


def finding_line(finding: Finding) -> str:
    """Return a finding of cockpit's own as an event line, without its line feed."""
    fields = asdict(finding)
    head = {"schema": SCHEMA, "kind": "finding", "time": fields.pop("time_s")}
    return json.dumps(head | fields, ensure_ascii=False)


def unfinished(tool: str, exit_code: int | None, stderr: Sequence[str], time_s: float) -> Finding:
    """Return the finding for a stream that ended without `finished`.

    `exit_code` is None when the tool had to be given up, negative when a signal ended it.
    """
    match exit_code:
        case None:
            how = "and its process cannot be ended"
        case code if code < 0:
            how = f"by signal {-code}"
        case code:
            how = f"with exit code {code}"
    last = "\n".join(stderr[-STDERR_LINES:])
    what = f"{tool} ended {how} before it was finished" + (
        f"; its last words:\n{last}" * bool(last)
    )
    return Finding(Level.PROBLEM, f"{tool}.unfinished", what, time_s=time_s)


def stopped(tool: str, doing: str, time_s: float) -> tuple[Finding, Finished]:
    """Return the last two events of a tool that somebody ended before it was done."""
    what = f"{tool} was stopped before it was finished; what it measured is kept"
    what += f"; the last it said: {doing}" if doing else ""
    finding = Finding(Level.NOTE, f"{tool}{STOPPED}", what, time_s=time_s)
    return finding, Finished(time_s, Outcome.STOPPED, "what was measured until then is kept")


def finished_line(finished: Finished) -> str:
    """Return a last word of cockpit's own as an event line, without its line feed."""
    head = {"schema": SCHEMA, "kind": "finished", "time": finished.time_s}
    return json.dumps(head | {"outcome": finished.outcome, "why": finished.why})


def _parse_object(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise MalformedEvent(f"no JSON: {error}") from error
    if not isinstance(value, dict):
        raise MalformedEvent("no JSON object")
    return value


def _refuse(constant: str) -> float:
    raise MalformedEvent(f"{constant} is no JSON")


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise MalformedEvent(f"{name} is {value!r}, not a text")
    return value


def _number(fields: Mapping[str, Any], name: str) -> float:
    value = _number_or_none(fields, name)
    if value is None:
        raise MalformedEvent(f"{name} is missing")
    return value


def _number_or_none(fields: Mapping[str, Any], name: str) -> float | None:
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MalformedEvent(f"{name} is {value!r}, not a number")
    if not abs(value) <= LARGEST:
        raise MalformedEvent(f"{name} is too large")
    return float(value)


def _started(fields: Mapping[str, Any], time_s: float) -> Started:
    argv, versions = fields.get("argv", []), fields.get("versions", {})
    if not isinstance(argv, list) or not isinstance(versions, dict):
        raise MalformedEvent("argv must be a list and versions an object")
    names = {str(name): None if text is None else str(text) for name, text in versions.items()}
    return Started(time_s, _text(fields, "tool"), tuple(map(str, argv)), names)


def _progress(fields: Mapping[str, Any], time_s: float) -> Progress:
    total = _number_or_none(fields, "total")
    return Progress(time_s, _number(fields, "done"), total, _text(fields, "what"))


def _measurement(fields: Mapping[str, Any], time_s: float) -> Measurement:
    own = {"schema", "kind", "time", "name", "value", "unit"}
    labels = {
        name: label
        for name, label in fields.items()
        if name not in own and isinstance(label, str | int | float)
    }
    value = _number_or_none(fields, "value")
    return Measurement(time_s, _text(fields, "name"), value, _text(fields, "unit"), labels)


def _row(fields: Mapping[str, Any], time_s: float) -> Row:
    values = fields.get("values")
    if not isinstance(values, dict):
        raise MalformedEvent(f"values is {values!r}, not an object")
    return Row(time_s, _text(fields, "table"), {name: _cell(values, name) for name in values})


def _cell(values: Mapping[str, Any], name: str) -> Cell:
    value = values[name]
    if isinstance(value, str | bool) or value is None:
        return value
    number = _number(values, name)
    return value if isinstance(value, int) else number


def _finding(fields: Mapping[str, Any], time_s: float) -> Finding:
    try:
        level = Level(_text(fields, "level"))
    except ValueError as error:
        raise MalformedEvent(str(error)) from error
    remedy = None if fields.get("remedy") is None else _text(fields, "remedy")
    return Finding(level, _text(fields, "code"), _text(fields, "what"), remedy, time_s)


def _artifact(fields: Mapping[str, Any], time_s: float) -> Artifact:
    return Artifact(time_s, _text(fields, "path"), _text(fields, "what"))


def _finished(fields: Mapping[str, Any], time_s: float) -> Finished:
    said = _text(fields, "outcome")
    try:
        outcome = Outcome.STOPPED if said == "skipped" else Outcome(said)
    except ValueError as error:
        raise MalformedEvent(str(error)) from error
    return Finished(time_s, outcome, _text(fields, "why"))


_MAKERS: Final[Mapping[str, Callable[[Mapping[str, Any], float], Event]]] = {
    "started": _started,
    "progress": _progress,
    "measurement": _measurement,
    "row": _row,
    "finding": _finding,
    "artifact": _artifact,
    "finished": _finished,
}
