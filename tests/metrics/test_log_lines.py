from __future__ import annotations

import pytest

from cockpit.files import LineTail
from cockpit.metrics.log_lines import (
    AttemptMark,
    attempt_line,
    clean,
    parse_attempt_line,
    parse_epoch_progress,
    split_prefix,
)
from tests.metrics.paths import DATA


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain", "plain"),
        ("", ""),
        ("\r", ""),
        ("pty line\r", "pty line"),
        ("\r 10%|#\r 20%|##", " 20%|##"),
        ("\r 20%|##\r\r  \r", " 20%|##"),
        ("\r\x1b[K 1/3 a\r\x1b[K 2/3 b", " 2/3 b"),
        ("\x1b[34m\x1b[1mtrain: \x1b[0mScanning", "train: Scanning"),
        ("\x1b[38;2;1;2;3mdeep\x1b[m \x1b[1;31mred\x1b[0m", "deep red"),
        ("\x1b[A\x1b[2K\x1b[1Gnested", "nested"),
        ("\x1b]0;title\x07text \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "text link"),
        ("bell\x07 null\0 back\b del\x7f c1\x9b", "bell null back del c1"),
        ("\x1b", ""),
        ("cut \x1b[", "cut"),
        ("a\tb", "a       b"),
        ("right\u202eto left", "rightto left"),
        ("[default0]:  Batch", "  Batch"),
        ("[rank1]: Traceback", "Traceback"),
        ("[rank1]:   File", "  File"),
        ("[default0]:\r 1%\r 2%", " 2%"),
        ("[default1]:[rank3]: boom", "boom"),
        ("[ERROR]: keep", "[ERROR]: keep"),
        ("训练损失: 0.5 ━━━ 检查", "训练损失: 0.5 ━━━ 检查"),
        ("[red]not markup[/red]", "[red]not markup[/red]"),
        ("trailing   ", "trailing"),
    ],
)
def test_a_line_is_shown_as_a_person_would_have_seen_it(raw: str, shown: str) -> None:
    assert clean(raw) == shown


def test_the_last_frame_of_a_very_long_line_counts() -> None:
    line = "".join(f"\r\x1b[K{percent:3d}% 损失 {'#' * 60}" for percent in range(101))
    assert len(line) > 5000
    assert clean(line) == f"100% 损失 {'#' * 60}"


@pytest.mark.parametrize(
    ("raw", "rank", "rest"),
    [
        ("plain", None, "plain"),
        ("[default0]:  x", 0, "  x"),
        ("[rank12]: x", 12, "x"),
        ("[rank0]:[W1120 c10d] x", 0, "[W1120 c10d] x"),
        ("[default1]:[rank5]: x", 5, "x"),
        ("\x1b[31m[rank1]: red\x1b[0m", 1, "red"),
        ("[rank1]", None, "[rank1]"),
        ("see [rank1]: x", None, "see [rank1]: x"),
    ],
)
def test_the_rank_of_a_line(raw: str, rank: int | None, rest: str) -> None:
    assert split_prefix(raw) == (rank, rest)


def test_the_ranks_of_a_real_traceback() -> None:
    lines = LineTail(DATA / "torchrun_rank1_raises.stderr").read().lines
    assert {split_prefix(line)[0] for line in lines} == {None, 0, 1}
    assert not any(clean(line).startswith("[rank") for line in lines)


@pytest.mark.parametrize(
    ("name", "epochs", "parts"),
    [
        ("ultralytics_detect_8.0.100.log.raw", 3, [0.0, 0.25, 0.5, 0.75, 1.0]),
        ("ultralytics_detect_8.3.0.log.raw", 3, [0.0, 0.25, 0.5, 0.75, 1.0]),
        ("ultralytics_detect_nohup.log.raw", 2, [0.0, 0.25, 0.5, 0.75, 1.0]),
        ("ultralytics_sigterm.raw", 5, [0.0, 0.25, 0.5, 0.75, 1.0]),
    ],
)
def test_the_bars_of_real_logs(name: str, epochs: int, parts: list[float]) -> None:
    frames = [frame for line in LineTail(DATA / name).read().lines for frame in line.split("\r")]
    seen = [found for frame in frames if (found := parse_epoch_progress(frame)) is not None]
    assert {found[1] for found in seen} == {epochs}
    assert sorted({found[2] for found in seen if found[0] == 1}) == parts
    assert [found[0] for found in seen] == sorted(found[0] for found in seen)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (
            "      41/100      6.02G      1.21   0.98   19   640: 37% ━━━─── 3/8 4.1it/s 0.8s",
            3,
        ),
        ("\r\x1b[K   41/100  342M  1.21  0.98  1.02  19  640: 100% ━━━━ 8/8 4.1it/s 0.8s", 8),
        ("[default0]:      41/100      6.02G      1.21         19        640:  25%|## | 2/8 [0", 2),
    ],
)
def test_a_bar_gives_epoch_epochs_and_part(line: str, found: int) -> None:
    assert parse_epoch_progress(line) == (41, 100, found / 8)


def test_a_bar_cut_by_a_narrow_terminal_still_has_its_percentage() -> None:
    assert parse_epoch_progress("  2/60  0G  6.6  4.3  19  96: 37% ━━━…") == (2, 60, 0.37)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "      Epoch    GPU_mem   box_loss   cls_loss   dfl_loss  Instances       Size",
        "train: Scanning labels... 64 images: 100% ━━━━ 64/64 14.1Mit/s 0.0s",
        "   Class     Images  Instances      Box(P          R): 100% ━━━ 1/1 3.5it/s 0.3s",
        "      1/99        0G   0.07993  0.005758    0.0386    0.1243   39   128:  75%|## | 3/4 [",
        "      0/99        5G   0.07993  0.005758    0.0386    0.1243   39   128:  75%|## | 3/4 [",
        "  5/3  0G  6.6  4.3  19  96: 37% ━━━ 3/8 4.1it/s",
        "3 epochs completed in 0.003 hours.",
    ],
)
def test_other_lines_are_no_progress(line: str) -> None:
    assert parse_epoch_progress(line) is None


@pytest.mark.parametrize(
    ("number", "epoch", "restarts_count", "text"),
    [
        (2, 50, False, "cockpit: attempt 2 continues after epoch 50"),
        (3, 1, True, "cockpit: attempt 3 continues after epoch 1; its trainer counts from 1 again"),
        (2, None, False, "cockpit: attempt 2 starts anew"),
    ],
)
def test_the_line_between_two_attempts(
    number: int, epoch: int | None, restarts_count: bool, text: str
) -> None:
    assert attempt_line(number, epoch, restarts_count=restarts_count) == text
    mark = AttemptMark(number, epoch, restarts_count, is_anew=epoch is None)
    assert parse_attempt_line(text) == parse_attempt_line(f"  {text}\r") == mark


def test_an_attempt_after_no_epoch_starts_anew() -> None:
    assert attempt_line(2, 0, restarts_count=True) == "cockpit: attempt 2 starts anew"


def test_one_that_continues_after_nobody_knows_which_epoch_does_not_start_anew() -> None:
    line = attempt_line(2, None, restarts_count=False, is_resumed=True)
    assert line == "cockpit: attempt 2 continues from a checkpoint"
    assert parse_attempt_line(line) == AttemptMark(2, None, restarts_count=False, is_anew=False)


@pytest.mark.parametrize(
    "line", ["", "attempt 2 starts anew", "cockpit: attempt x starts anew", "cockpit: attempt 2 is"]
)
def test_other_lines_part_no_attempts(line: str) -> None:
    assert parse_attempt_line(line) is None
