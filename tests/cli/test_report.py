from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.calling import cockpit


def left_by_a_tool(home: Path) -> Path:
    folder = home / "cockpit" / "tools" / "steptime-20261121-184307"
    folder.mkdir(parents=True)
    events: list[dict[str, object]] = [
        {"kind": "started", "tool": "steptime", "versions": {"torch": "2.13.0"}},
        {"kind": "row", "table": "steptime", "values": {"phase": "forward", "time_ms": 21.5}},
        {"kind": "finished", "outcome": "passed", "why": "one step"},
    ]
    lines = (json.dumps({"schema": 1, "time": 1795286587.0} | event) for event in events)
    (folder / "events.jsonl").write_text("".join(f"{line}\n" for line in lines))
    return folder


@pytest.mark.parametrize("way", ["name", "path"])
def test_the_reports_of_a_tool_are_written_where_it_ran(tmp_path: Path, way: str) -> None:
    folder = left_by_a_tool(tmp_path)
    subject = folder.name if way == "name" else str(folder)
    done = cockpit("report", subject, env={"XDG_DATA_HOME": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:2] == [str(folder / "report.md"), str(folder / "result.json")]
    assert "**Passed: one step.**" in (folder / "report.md").read_text()


def test_the_report_of_a_tool_goes_elsewhere_when_asked(tmp_path: Path) -> None:
    folder = left_by_a_tool(tmp_path)
    env = {"XDG_DATA_HOME": str(tmp_path)}
    done = cockpit("report", folder.name, "--output", str(tmp_path / "new"), env=env)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "new" / "steptime.csv").read_text() == "phase,time_ms\nforward,21.5\n"
    assert not (folder / "report.md").exists()


def test_what_was_only_opened_needs_a_folder(tmp_path: Path) -> None:
    run = tmp_path / "theirs"
    run.mkdir()
    (run / "results.csv").write_text("epoch,loss\n1,2.5\n2,1.5\n")
    env = {"XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = cockpit("report", str(run), env=env)
    assert done.returncode == 2
    assert "nothing is written into its folder" in done.stderr
    assert [path.name for path in run.iterdir()] == ["results.csv"]
    done = cockpit("report", str(run), "--output", str(tmp_path / "out"), env=env)
    assert done.returncode == 0, done.stderr
    assert "| `loss` |" in (tmp_path / "out" / "report.md").read_text().replace("**", "")


def test_a_name_of_nothing_is_one_sentence(tmp_path: Path) -> None:
    done = cockpit("report", "memory-20261121-184307", env={"XDG_DATA_HOME": str(tmp_path)})
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
