from __future__ import annotations

from pathlib import Path

import pytest

from tests.trainers.running import YOLO_SHAPES, needs, rows, train

pytestmark = [pytest.mark.real, needs("torch", "ultralytics")]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One epoch; the tests look at what it left."""
    out = tmp_path_factory.mktemp("out")
    done = train(out, str(YOLO_SHAPES), "epochs=1", f"project={out}", "plots=False", "device=cpu")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return out


def test_results_have_mean_average_precision(trained: Path) -> None:
    (row,) = rows(trained / "train" / "results.csv")
    assert {"epoch", "time", "metrics/mAP50(B)", "metrics/mAP50-95(B)"} <= row.keys()
    assert float(row["train/box_loss"]) > 0


def test_the_settings_of_the_user_are_left_alone(trained: Path) -> None:
    assert list((trained / "ultralytics").rglob("settings.json"))
    assert list((trained / "ultralytics").rglob("Arial.ttf"))


def test_a_finished_training_is_not_started_anew(trained: Path) -> None:
    done = train(trained, str(YOLO_SHAPES), "resume=true", f"project={trained}", "device=cpu")

    assert done.returncode == 0, done.stderr
    assert "nothing is left to do" in done.stdout
    assert len(rows(trained / "train" / "results.csv")) == 1
