from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.metrics.series import MetricTable
from cockpit.runs.phase import Phase
from cockpit.tui.screens.run import RunScreen
from cockpit.tui.waiting import waiting_words
from cockpit.views.run_view import RunView

from . import board
from .flight import app_with, ready, text_of, wait_until


def young(phase: Phase = Phase.RUNNING, *, problem: str | None = None, log_bytes: int = 90,
          results: Path | None = Path("/out/results.csv")) -> RunView:  # fmt: skip
    return replace(
        board.run(phase=phase),
        metrics=MetricTable(problem=problem),
        log_bytes=log_bytes,
        results=results,
        started=None if phase is Phase.QUEUED else board.NOW - 8,
        epoch=None,
        headline=(),
    )


def test_a_run_with_curves_waits_for_nothing() -> None:
    assert waiting_words(board.run()) == ""


def test_a_run_before_its_first_result_says_what_it_waits_for_and_how_long() -> None:
    assert waiting_words(young()) == "waiting for results.csv · 8 s"
    assert waiting_words(young(log_bytes=0)) == "starting: no output yet · 8 s"
    assert waiting_words(young(Phase.QUEUED)) == "queued: waits for its start · 30 s"


def test_curves_that_come_from_the_log_are_waited_for_there() -> None:
    run = young()
    words = waiting_words(replace(run, results=run.log))
    assert words == "waiting for the first epoch in train.log · 8 s"


def test_a_file_that_cannot_be_read_is_named_at_once() -> None:
    assert waiting_words(young(problem="results.csv is not text")) == "results.csv is not text"


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (young(Phase.FAILED, problem="results.csv is not text"), "results.csv is not text"),
        (young(Phase.SUCCEEDED), "no epoch stands in results.csv"),
        (young(Phase.STOPPED, results=None), "the preset names no results file"),
    ],
)
def test_a_run_that_ended_without_results_says_why(run: RunView, reason: str) -> None:
    assert waiting_words(run) == f"no results were read: {reason}"


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_deck_and_run_screen_say_it_in_the_place_of_the_curves(size: tuple[int, int]) -> None:
    app = app_with(young())
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        assert "waiting for results.csv · 8 s" in text_of(app)
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(app.screen, RunScreen))
        await wait_until(pilot, lambda: "waiting for results.csv · 8 s" in text_of(app))


async def test_the_log_of_a_run_that_is_over_waits_for_no_line(tmp_path: Path) -> None:
    app = app_with(replace(young(Phase.FAILED), log=tmp_path / "train.log"))
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("enter")
        await wait_until(pilot, lambda: "no line was written" in text_of(app))
        assert "no line yet" not in text_of(app)
