from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.calibrations.calibration import Foretold
from cockpit.runs.phase import Phase
from cockpit.tui.foretold import (
    foretold_end_line,
    foretold_facts,
    short_foretold_facts,
)
from cockpit.tui.head import head_line
from cockpit.tui.ink import cells, plain
from cockpit.tui.run_columns import NARROW_END, WIDE_END
from cockpit.units import DAY_S
from cockpit.views.run_view import RunView

from . import board

FORETOLD = Foretold(8500.0, 7000.0, 10_000.0, "2 runs of quickstart here")


def silent(**changes: object) -> RunView:
    run = board.run(epoch=0)
    run = replace(run, epoch=None, eta=None, foretold=FORETOLD, samples_per_s=None)
    return replace(run, **changes)  # type: ignore[arg-type]  # by name


def facts_of(run: RunView) -> dict[str, str]:
    return {fact.label: f"{fact.value} {fact.note}".strip() for fact in foretold_facts(run)}


def test_before_the_first_epoch_the_foretold_end_is_shown_and_called_so() -> None:
    assert plain(foretold_end_line(silent(), 30)) == "ends ≈ 21:04, foretold"
    assert plain(foretold_end_line(silent(), WIDE_END)) == "≈ 21:04 foretold"
    assert "ends ≈ 21:04, foretold" in plain(head_line(silent(), 140))


@pytest.mark.parametrize("total_s", [60.0, 8500.0, 1.2 * DAY_S, 30.0 * DAY_S])
@pytest.mark.parametrize("width", [NARROW_END, WIDE_END, 28])
def test_it_fits_its_column_and_keeps_its_mark(total_s: float, width: int) -> None:
    line = foretold_end_line(silent(foretold=replace(FORETOLD, total_s=total_s)), width)
    assert 0 < cells(line) <= width
    assert "≈" in plain(line)


def test_a_soon_end_is_told_as_what_is_left() -> None:
    line = foretold_end_line(silent(foretold=replace(FORETOLD, total_s=77.0)), 30)
    assert plain(line) == "≈ 48 s left, foretold"


def test_the_pace_of_the_run_takes_over() -> None:
    speaking = silent(eta=board.run().eta)
    assert foretold_end_line(speaking, 30) == ()
    assert "foretold" not in plain(head_line(speaking, 140))
    assert not list(short_foretold_facts(speaking))


@pytest.mark.parametrize(
    "changes",
    [
        {"foretold": None},
        {"foretold": replace(FORETOLD, total_s=20.0)},
        {"attempt": 2},
        {"phase": Phase.QUEUED},
        {"phase": Phase.STOPPING},
        {"started": None},
    ],
    ids=["nobody foretold", "that is past", "started again", "queued", "stopping", "not begun"],
)
def test_nothing_is_foretold_that_cannot_be(changes: dict[str, object]) -> None:
    assert foretold_end_line(silent(**changes), 30) == ()


def test_the_facts_of_a_run_that_is_silent_tell_the_end_and_what_it_rests_on() -> None:
    assert facts_of(silent()) == {
        "ends, foretold": "≈ 21:04, in 2h 21m",
        "foretold": "2h 21m 1h 56m to 2h 46m",
        "foretold from": "2 runs of quickstart here",
    }


def test_a_run_that_is_done_holds_what_it_took_against_what_was_foretold() -> None:
    done = board.run(phase=Phase.SUCCEEDED, epoch=10, epochs=10, exit_code=0)
    took_s = 24.0  # as the board has it
    done = replace(done, foretold=Foretold(20.0, 18.0, 26.0, "a probe"))
    assert done.duration_s == took_s
    assert facts_of(done) == {"foretold": "20 s 18 s to 26 s", "took": "24 s 20 % more"}
    outside = replace(done, foretold=Foretold(20.0, 18.0, 22.0, "a probe"))
    assert facts_of(outside)[""] == "outside the range"


def test_a_run_that_failed_is_held_against_nothing() -> None:
    failed = replace(board.run(phase=Phase.FAILED), foretold=FORETOLD)
    assert "took" not in facts_of(failed)
