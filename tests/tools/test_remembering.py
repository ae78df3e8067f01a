"""What a tool measured is kept for estimates when it ends, and never in its way."""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.calibrations.calibration import Kind
from cockpit.calibrations.file import read_calibrations
from cockpit.tool_runs.events import Event, Finding, Level, parse_event
from cockpit.tool_runs.layout import ToolPaths
from cockpit.tools.remembering import remembered

DATA = Path(__file__).parent.parent / "data" / "tools"


@pytest.fixture
def steptime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ToolPaths:
    """Return the folder of a steptime that has ended."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("COCKPIT_DEVICES", "none")
    paths = ToolPaths(locations.tools_dir() / "steptime-20261122-022155")
    paths.root.mkdir(parents=True)
    shutil.copy(DATA / "steptime-cpu.jsonl", paths.events)
    asked = {"tool": "steptime", "time": 1000.0, "python": "/python", "preset": "shapes"}
    paths.request.write_text(json.dumps(asked))
    return paths


def events_of(paths: ToolPaths) -> Generator[Event]:
    for line in paths.events.read_text().splitlines():
        event = parse_event(line)
        if event is not None:
            yield event


def test_what_a_tool_measured_is_kept(steptime: ToolPaths) -> None:
    events = list(remembered(events_of(steptime), steptime))
    assert len(events) == len(list(events_of(steptime)))
    (one,) = read_calibrations(locations.calibrations_file())
    assert (one.calibration_id, one.kind) == ("steptime:20261122-022155", Kind.STEPTIME)
    assert one.preset == "shapes"
    assert one.device.startswith("cpu: ")


def test_a_tool_that_is_stopped_keeps_what_it_has(steptime: ToolPaths) -> None:
    events = remembered(events_of(steptime), steptime)
    next(events)
    assert not locations.calibrations_file().exists()
    events.close()
    assert len(read_calibrations(locations.calibrations_file())) == 1


def test_what_cannot_be_kept_is_a_note_and_nothing_else(steptime: ToolPaths) -> None:
    locations.calibrations_file().mkdir()
    *events, last = remembered(events_of(steptime), steptime)
    assert events == list(events_of(steptime))
    assert isinstance(last, Finding)
    assert last.level is Level.NOTE
    assert "could not be kept" in last.what


def test_a_folder_that_is_gone_breaks_nothing(steptime: ToolPaths) -> None:
    events = remembered(events_of(steptime), steptime)
    next(events)
    shutil.rmtree(steptime.root)
    events.close()
    assert read_calibrations(locations.calibrations_file()) == ()


def test_a_name_of_a_simulated_gpu_is_not_believed(
    steptime: ToolPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COCKPIT_DEVICES", "simulated:2x2080")
    text = steptime.events.read_text().replace('"gloo"', '"nccl"')
    steptime.events.write_text(text)
    list(remembered(events_of(steptime), steptime))
    assert read_calibrations(locations.calibrations_file()) == ()
