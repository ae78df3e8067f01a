from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.runs.phase import Phase
from cockpit.views.run_view import Asked, RunView
from cockpit.views.step_split import split_step


def view(
    samples_per_s: float | None = None,
    data_wait: float | None = None,
    global_batch: int | None = None,
) -> RunView:
    return RunView(
        "r1",
        "r1",
        "p",
        Path(),
        Phase.RUNNING,
        0.0,
        samples_per_s=samples_per_s,
        data_wait=data_wait,
        asked=Asked(global_batch=global_batch),
    )


def test_a_log_that_tells_the_wait_gets_two_parts_and_no_more() -> None:
    split = split_step(view(160.0, 0.25, 16))
    assert split.step_time_ms == pytest.approx(100.0)
    assert [part.phase for part in split.parts] == ["data wait", "everything else"]
    assert [part.time_ms for part in split.parts] == pytest.approx([25.0, 75.0])
    assert [part.share_pct for part in split.parts] == pytest.approx([25.0, 75.0])
    assert split.cause == "data loading bottleneck: 25% of a step waits for data"
    assert split.waits


def test_a_short_wait_leaves_the_cause_open() -> None:
    split = split_step(view(160.0, 0.05, 16))
    assert split.cause.startswith("the cause cannot be told: only 5%")
    assert not split.waits


def test_a_share_without_a_step_time_has_no_milliseconds() -> None:
    split = split_step(view(None, 0.5))
    assert split.step_time_ms is None
    assert [part.time_ms for part in split.parts] == [None, None]


def test_a_silent_log_names_no_phase() -> None:
    split = split_step(view())
    assert split.parts == ()
    assert split.cause.startswith("the cause cannot be told: the log does not say")
