from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.analysis.eta import Eta
from cockpit.cli import words
from cockpit.tui.ending import progress_words
from cockpit.tui.ink import Line
from cockpit.tui.remaining import end_facts, end_in_full_line, end_line, short_end_facts
from cockpit.units import DAY_S, HOUR_S
from cockpit.views.eta_words import end_clock, end_in_full

from . import board

NOW = board.NOW  # 18:43:07
LONG = Eta(2 * HOUR_S + 600, 2 * HOUR_S, 3 * HOUR_S, "last 12 epochs")
EARLY = replace(
    LONG, low_s=HOUR_S, basis=f"{LONG.basis}; may stop after epoch 69", may_stop_early=True
)
SOON = Eta(48, 30, 70, "last 12 epochs")


def plain(line: Line) -> str:
    return "".join(text for text, _ in line)


def test_the_end_is_a_time_a_duration_and_a_range() -> None:
    assert end_in_full(LONG, NOW) == "ends 20:53 (in 2h 10m, 20:43–21:43)"
    assert end_in_full(EARLY, NOW) == "ends by 20:53 (in 2h 10m, 19:43–21:43)"
    assert end_in_full(SOON, NOW) == "ends in 48 s (30 s–1m 10s)"


def test_a_range_within_a_minute_is_said_once() -> None:
    assert end_in_full(Eta(600, 599, 601, ""), NOW) == "ends 18:53 (in 10 min, 18:53)"


@pytest.mark.parametrize(
    ("left_s", "words"),
    [
        (HOUR_S, "19:43"),
        (6 * HOUR_S, "Sat 00:43"),
        (DAY_S - 600, "Sat 18:33"),
        (2 * DAY_S, "Sun 18:43"),
        (9 * DAY_S, "29 Nov"),
        (730 * DAY_S, "19 Nov 2028"),
        (1e12, "in over a century"),
        (float("inf"), "in over a century"),
    ],
)
def test_a_day_is_named_so_that_it_is_not_taken_for_another(left_s: float, words: str) -> None:
    assert end_clock(NOW + left_s, NOW) == words


def test_a_coloured_line_says_the_same() -> None:
    for eta in (LONG, EARLY, SOON):
        assert plain(end_in_full_line(eta, NOW)) == end_in_full(eta, NOW)


def test_a_narrow_line_says_by_when_early_stopping_may_end_it() -> None:
    assert plain(end_line(LONG, NOW, 16)) == "ends 20:53 ±50m"
    assert plain(end_line(EARLY, NOW, 18)) == "by 20:53 ±50 min"
    night = replace(LONG, remaining_s=8 * HOUR_S, high_s=8 * HOUR_S + 3000, low_s=8 * HOUR_S)
    assert plain(end_line(night, NOW, 30)) == "ends Sat 02:43 ±50 min"
    assert plain(end_line(night, NOW, 16)) == "Sat 02:43 ±50m"
    assert plain(end_line(replace(night, may_stop_early=True), NOW, 16)) == "by Sat 02:43"


def test_facts_name_the_range_and_what_it_rests_on() -> None:
    said = [(fact.label, fact.value) for fact in end_facts(EARLY, NOW)]
    assert said == [
        ("ends", "20:53, in 2h 10m"),
        ("between", "19:43–21:43"),
        ("end rests on", "last 12 epochs"),
        ("early stopping", "may stop after epoch 69"),
    ]
    soon = [(fact.label, fact.value) for fact in end_facts(SOON, NOW)]
    assert soon[:2] == [("ends in", "48 s"), ("between", "30 s–1m 10s")]
    assert [fact.note for fact in short_end_facts(EARLY)] == ["last 12 epochs"]
    assert not [*end_facts(None, NOW), *short_end_facts(None)]


def test_the_command_line_says_it_short_in_a_list_and_in_full_for_one_run() -> None:
    run = replace(board.run(), eta=EARLY)
    assert words.ending(run) == "ends by 20:53 ±50 min"
    assert words.ending(replace(run, eta=SOON)) == "48 s left ±22 s"
    assert words.ending_in_full(run) == end_in_full(EARLY, NOW)
    assert words.ending_in_full(replace(run, eta=None)) == words.ending(replace(run, eta=None))


DONE = Eta(8, 5, 12, "all epochs are done, and what followed in earlier runs", is_finishing=True)
LATE = Eta(0, 0, 0, "all epochs are done", is_finishing=True)


def test_a_run_that_has_trained_all_is_finishing() -> None:
    assert end_in_full(DONE, NOW) == "finishing, ≈ 8 s left (5 s–12 s)"
    assert end_in_full(LATE, NOW) == "finishing"
    for eta in (DONE, LATE):
        assert plain(end_in_full_line(eta, NOW)) == end_in_full(eta, NOW)
    said = [plain(end_line(DONE, NOW, width)) for width in (30, 18, 12)]
    assert said == ["finishing, ≈ 8 s left", "finishing, ≈ 8 s", "finishing"]
    assert plain(end_line(LATE, NOW, 18)) == "finishing"
    assert [fact.value for fact in short_end_facts(LATE)] == ["finishing"]
    assert next(iter(end_facts(DONE, NOW))).value == "finishing, ≈ 8 s left"
    run = replace(board.run(), eta=DONE)
    assert words.ending(run) == "finishing, ≈ 8 s left"
    assert progress_words(run).endswith("running 29 s, finishing, ≈ 8 s left")
