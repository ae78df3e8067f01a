from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.trainers.running import QUICKSTART, needs, rows, start, train, wait_until

pytestmark = [pytest.mark.real, needs("torch", "sklearn")]

HEADER = "epoch,time,train/loss,val/loss,metrics/accuracy,lr,samples_per_s"


def test_two_ranks_learn_the_digits_and_part_cleanly(tmp_path: Path) -> None:
    done = train(tmp_path, str(QUICKSTART), "--epochs", "5", ranks=2)

    assert done.returncode == 0, done.stderr
    assert "2 × CPU (gloo): 16 images per rank, global batch 32" in done.stdout
    assert "epoch 5/5" in done.stdout
    table = rows(tmp_path / "results.csv")
    assert [row["epoch"] for row in table] == ["1", "2", "3", "4", "5"]
    assert max(float(row["metrics/accuracy"]) for row in table) > 0.95
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best.pt", "last.pt", "results.csv"]


def test_one_process_trains_and_resumes(tmp_path: Path) -> None:
    first = train(tmp_path, str(QUICKSTART), "--epochs", "1")
    second = train(tmp_path, str(QUICKSTART), "--epochs", "2", "--resume")

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert "1/2 epochs are done" in second.stdout
    lines = (tmp_path / "results.csv").read_text().splitlines()
    assert lines[0] == HEADER
    assert [line.split(",")[0] for line in lines[1:]] == ["1", "2"]
    times_s = [float(row["time"]) for row in rows(tmp_path / "results.csv")]
    assert times_s == sorted(times_s)


def test_a_new_training_starts_a_new_results_file(tmp_path: Path) -> None:
    (tmp_path / "results.csv").write_text("of another training\n")

    done = train(tmp_path, str(QUICKSTART), "--epochs", "1")

    assert done.returncode == 0, done.stderr
    assert len(rows(tmp_path / "results.csv")) == 1


def test_a_kill_while_saving_leaves_a_checkpoint_to_resume_from(tmp_path: Path) -> None:
    last, draft = tmp_path / "last.pt", tmp_path / ".last.pt.draft"
    job = start(tmp_path, str(QUICKSTART), "--epochs", "50")
    try:
        wait_until(lambda: (last.exists() and draft.exists()) or job.poll() is not None)
    finally:
        job.send_signal(signal.SIGKILL)
        job.wait()
    reached = len(rows(tmp_path / "results.csv"))

    resumed = train(tmp_path, str(QUICKSTART), "--epochs", str(reached + 1), "--resume")

    assert resumed.returncode == 0, resumed.stderr
    assert rows(tmp_path / "results.csv")[-1]["epoch"] == str(reached + 1)


def test_resume_without_a_checkpoint_is_refused_in_one_sentence(tmp_path: Path) -> None:
    done = train(tmp_path, str(QUICKSTART), "--resume")

    assert done.returncode == 1
    assert done.stderr == f"--resume: there is no {tmp_path / 'last.pt'}\n"
