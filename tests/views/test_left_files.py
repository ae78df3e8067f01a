from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from cockpit.metrics.series import MetricSeries, MetricTable
from cockpit.views.checkpoints import find_checkpoints, said_in_name
from cockpit.views.left_files import MOST_OUTPUTS, LeftFiles

from .folders import PICKLE

TABLE = MetricTable(
    series={"metrics/mAP50-95(B)": MetricSeries("metrics/mAP50-95(B)", (1, 2, 3), (0.1, 0.5, 0.3))},
    epoch=3,
)
HEADLINE = ("metrics/mAP50-95(B)",)


def put(path: Path, content: bytes = PICKLE, age_s: float = 100) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    moment = time.time() - age_s
    os.utime(path, (moment, moment))
    return path


@pytest.mark.parametrize(
    "place",
    [
        "last.pt",
        "weights/last.pt",
        "checkpoints/checkpoint_epoch_50.pth",
        "weight/MSHNet-2026-11-20-18-32-02/checkpoint.pkl",
    ],
)
def test_checkpoints_are_found_where_trainers_put_them(tmp_path: Path, place: str) -> None:
    path = put(tmp_path / place)
    assert [one.path for one in find_checkpoints(None, [tmp_path])] == [path]


def test_the_folder_of_a_trainer_is_one_checkpoint_with_all_of_its_bytes(tmp_path: Path) -> None:
    put(tmp_path / "checkpoint-500" / "model.safetensors", b"1234567")
    put(tmp_path / "checkpoint-500" / "optimizer.pt", PICKLE)
    (one,) = find_checkpoints(None, [tmp_path])
    assert (one.path.name, one.size_bytes) == ("checkpoint-500", 7 + len(PICKLE))


def test_what_is_older_than_the_run_is_anothers_but_for_what_lies_beside_its_own(
    tmp_path: Path,
) -> None:
    put(tmp_path / "weights" / "old.pt", age_s=1000)
    new = put(tmp_path / "weights" / "new.pt", age_s=1)
    beside = put(tmp_path / "beside" / "old.pt", age_s=1000)
    since = time.time() - 100
    found = find_checkpoints(tmp_path / "beside" / "last.pt", [tmp_path], since)
    assert [one.path for one in found] == [new, beside]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("epoch25.pt", "epoch 25"),
        ("epoch_003.pt", "epoch 3"),
        ("checkpoint_epoch_50.pth", "epoch 50"),
        ("epoch=2-step=48.ckpt", "epoch 2 step 48"),
        ("checkpoint-500", "step 500"),
        ("best_204.pt", "epoch 204"),
        ("last.pt", ""),
        ("model-v2.pt", ""),
    ],
)
def test_a_name_is_quoted_as_it_counts(name: str, says: str) -> None:
    assert said_in_name(Path(name)) == says


def test_the_results_tell_the_epoch_of_the_last_and_of_the_best(tmp_path: Path) -> None:
    put(tmp_path / "weights" / "last.pt")
    put(tmp_path / "weights" / "best.pt")
    put(tmp_path / "weights" / "epoch2.pt")
    found = LeftFiles((tmp_path,)).checkpoints(TABLE, HEADLINE, time.time())
    assert {one.path.name: (one.epoch, one.said) for one in found} == {
        "last.pt": (3, ""),
        "best.pt": (2, ""),
        "epoch2.pt": (None, "epoch 2"),
    }


def test_a_best_that_could_be_of_two_epochs_is_of_none(tmp_path: Path) -> None:
    put(tmp_path / "best.pt")
    series = MetricSeries(HEADLINE[0], (1, 2), (0.5, 0.5))
    table = MetricTable(series={HEADLINE[0]: series}, epoch=2)
    (one,) = LeftFiles((tmp_path,)).checkpoints(table, HEADLINE, time.time())
    assert one.epoch is None


def test_each_checkpoint_says_whether_it_can_be_read(tmp_path: Path) -> None:
    put(tmp_path / "good.pt")
    put(tmp_path / "empty.pt", b"")
    put(tmp_path / "checkpoint-7" / "optimizer.pt", b"\x80\x02cut off")
    found = LeftFiles((tmp_path,)).checkpoints(TABLE, HEADLINE, time.time())
    problems = {one.path.name: one.problem for one in found}
    assert all(one.is_checked for one in found)
    assert problems["good.pt"] is None
    assert "is empty (0 bytes)" in (problems["empty.pt"] or "")
    assert (problems["checkpoint-7"] or "").startswith("optimizer.pt is cut off")


def test_a_checkpoint_that_may_still_be_written_is_not_judged_until_the_end(tmp_path: Path) -> None:
    put(tmp_path / "last.pt", b"\x80\x02half", age_s=0)
    (one,) = LeftFiles((tmp_path,)).checkpoints(TABLE, HEADLINE, time.time())
    assert (one.is_checked, one.problem) == (False, None)
    (one,) = LeftFiles((tmp_path,), is_over=True).checkpoints(TABLE, HEADLINE, time.time())
    assert one.is_checked
    assert one.problem


def test_a_checkpoint_that_was_written_anew_is_judged_anew(tmp_path: Path) -> None:
    path = put(tmp_path / "last.pt", b"")
    left = LeftFiles((tmp_path,))
    now = time.time()
    assert left.checkpoints(TABLE, HEADLINE, now)[0].problem
    put(path, PICKLE, age_s=50)
    assert left.checkpoints(TABLE, HEADLINE, now + 5)[0].problem is None


def test_outputs_are_the_rest_newest_first_and_not_endless(tmp_path: Path) -> None:
    results = put(tmp_path / "results.csv")
    put(tmp_path / "args.yaml")
    put(tmp_path / "weights" / "last.pt")
    for number in range(MOST_OUTPUTS + 5):
        put(tmp_path / "images" / f"{number}.png", b"p", age_s=1000 + number)
    new = put(tmp_path / "confusion_matrix.png", b"p")
    found = LeftFiles((tmp_path,)).outputs(time.time(), results)
    assert found[0].path == new
    assert len(found) == MOST_OUTPUTS
    assert {one.path.suffix for one in found} == {".png"}


def test_a_best_by_a_metric_that_is_not_meant_to_rise_has_no_epoch(tmp_path: Path) -> None:
    put(tmp_path / "best.pt")
    table = MetricTable(series={"loss": MetricSeries("loss", (1, 2), (0.5, 0.4))}, epoch=2)
    (one,) = LeftFiles((tmp_path,)).checkpoints(table, ("loss",), time.time())
    assert one.epoch is None
