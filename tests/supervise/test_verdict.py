from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.supervise.request import RunRequest
from cockpit.supervise.start import launch
from cockpit.supervise.verdict import (
    SHORT_REMEDY,
    Reached,
    cut_short,
    has_stopped_early,
    judge,
    keep_results,
    phase_at_end,
)
from tests.supervise.running import look, start, view, wait_for, wait_for_log

ALL, SOME, UNKNOWN = Reached(10, 10), Reached(3, 10), Reached(None, 10)
EARLY = Reached(3, 10, stopped_early=True)


@pytest.mark.parametrize(
    ("code", "asked", "reached", "phase"),
    [
        (0, False, ALL, Phase.SUCCEEDED),
        (0, False, UNKNOWN, Phase.SUCCEEDED),
        (0, False, SOME, Phase.FAILED),
        (0, False, EARLY, Phase.SUCCEEDED),
        (1, False, ALL, Phase.FAILED),
        (None, False, ALL, Phase.SUCCEEDED),
        (None, False, EARLY, Phase.SUCCEEDED),
        (None, False, SOME, Phase.FAILED),
        (1, True, SOME, Phase.STOPPED),
        (0, True, SOME, Phase.STOPPED),
        (0, True, ALL, Phase.SUCCEEDED),
    ],
)
def test_how_a_run_ended(code: int | None, asked: bool, reached: Reached, phase: Phase) -> None:
    assert phase_at_end(code, reached, was_asked=asked) is phase


@pytest.mark.parametrize(
    "said",
    [
        "EarlyStopping: Training stopped early as no improvement observed in last 100 epochs.",
        "Stopping training early as no improvement observed in last 100 epochs.",
        "Monitored metric val_loss did not improve in the last 3 records. Best score: 0.412.",
        "Early stopping",
        "Early stopping!",
        "Early stopping at epoch 17",
        "Early stopping triggered",
        "Early stopping after 5 epochs without improvement",
        "stopping early: val loss went up",
    ],
)
def test_early_stopping_is_read_from_the_log(tmp_path: Path, said: str) -> None:
    log = tmp_path / "train.log"
    log.write_text(f"epoch 3/10 done\n{said}\nbest weights saved\n")
    assert has_stopped_early(log)


@pytest.mark.parametrize(
    "said",
    [
        "EarlyStopping counter: 3 out of 7",
        "Early stopping: patience 50",
        "callbacks: EarlyStopping(monitor='val_loss', patience=10)",
        "early_stopping: true",
        "Using early stopping with patience 10",
        "epoch 3/10 done",
    ],
)
def test_that_it_may_stop_early_is_not_that_it_did(tmp_path: Path, said: str) -> None:
    log = tmp_path / "train.log"
    log.write_text(f"{said}\nepoch 3/10 done\n")
    assert not has_stopped_early(log)


def test_an_error_behind_an_early_exit_code_0_is_named(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path)
    paths.log.write_text(
        "epoch 3/10 done\nTraceback (most recent call last):\n"
        '  File "/home/ann/train.py", line 9, in <module>\n    step()\n'
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.\ngiving up\n"
    )
    cause = cut_short(paths, "exit code 0, but only 3 of 10 epochs")
    assert cause.code == "cuda_oom"
    assert cause.what.startswith("exit code 0, but only 3 of 10 epochs: the GPU has no memory left")
    paths.log.write_text("epoch 3/10 done\n")
    assert cut_short(paths, "x").what == "x"


def test_an_adopted_job_that_ended_short_says_how_far_it_came(home: Path) -> None:
    paths = start(epochs="10", stop_after="0", hang="true")
    wait_for_log(paths, "ready")
    record = look(paths).record
    (paths.out / "results.csv").write_text("epoch,train/loss\n1,1.0\n2,0.5\n")
    found = judge(record, paths, None, was_asked=False)
    assert found.problem == "ended after 2 of 10 epochs, and nobody saw how"
    assert found.remedy == SHORT_REMEDY


def test_exit_code_0_after_3_of_10_epochs_is_no_success(home: Path) -> None:
    paths = start(epochs="10", stop_after="3")
    wait_for(paths, Phase.FAILED)
    state = look(paths).state
    assert state is not None
    assert (state.exit_code, state.problem) == (0, "exit code 0, but only 3 of 10 epochs")


def plain_script(body: str) -> RunPaths:
    """Run a script that prints its epochs on lines of their own."""
    folder = locations.config_dir() / "presets"
    (folder / "plain.py").write_text(body)
    (folder / "plain.toml").write_text(
        'schema = 1\nsummary = "A plain script"\n[launch]\nkind = "python"\nscript = "plain.py"\n'
        f'python = "{sys.executable}"\ncpu_ranks = 1\n[metrics]\nreader = "log"\n'
    )
    return launch(RunRequest("plain", ())).paths


def test_a_plain_script_that_ended_well_is_no_failure(home: Path) -> None:
    paths = plain_script(
        'for e in (1, 2, 3):\n    print(f"Epoch {e}/3")\n    print("loss", 1 / e)\n'
    )
    wait_for(paths, Phase.FAILED, Phase.SUCCEEDED)
    state = look(paths).state
    assert state is not None
    assert (state.phase, state.epoch, state.problem) == (Phase.SUCCEEDED, 3, None)
    assert view(paths).epoch == 3


def test_a_plain_script_that_left_in_its_last_epoch_is_no_success(home: Path) -> None:
    paths = plain_script(
        'for e in (1, 2, 3):\n    print(f"Epoch {e}/3")\n    print("loss", 1 / e)\n'
        '    if e < 3:\n        print("val_loss", 1 / e)\n'
    )
    wait_for(paths, Phase.FAILED, Phase.SUCCEEDED)
    state = look(paths).state
    assert state is not None
    assert (state.phase, state.problem) == (Phase.FAILED, "exit code 0, but only 2 of 3 epochs")


def test_all_epochs_and_then_an_error_says_both(home: Path) -> None:
    paths = start(raises="true")
    wait_for(paths, Phase.FAILED)
    state = look(paths).state
    assert state is not None
    assert state.problem == "all epochs done, then ValueError: the images are upside down"


def test_exit_code_0_without_any_epoch_says_that_nothing_bears_it_out(home: Path) -> None:
    paths = launch(RunRequest("fake", (("metrics.file", "resluts.csv"),))).paths
    wait_for(paths, Phase.SUCCEEDED)
    state = look(paths).state
    assert state is not None
    assert state.problem == (
        f"exit code 0, but no epoch was seen: {paths.out / 'resluts.csv'} does not exist"
    )


def test_a_kept_file_tells_when_it_was_written(tmp_path: Path) -> None:
    results = tmp_path / "results.csv"
    results.write_text("epoch,loss\n1,0.5\n")
    os.utime(results, (1000.0, 1000.0))
    paths = RunPaths(tmp_path / "run")
    paths.root.mkdir()
    keep_results(results, paths)
    assert (paths.kept_results / "results.csv").stat().st_mtime == 1000.0
