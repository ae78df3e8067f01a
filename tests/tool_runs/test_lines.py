from __future__ import annotations

import math

import pytest

from cockpit.tool_runs.events import (
    Artifact,
    Event,
    Finding,
    Finished,
    Level,
    Measurement,
    Outcome,
    Progress,
    Row,
    Started,
    parse_event,
)
from cockpit.tool_runs.lines import event_line


@pytest.mark.parametrize(
    "event",
    [
        Started(1.0, "estimate", ("a",), {"cockpit": "0.1.0", "torch": None}),
        Progress(1.0, 1, 2.0, "what"),
        Measurement(1.0, "time.total", 2.5, "s", {"low": 1.0, "high": 4.0}),
        Row(1.0, "time", {"part": "总", "likely_s": 2.0, "fits": True, "none": None}),
        Finding(Level.NOTE, "rests on", "配电", None, 1.0),
        Artifact(1.0, "a.png", "picture"),
        Finished(1.0, Outcome.PASSED, "done"),
    ],
)
def test_an_event_is_read_back_as_it_was(event: Event) -> None:
    line = event_line(event)
    assert "\n" not in line
    assert parse_event(line) == event


def test_what_is_no_number_is_missing_when_it_is_read_back() -> None:
    found = parse_event(event_line(Row(1.0, "time", {"low_s": math.inf, "high_s": math.nan})))
    assert found == Row(1.0, "time", {"low_s": None, "high_s": None})
