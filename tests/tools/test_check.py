from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from cockpit.errors import EnvironmentNotFit, InputError
from cockpit.presets.model import Launch, LaunchKind, Origin, Preset
from cockpit.tool_runs.events import Finding, Finished, Level, Outcome
from cockpit.tool_runs.layout import list_tool_runs
from cockpit.tool_runs.result import read_asked, read_result
from cockpit.tools.check import CheckRequest, check, check_events, choose_python, judge_definition
from cockpit.tools.check_verdict import broken, is_fit, last_word
from tests.nvml_stub.stub import build_stub

NOW_S = 1.0e9


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COCKPIT_DEVICES", "none")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return folder


def preset(folder: Path, *modules: str, script: str = "train.py") -> Preset:
    (folder / "train.py").write_text("")
    launch = Launch(LaunchKind.PYTHON, script=script, cpu_ranks=1, modules=modules)
    return Preset("digits", folder / "digits.toml", Origin.YOURS, "", launch)


def by_code(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.code: finding for finding in findings}


def run(request: CheckRequest, environ: dict[str, str] | None = None) -> list[Finding]:
    return list(check(request, {**os.environ, **(environ or {})}, NOW_S))


def test_a_python_without_torch_is_not_fit_and_everything_else_is_told(bare: Path) -> None:
    findings = run(CheckRequest(str(bare / "bin" / "python")))
    found = by_code(findings)
    assert not is_fit(findings)
    assert found["torch.version"].level is Level.PROBLEM
    assert found["disk.free"].what.startswith("disk: ")
    assert str(bare) in found["python.choice"].what
    assert [f.code for f in findings if f.level is Level.PROBLEM] == ["torch.version"]


def test_events_are_kept_in_the_data_folder(bare: Path, tmp_path: Path) -> None:
    run(CheckRequest(str(bare / "bin" / "python")))
    kept = list((tmp_path / "data" / "cockpit" / "tools").glob("check-*/events.jsonl"))
    assert len(kept) == 1


def test_all_that_was_asked_is_written_down(bare: Path, tmp_path: Path) -> None:
    python, script = str(bare / "bin" / "python"), tmp_path / "own.py"
    script.write_text("")
    asked_for = CheckRequest(python, None, None, has_ddp=False, script=script, is_strict=True)
    assert "ddp.untried" in by_code(run(asked_for))
    (paths,) = list_tool_runs(tmp_path / "data" / "cockpit" / "tools")
    asked = read_asked(paths)
    assert asked is not None
    assert asked.values == {"no-ddp": "on", "script": str(script), "strict": "on"}
    assert asked.choice == python
    assert any(one.code == "ddp.untried" for one in read_result(paths).findings)


def test_another_environment_is_asked_about_itself_and_not_about_ours(bare: Path) -> None:
    found = by_code(run(CheckRequest(str(bare))))
    assert found["python.environment"].what == f"Python environment {bare}"
    assert found["ultralytics.version"].what.startswith("no Ultralytics")
    assert "ddp.step" not in found


def test_a_script_is_looked_into(bare: Path, tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text("parser.add_argument('--local_rank')")
    found = by_code(run(CheckRequest(str(bare), script=script)))
    assert "train.py:1" in found["script.local-rank"].what


def test_gpus_that_are_not_there_are_refused_before_anything_starts(
    bare: Path, tmp_path: Path
) -> None:
    with pytest.raises(EnvironmentNotFit):
        run(CheckRequest(str(bare), gpus="0,1"))
    assert not (tmp_path / "data" / "cockpit" / "tools").exists()


def test_the_driver_s_own_words_are_among_the_findings(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_stub(tmp_path).use(
        monkeypatch, "model=h20 count=3 ecc=1:5 narrow=2 remap=1 throttle=0:68"
    )
    found = by_code(run(CheckRequest(str(bare), has_ddp=False)))
    assert found["gpu.ecc"].what == "GPU 1: 1 uncorrected memory error"
    assert found["gpu.remap"].level is Level.WARNING
    assert found["pcie.link"].what == "GPU 2: PCIe x4 of x16"
    assert found["gpu.throttle"].what.startswith("GPU 0: slowed now: too hot")


@pytest.mark.parametrize(
    ("scenario", "code", "words"),
    [
        ("init=hang", "nvml.driver", "answer"),
        ("count=2 hang=1", "gpu.silent", "GPU 1: "),
    ],
)
def test_a_driver_that_is_broken_does_not_hold_up_the_check(
    bare: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    scenario: str,
    code: str,
    words: str,
) -> None:
    build_stub(tmp_path).use(monkeypatch, scenario)
    found = by_code(run(CheckRequest(str(bare), has_ddp=False)))
    assert found[code].level is Level.PROBLEM
    assert words in found[code].what
    assert found["disk.free"]


def test_simulated_gpus_are_judged_and_labelled(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COCKPIT_DEVICES", "simulated:2x2080,hot=1")
    found = by_code(run(CheckRequest(str(bare), has_ddp=False)))
    assert found["gpu.throttle"].what.startswith("SIMULATED: GPU 1: slowed now")


def test_a_python_that_is_none_is_a_finding(tmp_path: Path) -> None:
    impostor = tmp_path / "python"
    impostor.write_text("#!/bin/sh\necho hello\n")
    impostor.chmod(0o755)
    (finding,) = run(CheckRequest(str(impostor)))
    assert (finding.level, finding.code) == (Level.PROBLEM, "python.choice")
    assert "is no Python 3" in finding.what


def test_a_path_that_does_not_exist_is_wrong_input() -> None:
    with pytest.raises(InputError, match="no Python at"):
        run(CheckRequest("/nonexistent/python"))


def test_a_module_that_the_preset_names_and_nobody_has(bare: Path, tmp_path: Path) -> None:
    request = CheckRequest(str(bare / "bin" / "python"), preset(tmp_path, "no_such_module"))
    found = by_code(run(request))
    assert found["preset.modules"].level is Level.PROBLEM
    assert "has no no_such_module" in found["preset.modules"].what
    assert "pip install no_such_module" in (found["preset.modules"].remedy or "")
    assert found["preset.definition"].level is Level.OK
    assert found["preset.gpus"].level is Level.OK


def test_a_tpu_preset_is_told_what_would_end_on_the_cpu(bare: Path, tmp_path: Path) -> None:
    wanted = preset(tmp_path)
    wanted = replace(wanted, launch=replace(wanted.launch, kind=LaunchKind.XLA))
    found = by_code(run(CheckRequest(str(bare), wanted), {"PJRT_DEVICE": "TPU"}))
    assert found["xla.missing"].level is Level.PROBLEM
    assert "fall back to the CPU without a word" in found["xla.missing"].what
    assert "preset.gpus" not in found


def test_a_python_home_of_ours_does_not_reach_the_tool(bare: Path) -> None:
    found = by_code(run(CheckRequest(str(bare)), {"PYTHONHOME": "/nonexistent"}))
    assert found["disk.free"]


def test_the_active_venv_is_asked_when_it_has_the_modules(bare: Path, tmp_path: Path) -> None:
    environ = {"VIRTUAL_ENV": str(bare), "HOME": str(tmp_path)}
    python, findings = choose_python(CheckRequest(preset=preset(tmp_path, "json")), environ)
    assert python is not None
    assert (python.path.parent.parent, python.reason) == (bare, "active venv")
    assert by_code(findings)["preset.modules"].level is Level.OK


def test_a_script_that_is_missing_is_a_problem_of_the_preset(tmp_path: Path) -> None:
    assert judge_definition(preset(tmp_path)).level is Level.OK
    finding = judge_definition(preset(tmp_path, script="trian.py"))
    assert finding.level is Level.PROBLEM
    assert "did you mean train.py?" in finding.what


def test_a_driver_that_hangs_does_not_hang_the_check(bare: Path, tmp_path: Path) -> None:
    torch = tmp_path / "hanging"
    torch.mkdir()
    (torch / "torch.py").write_text("import time; time.sleep(600)")
    request = CheckRequest(str(bare / "bin" / "python"), timeout_s=6.0)
    found = by_code(run(request, {"PYTHONPATH": str(torch)}))
    assert found["check.timeout"].level is Level.PROBLEM
    assert "importing torch" in found["check.timeout"].what
    assert found["disk.free"]


def test_strict_counts_warnings() -> None:
    findings = [Finding(Level.OK, "a", ""), Finding(Level.WARNING, "b", "")]
    assert is_fit(findings)
    assert not is_fit(findings, is_strict=True)
    assert not is_fit([Finding(Level.PROBLEM, "c", "")])


@pytest.mark.real
@pytest.mark.skipif(find_spec("torch") is None, reason="no torch in this interpreter")
def test_this_interpreter_is_asked_through_the_packed_tool() -> None:
    findings = run(CheckRequest(sys.executable))
    found = by_code(findings)
    assert len(found) == len(findings)
    assert found["torch.version"].level is Level.OK
    assert found["amp.step"].level is Level.OK
    assert found["ddp.step"].level is Level.OK


def test_a_later_look_sees_what_cockpit_itself_found(bare: Path, tmp_path: Path) -> None:
    broken = replace(preset(tmp_path, script="nowhere.py"), name="mine")
    findings = run(CheckRequest(str(bare / "bin" / "python"), broken))
    (paths,) = list_tool_runs(tmp_path / "data" / "cockpit" / "tools")
    kept = read_result(paths)
    assert {one.code for one in kept.findings} == {one.code for one in findings}
    asked = read_asked(paths)
    assert asked is not None
    assert (asked.tool, asked.preset) == ("check", "mine")


def test_the_record_says_what_was_said_of_all(bare: Path, tmp_path: Path) -> None:
    broken_preset = preset(tmp_path, script="nowhere.py")
    said = [
        event
        for event in check_events(
            CheckRequest(str(bare / "bin" / "python"), broken_preset), os.environ, NOW_S
        )
        if isinstance(event, Finished)
    ]
    (paths,) = list_tool_runs(tmp_path / "data" / "cockpit" / "tools")
    assert [one.outcome for one in said] == [Outcome.FAILED]
    kept = read_result(paths)
    assert kept.outcome is Outcome.FAILED
    assert kept.why == said[0].why
    assert kept.why.startswith("not fit to train: ")


def test_a_check_that_is_left_after_its_diagnostic_is_not_called_passed(
    bare: Path, tmp_path: Path
) -> None:
    asked = CheckRequest(str(bare / "bin" / "python"), preset(tmp_path, script="nowhere.py"))
    with closing(check_events(asked, os.environ, NOW_S)) as events:
        for event in events:
            if isinstance(event, Finding) and event.code == "preset.definition":
                break
    (paths,) = list_tool_runs(tmp_path / "data" / "cockpit" / "tools")
    assert read_result(paths).outcome is Outcome.STOPPED


PART = Finished(1.0, Outcome.PASSED, "fit to train")


def test_the_last_word_is_on_everything_that_was_found() -> None:
    warning, problem = Finding(Level.WARNING, "a", ""), Finding(Level.PROBLEM, "b", "")
    assert last_word([], PART, is_strict=True) == PART
    assert last_word([warning], PART, is_strict=False).why == "fit to train: 1 warning"
    assert last_word([warning], PART, is_strict=True).outcome is Outcome.FAILED
    assert last_word([problem], PART, is_strict=False) == Finished(
        1.0, Outcome.FAILED, "not fit to train: 1 problem"
    )
    ended = replace(PART, outcome=Outcome.STOPPED)
    assert last_word([problem], ended, is_strict=False) == ended


def test_a_diagnostic_that_breaks_without_a_finding_is_a_problem() -> None:
    failed = Finished(1.0, Outcome.FAILED, "KeyError: x")
    found = broken(failed, [])
    assert found is not None
    assert (found.level, found.what) == (Level.PROBLEM, "the check itself failed: KeyError: x")
    assert broken(failed, [Finding(Level.PROBLEM, "b", "")]) is None
    assert broken(PART, []) is None
