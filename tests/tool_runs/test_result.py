from __future__ import annotations

import json
from pathlib import Path

import pytest

from cockpit.errors import ToolError
from cockpit.tool_runs.events import Finding, Finished, Level, Outcome, Row, parse_event
from cockpit.tool_runs.layout import ToolPaths, list_tool_runs
from cockpit.tool_runs.result import ToolResult, fold, fold_all, read_asked, read_result


def row(table: str, **values: int | float | str | None) -> Row:
    return Row(1.0, table, values)


def test_rows_are_kept_by_table_in_their_order() -> None:
    result = fold_all("memory", [row("a", n=1), row("b", n=2), row("a", n=3)])
    assert [one.values["n"] for one in result.tables["a"]] == [1, 3]
    assert [one.values["n"] for one in result.tables["b"]] == [2]


def test_without_a_last_word_a_result_is_partial() -> None:
    result = fold_all("memory", [row("a", n=1)])
    assert result.is_partial
    assert not fold(result, Finished(2.0, Outcome.PASSED, "")).is_partial
    assert fold(result, Finished(2.0, Outcome.STOPPED, "interrupted")).is_partial


def test_the_worst_finding_gives_the_level() -> None:
    findings = [Finding(level, "x", "y") for level in (Level.OK, Level.WARNING, Level.NOTE)]
    assert fold_all("check", findings).level is Level.WARNING
    assert ToolResult("check").level is Level.OK


def test_what_found_a_problem_has_not_passed() -> None:
    problem, passed = Finding(Level.PROBLEM, "x", "y"), Finished(2.0, Outcome.PASSED, "batch 16")
    assert fold_all("memory", [passed]).outcome is Outcome.PASSED
    result = fold_all("memory", [problem, passed])
    assert (result.outcome, result.why) == (Outcome.FAILED, "1 problem was found; batch 16")
    older = fold_all("check", [problem, problem, Finished(2.0, Outcome.PASSED, "fit to train")])
    assert older.why == "2 problems were found"
    assert fold_all("memory", [problem]).outcome is None
    halted = fold_all("memory", [problem, Finished(2.0, Outcome.STOPPED, "by SIGINT")])
    assert (halted.outcome, halted.why) == (Outcome.STOPPED, "by SIGINT")


def test_a_row_keeps_its_types_and_its_gaps() -> None:
    line = {"schema": 1, "kind": "row", "time": 1, "table": "t", "values": {}}
    line["values"] = {"size_bytes": 1024, "time_us": 2.5, "op": "x", "in_place": True, "gap": None}
    event = parse_event(json.dumps(line))
    assert isinstance(event, Row)
    assert event.values == line["values"]
    assert isinstance(event.values["size_bytes"], int)


def test_a_cut_line_is_left_out(tmp_path: Path) -> None:
    good = json.dumps({"schema": 1, "kind": "row", "time": 1, "table": "t", "values": {"n": 1}})
    (tmp_path / "events.jsonl").write_text(f"{good}\n{good[:20]}")
    assert len(read_result(ToolPaths(tmp_path)).tables["t"]) == 1


def test_a_folder_without_events_is_said(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"events\.jsonl"):
        read_result(ToolPaths(tmp_path))
    assert read_asked(ToolPaths(tmp_path)) is None


def test_runs_of_tools_are_listed_newest_first_and_other_folders_are_not(tmp_path: Path) -> None:
    names = ["memory-20261121-120000", "check-20261121-130000", "check-20261121-130000-2", "mine"]
    for name in names:
        (tmp_path / name).mkdir()
    assert [one.root.name for one in list_tool_runs(tmp_path)] == [names[2], names[1], names[0]]
    assert [one.tool for one in list_tool_runs(tmp_path)] == ["check", "check", "memory"]
    assert list_tool_runs(tmp_path / "none") == []
