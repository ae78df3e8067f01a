from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.analysis.cause import Cause
from cockpit.analysis.clue import Evidence
from cockpit.errors import CockpitError, InputError
from cockpit.reports.run_folder import write_run_report
from cockpit.reports.run_markdown import run_markdown
from cockpit.runs.gpu_figures import GpuFigures
from cockpit.runs.phase import Phase
from cockpit.views.run_view import Asked, Checkpoint, RunView
from tests.tui import board

GIB = 1 << 30
CAUSE = Cause(
    "cuda.oom",
    "rank 1 ran out of GPU memory",
    evidence=(Evidence(12, "torch.OutOfMemoryError: ```CUDA\x1b[31m"),),
    remedies=("set batch-size = 8",),
)


def failed(directory: Path | None = None) -> RunView:
    figures = GpuFigures(0, "GPU-0", "RTX 2080", 60.0, 84.4, 198.2, 215.0, 7 * GIB, 8 * GIB)
    return replace(
        board.run(phase=Phase.FAILED, directory=directory, exit_code=1, problem="GPU 1: memory"),
        asked=Asked(("python", "my train.py"), {"A": "b c"}, Path("/home/ada"), 2, 32, 16),
        settings={"lr0": "0.01", "model": "a|b"},
        gpu_figures=(figures,),
        checkpoints=(Checkpoint(Path("/srv/last.pt"), 1 << 20, 1.0, is_checked=True),),
        remedy="fewer",
    )


def text_of(view: RunView, cause: Cause | None = CAUSE) -> str:
    return run_markdown(view, cause, written="Written by a test")


def test_the_report_says_how_it_ended_then_why_then_its_figures() -> None:
    lines = text_of(failed()).splitlines()
    assert lines[0] == "# quickstart-20261120-184200"
    assert lines[2].startswith("**✗ failed, 6 of 10 epochs, took ")
    heads = [line for line in lines if line.startswith("## ")]
    assert heads == [
        "## Why it failed", "## Metrics", "## GPUs", "## Facts", "## Command", "## Settings",
        "## Files",
    ]  # fmt: skip
    assert "`cuda.oom`: rank 1 ran out of GPU memory" in lines
    assert "- try: set batch-size = 8" in lines
    assert "| 0 RTX 2080 | 84% | 7.0 of 8.0 | – | 198 | – | 0 s |" in lines
    assert "A='b c' python 'my train.py'" in lines
    assert "| `lr0` | `0.01` |" in lines
    assert "- `/srv/last.pt`: checkpoint, readable, 1.0 MiB" in lines


def test_every_curve_has_its_best_and_its_last_value() -> None:
    text = text_of(failed())
    for name, series in failed().metrics.series.items():
        assert series.last is not None
        assert f"`{name}`" in text
        assert f"@{series.last.x:g} |" in text


def test_the_log_in_it_is_a_block_that_it_cannot_close() -> None:
    text = text_of(failed())
    assert "````text\n12: torch.OutOfMemoryError: ```CUDA\n````" in text
    assert "\x1b" not in text


def test_a_run_that_goes_on_and_one_without_a_cause_tell_what_is_known() -> None:
    running = text_of(board.run(), None)
    assert "● running, 6 of 10 epochs" in running
    assert "## Why it failed" not in running
    wrong = text_of(failed(), None)
    assert "## What is wrong\n\nGPU 1: memory.\n\n- try: fewer" in wrong


def test_simulated_gpus_are_called_so() -> None:
    assert "SIMULATED" in text_of(replace(board.run(), is_simulated=True), None)


def test_it_lies_in_the_folder_of_the_run_and_is_replaced(tmp_path: Path) -> None:
    path = write_run_report(failed(tmp_path), CAUSE)
    assert path == tmp_path / "reports" / "report.md"
    assert write_run_report(replace(failed(tmp_path), run_id="other"), None) == path
    assert path.read_text().startswith("# other\n")
    assert [file.name for file in path.parent.iterdir()] == ["report.md"]


def test_a_report_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "report.md").write_text("mine")
    with pytest.raises(InputError, match="was not written by cockpit"):
        write_run_report(failed(tmp_path), None, tmp_path)
    assert (tmp_path / "report.md").read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CockpitError, match="cannot be written"):
        write_run_report(failed(tmp_path), None, tmp_path / "file" / "out")
