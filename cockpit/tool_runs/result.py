"""The result of a tool, folded from its events; the same for the screen, the terminal, a report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from cockpit.errors import ToolError
from cockpit.files import read_json
from cockpit.processes.lock import is_held
from cockpit.tool_runs.events import (
    Artifact,
    Event,
    Finding,
    Finished,
    Level,
    MalformedEvent,
    Measurement,
    Outcome,
    Progress,
    Row,
    Started,
    parse_event,
)
from cockpit.tool_runs.layout import ToolPaths


@dataclass(frozen=True, slots=True)
class ToolAsked:
    """What a tool was asked for, as written before it began."""

    tool: str
    time_s: float
    python: str
    """Path of the training interpreter."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Option by name; those left at their default are not in it."""
    preset: str | None = None
    arguments: tuple[str, ...] = ()
    """What the tool was really given."""
    choice: str = ""
    """How the interpreter was chosen: `auto`, a path, `conda:NAME`; empty where not told."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool has said so far."""

    tool: str
    started: Started | None = None
    progress: Progress | None = None
    tables: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    """Rows by table, in the order in which they came."""
    measurements: tuple[Measurement, ...] = ()
    findings: tuple[Finding, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    finished: Finished | None = None

    @property
    def outcome(self) -> Outcome | None:
        """How it ended; None while it runs, and where it was broken off.

        What found a problem has not passed, whatever its last word was.
        """
        if self.finished is None:
            return None
        return Outcome.FAILED if self._is_overruled else self.finished.outcome

    @property
    def why(self) -> str:
        """Its last word on that; empty where there is none."""
        if self.finished is None or not self._is_overruled:
            return self.finished.why if self.finished else ""
        count = sum(one.level is Level.PROBLEM for one in self.findings)
        found = f"{count} problem{'s were' if count > 1 else ' was'} found"
        # The diagnostic's word of older checks is that all is fit: it knew its own part alone.
        is_silent = not self.finished.why or self.tool == "check"
        return found if is_silent else f"{found}; {self.finished.why}"

    @property
    def _is_overruled(self) -> bool:
        is_passed = self.finished is not None and self.finished.outcome is Outcome.PASSED
        return is_passed and self.level is Level.PROBLEM

    @property
    def is_partial(self) -> bool:
        """True where there is no last word: what is here was measured, but not all of it."""
        return self.finished is None or self.finished.outcome is Outcome.STOPPED

    @property
    def level(self) -> Level:
        """The worst level among the findings; OK where there is none."""
        order = list(Level)
        return max((one.level for one in self.findings), key=order.index, default=Level.OK)

    def value(self, name: str) -> float | None:
        """Return the last measured number of that name."""
        return next((one.value for one in reversed(self.measurements) if one.name == name), None)


def fold(result: ToolResult, event: Event) -> ToolResult:
    """Return the result with one event more. Pure."""
    match event:
        case Started():
            return replace(result, started=event)
        case Progress():
            return replace(result, progress=event)
        case Row():
            rows = (*result.tables.get(event.table, ()), event)
            return replace(result, tables={**result.tables, event.table: rows})
        case Measurement():
            return replace(result, measurements=(*result.measurements, event))
        case Finding():
            return replace(result, findings=(*result.findings, event))
        case Artifact():
            return replace(result, artifacts=(*result.artifacts, event))
        case Finished():
            return replace(result, finished=event)
        case _:
            assert_never(event)


def fold_all(tool: str, events: Iterable[Event]) -> ToolResult:
    """Return the result of a whole stream."""
    result = ToolResult(tool)
    for event in events:
        result = fold(result, event)
    return result


def read_result(paths: ToolPaths) -> ToolResult:
    """Return what a tool has said in its folder; a cut last line is left out.

    Raises ToolError where there is nothing to read.
    """
    try:
        text = paths.events.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ToolError(f"cannot read {paths.events}: {error.strerror}") from error
    events = []
    for line in text.splitlines():
        try:
            event = parse_event(line)
        except MalformedEvent:
            continue
        if event is not None:
            events.append(event)
    return fold_all(paths.tool, events)


def read_asked(paths: ToolPaths) -> ToolAsked | None:
    """Return what was asked, or None where that cannot be read."""
    written = read_json(paths.request)
    if not written or not isinstance(written.get("tool"), str):
        return None
    values, arguments = written.get("values"), written.get("arguments")
    preset, time_s = written.get("preset"), written.get("time")
    return ToolAsked(
        tool=written["tool"],
        time_s=float(time_s) if isinstance(time_s, int | float) else 0.0,
        python=str(written.get("python", "")),
        values={str(k): str(v) for k, v in values.items()} if isinstance(values, dict) else {},
        preset=str(preset) if preset else None,
        arguments=tuple(map(str, arguments)) if isinstance(arguments, list) else (),
        choice=str(written.get("python_choice") or ""),
    )


def is_running(paths: ToolPaths) -> bool:
    """Say whether somebody runs this tool right now."""
    return is_held(paths.lock)
