from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cockpit.processes.lock import hold
from cockpit.views.opened_list import remember
from cockpit.views.report_list import ReportList, Standing, list_reports
from cockpit.views.report_text import files_beside, read_report


def tool(tools: Path, name: str, *events: dict[str, object], report: str | None = None,
         values: dict[str, str] | None = None) -> Path:  # fmt: skip
    folder = tools / name
    folder.mkdir(parents=True)
    asked = {"schema": 1, "tool": name.partition("-")[0], "time": 1.0, "python": "/x/python",
             "preset": "printer", "values": values or {}, "arguments": []}  # fmt: skip
    (folder / "request.json").write_text(json.dumps(asked))
    lines = [json.dumps({"schema": 1, "time": 1.0} | event) for event in events]
    (folder / "events.jsonl").write_text("".join(f"{line}\n" for line in lines))
    if report is not None:
        (folder / "report.md").write_text(report)
    return folder


STOPPED_ONLY: dict[str, object] = {
    "kind": "finding", "level": "note", "code": "memory.stopped", "what": "by s", "remedy": None,
}  # fmt: skip
"""As a cockpit before this one left it."""


PROBLEM: dict[str, object] = {
    "kind": "finding", "level": "problem", "code": "a.b", "what": "gone", "remedy": None,
}  # fmt: skip


def finished(outcome: str, why: str = "") -> dict[str, object]:
    return {"kind": "finished", "outcome": outcome, "why": why}


def test_the_newest_report_comes_first_and_a_result_without_a_report_is_there_too(
    tmp_path: Path,
) -> None:
    tool(tmp_path, "memory-20261119-100000", finished("passed"), report="# Memory\n",
         values={"model": "yolo11n.yaml", "no-ema": "on"})  # fmt: skip
    tool(tmp_path, "check-20261120-100000", finished("failed", "no torch"))
    newest, older = list_reports(tmp_path, tmp_path / "none")
    assert (newest.kind, newest.standing, newest.why) == ("check", Standing.FAILED, "no torch")
    assert newest.report is None
    assert older.report == tmp_path / "memory-20261119-100000" / "report.md"
    assert older.about == "preset printer · model yolo11n.yaml · no-ema"


def test_a_comparison_tells_its_runs_and_its_verdict(tmp_path: Path) -> None:
    folder = tmp_path / "compare-20261120-100000"
    folder.mkdir()
    text = "# Comparison of one\\_run and two\n\n**two is better in mAP50(B).**\n"
    (folder / "comparison_report.md").write_text(text)
    (entry,) = list_reports(tmp_path, tmp_path / "none")
    assert (entry.kind, entry.about) == ("comparison", "one_run and two")
    assert entry.why == "two is better in mAP50(B)"


def test_a_comparison_written_elsewhere_is_remembered(tmp_path: Path) -> None:
    remembered, folder = tmp_path / "compared.json", tmp_path / "mine"
    assert list_reports(tmp_path / "none", tmp_path / "none", remembered) == ()
    folder.mkdir()
    (folder / "comparison_report.md").write_text("# Comparison of a and b\n")
    remember(remembered, folder)
    (entry,) = list_reports(tmp_path / "none", tmp_path / "none", remembered)
    assert (entry.kind, entry.about, entry.folder) == ("comparison", "a and b", folder)
    (folder / "comparison_report.md").unlink()
    assert list_reports(tmp_path / "none", tmp_path / "none", remembered) == ()


@pytest.mark.parametrize(
    ("events", "standing"),
    [
        ([finished("stopped", "by SIGINT")], Standing.STOPPED),
        ([finished("skipped", "as an older tool says it")], Standing.STOPPED),
        ([STOPPED_ONLY], Standing.STOPPED),
        ([PROBLEM, finished("passed", "fit to train")], Standing.FAILED),
        ([{"kind": "progress", "done": 1, "total": 2, "what": "x"}], Standing.BROKEN_OFF),
    ],
)
def test_how_a_tool_ended_is_told(
    tmp_path: Path, events: list[dict[str, object]], standing: Standing
) -> None:
    tool(tmp_path, "memory-20261119-100000", *events)
    (entry,) = list_reports(tmp_path, tmp_path / "none")
    assert entry.standing is standing


def test_a_tool_whose_lock_is_held_runs_and_is_looked_at_again(tmp_path: Path) -> None:
    folder = tool(tmp_path, "memory-20261119-100000")
    descriptor = hold(folder / "runner.lock")
    reports = ReportList(tmp_path, tmp_path / "none")
    assert reports.read()[0].standing is Standing.RUNNING
    os.close(descriptor)
    assert reports.read()[0].standing is Standing.BROKEN_OFF


def test_a_report_that_is_written_later_is_found(tmp_path: Path) -> None:
    folder = tool(tmp_path, "memory-20261119-100000", finished("passed"))
    reports = ReportList(tmp_path, tmp_path / "none")
    assert reports.read()[0].report is None
    (folder / "report.md").write_text("# Memory\n")
    assert reports.read()[0].report == folder / "report.md"


def test_names_from_outside_carry_no_codes(tmp_path: Path) -> None:
    tool(tmp_path, "memory-20261119-100000", finished("failed", "\x1b[31mred\x07"),
         values={"model": "a\x1b]0;title\x07b\nc"})  # fmt: skip
    (entry,) = list_reports(tmp_path, tmp_path / "none")
    assert entry.why == "red"
    assert entry.about == "preset printer · model ab c"


def test_a_report_that_is_too_long_is_cut_at_a_line_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    path.write_text("0123456789\n" * 100)
    read = read_report(path, 25)
    assert read.text == "0123456789\n0123456789"
    assert read.notes == ("cut: 22 B of 1.1 KiB are shown",)


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    assert "not there any more" in read_report(tmp_path / "gone.md").problem
    os.mkfifo(tmp_path / "pipe.md")
    assert "not a regular file" in read_report(tmp_path / "pipe.md").problem
    (tmp_path / "bytes.md").write_bytes(b"caf\xe9 \x1b[31mred\x1b[0m")
    read = read_report(tmp_path / "bytes.md")
    assert read.text == "caf� red"
    assert "not UTF-8" in read.notes[0]


def test_the_files_beside_are_listed_without_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.csv", "a.png", ".draft"):
        (tmp_path / name).write_text("1234")
    assert [(one.path.name, one.size_bytes) for one in files_beside(tmp_path)] == [
        ("a.png", 4), ("b.csv", 4),
    ]  # fmt: skip
