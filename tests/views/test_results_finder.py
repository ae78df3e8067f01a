from __future__ import annotations

import os
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from cockpit.runs.layout import RunPaths
from cockpit.views import results_finder
from cockpit.views.find_results import FoundResults
from cockpit.views.results import ResultsTail
from tests.views.test_find_results import DATA, ULTRALYTICS
from tests.views.test_results import record


@pytest.fixture(autouse=True)
def _looks_at_each_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results_finder, "LOOK_AGAIN_S", 0.0)


def tail_of(root: Path) -> ResultsTail:
    asked = replace(record(root / "x.csv", "auto"), cwd=root / "work", results=None, created=2000.0)
    (root / "work").mkdir(exist_ok=True)
    return ResultsTail(asked, RunPaths(root / "run"))


def test_results_are_read_once_the_trainer_wrote_some(tmp_path: Path) -> None:
    tail = tail_of(tmp_path)
    assert tail.read().series == {}
    assert (tail.found_words, tail.reader) == ("found nothing yet", "auto")
    folder = tmp_path / "work" / "runs" / "detect" / "x"
    folder.mkdir(parents=True)
    shutil.copyfile(DATA / ULTRALYTICS, folder / "results.csv")
    assert tail.read().epoch == 3
    assert tail.path == folder / "results.csv"
    assert tail.reader == "ultralytics-csv"
    assert tail.found_words == (
        "found runs/detect/x/results.csv (Ultralytics CSV): it is the newest in the usual places"
    )


def test_a_log_with_curves_gives_way_to_a_file_that_comes_later(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    shutil.copyfile(DATA / "torchrun_success.stdout", tmp_path / "run" / "train.log")
    tail = tail_of(tmp_path)
    assert "loss" in tail.read().series
    assert tail.found_words == (
        "found train.log (DDP script's log): the log itself holds the curves"
    )
    (tmp_path / "run" / "out").mkdir()
    shutil.copyfile(DATA / "timm_summary.csv", tmp_path / "run" / "out" / "summary.csv")
    assert "eval_top1" in tail.read().series
    assert tail.reader == "csv"


def test_what_another_training_left_before_is_not_read(tmp_path: Path) -> None:
    tail = tail_of(tmp_path)
    old = tmp_path / "work" / "results.csv"
    shutil.copyfile(DATA / ULTRALYTICS, old)
    os.utime(old, (1000, 1000))
    assert tail.read_all().series == {}


def test_the_copy_that_was_kept_at_the_end_comes_before_what_another_run_wrote(
    tmp_path: Path,
) -> None:
    tail = tail_of(tmp_path)
    shutil.copyfile(DATA / "timm_summary.csv", tmp_path / "work" / "results.csv")
    kept = tmp_path / "run" / "results"
    kept.mkdir(parents=True)
    shutil.copyfile(DATA / ULTRALYTICS, kept / "results.csv")
    assert tail.read().epoch == 3
    assert tail.path == kept / "results.csv"


def test_the_whole_tree_is_not_walked_each_time_while_only_the_log_has_curves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(results_finder, "LOOK_AGAIN_S", 5.0)
    monkeypatch.setattr(results_finder, "monotonic", lambda: now[0])
    (tmp_path / "run").mkdir()
    (tmp_path / "work").mkdir()
    shutil.copyfile(DATA / "torchrun_success.stdout", tmp_path / "run" / "train.log")
    finder = results_finder.ResultsFinder(
        replace(record(tmp_path / "x.csv", "auto"), cwd=tmp_path / "work", results=None),
        RunPaths(tmp_path / "run"),
    )
    walks = []
    best = finder._best

    def counted() -> FoundResults | None:
        walks.append(now[0])
        return best()

    monkeypatch.setattr(finder, "_best", counted)
    while now[0] < 100.0 + 3600:
        finder.look()
        now[0] += 1.0
    gaps = [later - sooner for sooner, later in pairwise(walks)]
    assert gaps[:7] == [5, 10, 20, 40, 80, 160, 300]
    assert set(gaps[6:]) == {300}

    (tmp_path / "run" / "results").mkdir()
    shutil.copyfile(DATA / ULTRALYTICS, tmp_path / "run" / "results" / "results.csv")
    found = finder.look()
    assert found is not None and found.path == tmp_path / "run" / "results" / "results.csv"
