"""A run of which nobody timed an epoch: its estimate is measured, and as doubtful as that is."""

from __future__ import annotations

from dataclasses import replace

from tests.analysis.forecast.test_time import RUN, WORK, told, words

BOUNDED = replace(RUN, epoch_low_s=30.0, epoch_high_s=55.0, is_bounded=True)


def test_epochs_that_nobody_timed_make_the_range_wider_and_it_is_said() -> None:
    timed, bounded = told(WORK, RUN), told(WORK, BOUNDED)
    assert bounded.tier.is_measured
    assert bounded.epoch_s.width > 1.2 * timed.epoch_s.width
    assert "an epoch took 50 s (30 s to 55 s); none was timed alone" in words(bounded)
    assert "none was timed alone" not in words(timed)


def test_more_runs_that_nobody_timed_do_not_make_it_surer_than_their_bounds() -> None:
    many = [replace(BOUNDED, calibration_id=f"run:{n}", time_s=100.0 + n) for n in range(12)]
    timed = [replace(one, is_bounded=False) for one in many]
    assert told(WORK, *many).epoch_s.width > 55 / 30 > told(WORK, *timed).epoch_s.width


def test_a_run_whose_epochs_were_timed_speaks_before_newer_ones_of_which_none_was() -> None:
    newer = replace(BOUNDED, calibration_id="run:two", time_s=200.0, epoch_s=45.0)
    both = told(WORK, newer, RUN)
    assert both.basis[0].endswith("an epoch took 50 s")
    assert both.epoch_s.width < told(WORK, newer).epoch_s.width
