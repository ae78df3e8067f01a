from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cockpit.cli import check as command
from cockpit.cli.findings import lines_of, to_json
from cockpit.errors import InputError
from cockpit.tool_runs.events import Finding, Level
from cockpit.tools.check_verdict import verdict

OK = Finding(Level.OK, "a.b", "fine", "not shown")
WARNING = Finding(Level.WARNING, "c.d", "small", "ulimit -n 65536")
PROBLEM = Finding(Level.PROBLEM, "e.f", "gone\nfor good", "do this\n  or: that")


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COCKPIT_DEVICES", "none")
    app = typer.Typer()
    app.command()(command.check)
    return app


def test_one_line_for_a_subject_and_the_remedy_beneath() -> None:
    assert lines_of(OK) == ["✓ fine"]
    assert lines_of(WARNING) == ["! small", "    try: ulimit -n 65536"]
    assert lines_of(PROBLEM) == ["✗ gone", "    for good", "    try: do this", "    or: that"]


def test_control_codes_from_outside_reach_no_terminal() -> None:
    assert lines_of(Finding(Level.NOTE, "a", "\x1b[31mred\x07")) == ["·  [31mred "]


def test_the_verdict_counts_what_stands_against_it() -> None:
    assert verdict([OK], is_strict=False) == "fit to train"
    assert verdict([OK, WARNING], is_strict=False) == "fit to train: 1 warning"
    assert verdict([WARNING, WARNING], is_strict=True) == "not fit to train: 2 warnings"
    assert verdict([PROBLEM, WARNING], is_strict=False) == (
        "not fit to train: 1 problem, 1 warning"
    )


def test_json_is_false_exactly_when_one_is_a_problem() -> None:
    assert json.loads(to_json([OK, WARNING]))["fit"] is True
    value = json.loads(to_json([OK, PROBLEM]))
    assert value["fit"] is False
    assert value["findings"][0] == {
        "level": "ok",
        "code": "a.b",
        "what": "fine",
        "remedy": "not shown",
    }


def test_a_file_that_is_no_python_is_not_fit(app: typer.Typer, tmp_path: Path) -> None:
    impostor = tmp_path / "python"
    impostor.write_text("no program")
    done = CliRunner().invoke(app, ["--python", str(impostor), "--json"])
    assert done.exit_code == 3
    value = json.loads(done.stdout)
    assert value["fit"] is False
    assert [finding["code"] for finding in value["findings"]] == ["python.choice"]


def test_a_script_that_is_not_there_is_wrong_input(app: typer.Typer) -> None:
    done = CliRunner().invoke(app, ["--script", "/nonexistent/train.py"])
    assert isinstance(done.exception, InputError)


def test_two_forms_at_once_are_wrong_input(app: typer.Typer) -> None:
    done = CliRunner().invoke(app, ["--json", "--markdown"])
    assert isinstance(done.exception, InputError)


@pytest.mark.real
@pytest.mark.skipif(find_spec("torch") is None, reason="no torch in this interpreter")
def test_this_interpreter_is_fit(app: typer.Typer) -> None:
    done = CliRunner().invoke(app, ["--python", sys.executable])
    last = done.stdout.splitlines()[-1]
    assert done.exit_code == (0 if last.startswith("fit to train") else 3)
    assert "✓ torch" in done.stdout
    assert "\x1b" not in done.stdout
