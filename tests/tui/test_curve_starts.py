"""When a trainer's clock began: its file tells, else the start of the attempt."""

from __future__ import annotations

from dataclasses import replace

from cockpit.metrics.series import Axis
from cockpit.tui.curve_choices import starts_of
from cockpit.tui.curve_layout import lay_out
from cockpit.views.run_view import RunView

from . import board

STARTED = board.NOW - 100
ENDS = ((1, 10.0), (2, 20.0), (3, 30.0))


def run(**more: object) -> RunView:
    plain = board.run("quickstart", epoch=3, epochs=5)
    table = replace(plain.metrics, epoch_ends=ENDS)
    return replace(plain, started=STARTED, metrics=table, **more)  # type: ignore[arg-type]  # a test's


def test_the_last_row_lies_where_its_file_was_written() -> None:
    assert starts_of(run()) == (STARTED,)
    assert starts_of(run(results_written=STARTED + 44)) == (STARTED + 14,)


def test_a_file_that_was_touched_after_the_run_tells_nothing() -> None:
    late = run(ended=STARTED + 50, results_written=STARTED + 4000)
    assert starts_of(late) == (STARTED,)


def test_a_clock_never_begins_before_its_attempt() -> None:
    assert starts_of(run(results_written=STARTED + 3)) == (STARTED,)


def test_of_a_resumed_run_the_newest_clock_is_placed() -> None:
    again = run(attempt=2, attempt_started=STARTED + 50, results_written=STARTED + 74)
    again = replace(again, metrics=replace(again.metrics, resumed_after=(2.0,)))
    assert starts_of(again) == (STARTED, STARTED + 64)


def test_a_run_that_was_begun_again_has_the_clock_of_its_newest_attempt_only() -> None:
    again = run(attempt=2, attempt_started=STARTED + 50)
    assert starts_of(again) == (STARTED + 50,)


def test_what_was_recorded_beside_the_curves_makes_the_axis_by_the_clock_longer() -> None:
    one = run(results_written=STARTED + 44)
    layout = lay_out(one.metrics, 5, Axis.TIME, starts_of(one), (), (STARTED, STARTED + 60))
    assert layout.whole == (STARTED, STARTED + 60)
    by_epoch = lay_out(one.metrics, 5, None, starts_of(one), (), (STARTED, STARTED + 60))
    assert by_epoch.whole == (1.0, 5.0)
