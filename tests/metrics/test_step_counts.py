"""Which lines of a log say how many steps are done."""

from __future__ import annotations

import pytest

from cockpit.metrics.step_counts import StepCount, parse_step_count

ULTRALYTICS = (
    "\x1b[K        1/40         0G      6.725      4.736      4.264         39        128: "
    "23% ━━╸───────── 7/30 2.1it/s 3.4s<10.9s"
)


@pytest.mark.parametrize(
    ("line", "done", "total"),
    [
        (ULTRALYTICS, 7, 30),
        (
            "      1/3      2.1G      1.2      2.3   1.1    128:  23%|██▎       | 7/30 [00:03<",
            7,
            30,
        ),
        ("[default0]:Epoch 3:  23%|##3       | 7/30 [00:03<00:10,  2.10it/s, loss=0.3]", 7, 30),
        ("  5%|▌         | 25/500 [00:10<03:20,  2.40it/s]", 25, 500),
        ("Epoch 2, step 20/400, loss 0.31", 20, 400),
        ("iter: 100 / 1000  loss: 0.2", 100, 1000),
        ("Batch [7/30] loss 0.2", 7, 30),
    ],
)
def test_a_bar_of_a_training_counts_steps(line: str, done: int, total: int) -> None:
    assert parse_step_count(line) == StepCount(done, total)


def test_of_a_bracket_only_the_ratio_means_something() -> None:
    line = "Train Epoch: 1 [6400/60000 (11%)]\tLoss: 0.62"
    assert parse_step_count(line) == StepCount(6400, 60000, is_steps=False)
    assert parse_step_count("Train: 0 [  50/500 ( 10%)]") == StepCount(50, 500, is_steps=False)


@pytest.mark.parametrize(
    "line",
    [
        "                 Class     Images  Instances      Box(P          R      mAP50  mAP50-95): "
        "100% ━━━━━━━━━━━━ 1/1 1.6it/s 0.6s",
        "train: Scanning /data/labels... 128 images: 100% ━━━━━━━━━━━━ 128/128 2.1Kit/s 0.1s",
        "Validation:  50%|█████     | 5/10 [00:01<00:01,  4.9it/s]",
        "[default1]:Epoch 3:  23%|##3       | 7/30 [00:03<00:10,  2.10it/s]",
        "model.safetensors: 100%|██████████| 12/12 [00:00<00:00]",
        "epoch 3/10  loss 0.4",
        "Epoch 12/2",
        "",
    ],
)
def test_other_lines_count_none(line: str) -> None:
    assert parse_step_count(line) is None
