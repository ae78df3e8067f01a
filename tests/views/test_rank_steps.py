from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.runs.layout import RunPaths
from cockpit.views.rank_steps import END_BYTES, newest_steps, rank_progress

BAR = "      41/100      6.02G      1.21      0.98      1.02        80        640: {}% ##### {}/50 "


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        (BAR.format(40, 20) + "\r" + BAR.format(60, 30), (41, 0.6)),
        ("Epoch 3\n  Batch [10/40] - Loss: 2.3", (3, 0.25)),
        ("Epoch 3\n  Average Loss: 2.1\nEpoch 4\n", (4, None)),
        ("\nEpoch 2/50:  40%|####      | 10/25 [00:58<01:27]", (2, 0.4)),
        ("  Batch [10/40] - Loss: 2.3", None),
        ("loss 3/4 and nothing else", None),
        ("", None),
    ],
)
def test_the_newest_line_that_tells_of_an_epoch_counts(
    text: str, steps: tuple[int, float | None] | None
) -> None:
    assert newest_steps(text) == steps


def test_each_rank_is_read_from_the_newest_attempt_by_its_end(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path)
    for attempt, epoch in ((0, 90), (1, 5)):
        for rank in (0, 1, 2):
            folder = paths.ranks / "none_ab" / f"attempt_{attempt}" / str(rank)
            folder.mkdir(parents=True)
            (folder / "stdout.log").write_text(f"Epoch {epoch - rank}\n" if rank < 2 else "hello\n")
    last = paths.ranks / "none_ab" / "attempt_1"
    (last / "0" / "stderr.log").write_text("Epoch 1\n" + "x" * END_BYTES + "\n")
    (last / "0" / "error.json").write_text("{}")
    assert rank_progress(paths) == {0: (5, None), 1: (4, None)}


def test_a_run_without_logs_of_ranks_tells_nothing(tmp_path: Path) -> None:
    assert rank_progress(RunPaths(tmp_path)) == {}
