from __future__ import annotations

import json
from pathlib import Path

import pytest

from cockpit.tool_runs.events import (
    Artifact,
    Finding,
    Finished,
    Level,
    MalformedEvent,
    Measurement,
    Outcome,
    Progress,
    Started,
    finding_line,
    parse_event,
    unfinished,
)

RECORDED = Path(__file__).parent.parent / "data" / "tools" / "check-cpu.jsonl"


def line(kind: str, **fields: object) -> str:
    return json.dumps({"schema": 1, "kind": kind, "time": 5.5, **fields})


def test_a_recorded_check_is_read_whole() -> None:
    events = [parse_event(text) for text in RECORDED.read_text().splitlines()]
    assert None not in events
    assert isinstance(events[0], Started)
    assert events[0].versions["torch"] == "2.13.0+cpu"
    assert isinstance(events[-1], Finished)
    assert events[-1].outcome is Outcome.PASSED
    findings = {event.code: event for event in events if isinstance(event, Finding)}
    assert findings["torch.version"].level is Level.OK
    assert findings["cuda.build"].level is Level.NOTE


def test_a_line_cut_at_every_byte_is_never_an_event() -> None:
    for whole in RECORDED.read_bytes().splitlines():
        for length in range(len(whole)):
            with pytest.raises(MalformedEvent):
                parse_event(whole[:length].decode("utf-8", "replace"))


@pytest.mark.parametrize(
    ("text", "event"),
    [
        (line("started", tool="check", argv=["a"]), Started(5.5, "check", ("a",), {})),
        (line("progress", done=1, total=None, what="x"), Progress(5.5, 1.0, None, "x")),
        (
            line("measurement", name="gpu.memory", value=8, unit="bytes", rank=1, odd=[1]),
            Measurement(5.5, "gpu.memory", 8.0, "bytes", {"rank": 1}),
        ),
        (
            line("measurement", name="loss", value=None, unit=""),
            Measurement(5.5, "loss", None, "", {}),
        ),
        (
            line("finding", level="warning", code="a.b", what="w", remedy="r"),
            Finding(Level.WARNING, "a.b", "w", "r", 5.5),
        ),
        (
            line("finding", level="ok", code="a.b", what="w"),
            Finding(Level.OK, "a.b", "w", None, 5.5),
        ),
        (line("artifact", path="a.png", what="curve"), Artifact(5.5, "a.png", "curve")),
        (line("finished", outcome="skipped", why="w"), Finished(5.5, Outcome.STOPPED, "w")),
        (line("finished", outcome="passed", why="w", new=1), Finished(5.5, Outcome.PASSED, "w")),
        (line("novelty", what="unknown to this version"), None),
    ],
)
def test_each_kind(text: str, event: object) -> None:
    assert parse_event(text) == event


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "12",
        "hello from a library",
        "[" * 100_000,
        '{"schema": 2, "kind": "finished", "time": 1, "outcome": "passed", "why": ""}',
        '{"kind": "finished", "time": 1, "outcome": "passed", "why": ""}',
        '{"schema": 1, "kind": 7, "time": 1}',
        '{"schema": 1, "kind": "progress", "time": 1, "done": NaN, "total": 1, "what": ""}',
        '{"schema": 1, "kind": "progress", "time": 1, "done": 1e999, "total": 1, "what": ""}',
        '{"schema": 1, "kind": "progress", "time": 1, "done": 1' + "0" * 400 + ', "what": ""}',
        line("progress", done="1", total=2, what="x"),
        line("progress", done=True, total=2, what="x"),
        line("progress", done=None, total=2, what="x"),
        line("finding", level="fatal", code="a", what="w"),
        line("finding", level="ok", code=None, what="w"),
        line("finding", level="ok", code="a", what="w", remedy=3),
        line("finished", outcome="done", why=""),
        line("started", tool="check", argv="a"),
    ],
)
def test_what_is_no_event_is_refused(text: str) -> None:
    with pytest.raises(MalformedEvent):
        parse_event(text)


def test_a_finding_of_our_own_is_read_back() -> None:
    finding = Finding(Level.PROBLEM, "check.timeout", "über\nzwei", None, 7.0)
    assert "\n" not in finding_line(finding)
    assert parse_event(finding_line(finding)) == finding


def test_a_stream_that_broke_off_tells_how_and_the_last_words() -> None:
    words = [f"line {number}" for number in range(30)]
    finding = unfinished("check", 1, words, 7.0)
    assert finding.level is Level.PROBLEM
    assert "exit code 1" in finding.what
    assert finding.what.splitlines()[1:] == words[-20:]
    assert "signal 9" in unfinished("check", -9, [], 7.0).what
    assert "cannot be ended" in unfinished("check", None, [], 7.0).what
