from __future__ import annotations

import random
from pathlib import Path

import pytest

from cockpit.metrics.speed_lines import SpeedWords, parse_speed, speed_of

DATA = Path(__file__).parents[1] / "data" / "metrics"


@pytest.mark.parametrize(
    ("line", "steps_per_s", "elapsed_s"),
    [
        ("  1/60  0G  6.6  4.3  4.0  19  96: 37% ━━━━──────── 3/8 4.1it/s 0.8s<1.2s", 4.1, 0.8),
        ("  1/60  0G  6.6  4.3  4.0  19  96: 37% ━━━━──────── 3/8 2.0s/it 1:05<2:00", 0.5, 65),
        ("Epoch 7/100:  40%|####      | 10/25 [00:58<01:27,  5.0s/it, loss=1.78e+08]", 0.2, 58),
        ("Epoch 2, loss 1.9370:  50%|█████     | 1/2 [1:00:01<00:00,  1.60it/s]", 1.6, 3601),
        ("Epoch 2/2  ━━━━━━ 16/16 0:00:00 • 0:00:00 573.31it/s v_num: 0", 573.31, None),
        ("Epoch 2, IoU 0.0000:  50%|█████     | 2/4 [00:00<00:00, 17.03it/s]", None, None),
        ("   Class  Images  Instances: 100% ━━━━━━━━━━━━ 1/1 3.5it/s 0.3s", None, None),
        ("train: Scanning labels... 64 images: 100% ━━━━━━━━━━━━ 64/64 14.1Mit/s 0.0s", None, None),
        ("  2/60  0G  6.6  4.3  4.0  19  96: 0% ──────────── 0/8 0.0s/it", None, None),
        ("loss 0.3", None, None),
    ],
)
def test_the_bar_of_a_training_tells_its_speed(
    line: str, steps_per_s: float | None, elapsed_s: float | None
) -> None:
    told = parse_speed(line)
    assert told.steps_per_s == steps_per_s
    assert told.elapsed_s == elapsed_s


@pytest.mark.parametrize(
    ("line", "share"),
    [
        ("Epoch: [0]  [ 10/100]  eta: 0:00:12  loss: 0.31  time: 0.2000  data: 0.0100", 0.05),
        ("Epoch(train) [1][50/99]  lr: 1e-2  time: 0.4000  data_time: 0.0400", 0.1),
        ("step 100: loss 0.3, data wait: 4 %", 0.04),
        ("step 100: loss 0.3, data: 12", None),
        ("time: 0.1  data: 0.4", None),
        ("datatime: 0.01 time: 0.2", None),
    ],
)
def test_the_wait_for_data_is_a_share_of_the_step(line: str, share: float | None) -> None:
    assert parse_speed(line).data_wait == pytest.approx(share)


def test_images_a_second_are_taken_as_they_are() -> None:
    assert parse_speed("Epoch: [0]  [10/100]  img/s: 123.4  loss: 0.3").samples_per_s == 123.4


def test_of_two_lines_the_newer_counts() -> None:
    old = "Epoch 1/9:  40%|##  | 10/25 [00:10<00:15,  1.0it/s]"
    new = "Epoch 1/9:  80%|### | 20/25 [00:15<00:05,  2.0it/s]"
    data = "time: 0.2  data: 0.1"
    assert speed_of((old, new, data)) == SpeedWords(2.0, 15.0, None, 0.5)
    assert speed_of((new, *["loss 0.3"] * 99)) == SpeedWords()
    assert speed_of(()) == SpeedWords()


def test_a_real_log_tells_its_speed() -> None:
    text = (DATA / "ultralytics_detect_nohup.log.raw").read_text(encoding="utf-8")
    frames = text.replace("\r", "\n").split("\n")
    told = [one for frame in frames if (one := parse_speed(frame).steps_per_s) is not None]
    assert told
    assert all(0.5 < one < 5 for one in told)


def test_no_line_raises() -> None:
    rng = random.Random(1)
    letters = "Epoch 0123456789/:%|[]<>.,it/s data time\x1b\r━█"
    for _ in range(2000):
        parse_speed("".join(rng.choices(letters, k=rng.randrange(120))))
