from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.analysis.forecast.band import Band, exactly
from cockpit.analysis.forecast.result import Forecast, Tier
from cockpit.tui.begins import Begin
from cockpit.tui.forecast_rows import (
    ASKED,
    Outlook,
    forecast_line,
    forecast_rows,
    short_forecast_rows,
)
from cockpit.tui.ink import Line, cells, plain
from cockpit.units import GIB

from . import board, forecasts

WIDTH = 36


def shown(outlook: Outlook, width: int = WIDTH) -> list[str]:
    return [plain(line).rstrip() for line in forecast_rows(outlook, board.NOW, width)]


def look_of(lines: tuple[Line, ...], text: str) -> str:
    return next(look for line in lines for part, look in line if text in part)


def of(**changes: object) -> Outlook:
    return Outlook(replace(forecasts.KNOWN, **changes))  # type: ignore[arg-type]  # by name


def test_three_questions_are_answered_with_what_each_rests_on() -> None:
    assert shown(Outlook(forecasts.KNOWN)) == [
        "Will it fit? ───────── from 3 probes",
        "✓ 7.1 of 8.0 GiB a GPU, ±0.2",
        "━" * 32 + "────",
        "largest batch that fits: 13",
        "",
        "How long? ────────────── from 2 runs",
        "5h 40m  4h 50m to 6h 30m",
        "starts now, ends Sat 00:23",
        "",
        "What does it cost? ─────────────────",
        "no price set for this machine",
        "g5.12xlarge would be USD 35",
        "",
    ]


@pytest.mark.parametrize(
    ("need", "sign", "tone", "verdict"),
    [
        (
            Band(5 * GIB, 7 * GIB, 9.8 * GIB),
            "▲",
            "attention",
            "may not fit; batch 13 does for sure",
        ),
        (Band(9 * GIB, 9.2 * GIB, 9.5 * GIB), "✗", "danger", "does not fit; batch 13 does"),
    ],
)
def test_what_does_not_fit_for_sure_is_said_by_sign_word_and_colour(
    need: Band, sign: str, tone: str, verdict: str
) -> None:
    outlook = of(memory=replace(forecasts.MEMORY, need_bytes=need))
    lines = forecast_rows(outlook, board.NOW, WIDTH)
    assert plain(lines[1]).startswith(f"{sign} ")
    assert look_of(lines, sign) == tone
    assert look_of(lines, "━") == tone
    assert plain(lines[3]) == verdict


def test_what_is_calculated_or_assumed_never_reads_as_measured() -> None:
    memory = replace(forecasts.MEMORY, tier=Tier.CATALOG, evidence="data sheets")
    assert shown(of(memory=memory))[0].endswith(" calculated")


def test_nothing_known_is_said_so_with_the_way_out() -> None:
    said = shown(Outlook(forecasts.UNKNOWN))
    assert said.count("nothing is known yet") == 2
    assert "e says what tells" in said
    assert "not before the time is known" in said


def test_the_column_keeps_its_height_while_the_answer_is_awaited() -> None:
    asked = forecast_rows(ASKED, board.NOW, WIDTH)
    assert len(asked) == len(forecast_rows(Outlook(forecasts.KNOWN), board.NOW, WIDTH))
    assert "–" not in " ".join(map(plain, asked))


def test_the_own_price_is_the_strong_one_and_an_offer_follows() -> None:
    lines = forecast_rows(of(costs=(forecasts.OFFER, forecasts.OWN)), board.NOW, WIDTH)
    assert look_of(lines, "USD 32") == "strong"
    assert "USD 32  27 to 38" in map(plain, lines)
    assert "g5.12xlarge would be USD 35" in map(plain, lines)


def test_without_a_price_the_file_that_sets_one_is_named() -> None:
    assert "config.toml: [cost] gpu_hour = 1.10" in shown(of(costs=()))


def test_a_training_on_the_processor_asks_for_no_price() -> None:
    work = replace(forecasts.WORK, device="cpu: AMD EPYC, 2 cores")
    said = shown(of(work=work, costs=()))
    assert not any("config.toml" in line for line in said)


def test_a_training_of_minutes_that_starts_now_needs_no_clock() -> None:
    time = replace(forecasts.TIME, total_s=Band(60.0, 90.0, 120.0))
    assert "starts now" in shown(of(time=time))
    waits = Outlook(replace(forecasts.KNOWN, time=time), begin=Begin(board.NOW + 60, "about 18:44"))
    assert "starts about 18:44, ends 18:45" in shown(waits)


def test_a_start_that_waits_says_from_when_on_where_that_is_known() -> None:
    at_s = board.NOW + 8520
    waits = replace(Outlook(forecasts.KNOWN), begin=Begin(at_s, "about 21:05"))
    assert "starts about 21:05, ends Sat 02:45" in shown(waits)
    unknown = replace(waits, begin=Begin(None, "when 4 GPUs are free"))
    assert "starts when 4 GPUs are free" in shown(unknown)


def test_simulated_gpus_are_labelled() -> None:
    said = shown(replace(Outlook(forecasts.KNOWN), is_simulated=True))
    assert "SIMULATED GPUs: times of this CPU" in said


def test_a_reason_why_there_is_no_estimate_is_told_in_its_place() -> None:
    said = shown(Outlook(problem="catalog.toml: row 3: price must be a number, not free of charge"))
    assert said[1].startswith("▲ catalog.toml: row 3: price must")
    assert len(said) == 4


def test_nothing_is_wider_than_the_column() -> None:
    memory = replace(forecasts.MEMORY, evidence="3 Läufe von 配电-分割训练-分布式 here")
    for outlook in (of(memory=memory), ASKED, Outlook(problem="配电 " * 30)):
        for rows in (forecast_rows, short_forecast_rows):
            assert all(cells(line) <= WIDTH for line in rows(outlook, board.NOW, WIDTH))


def test_one_line_each_is_enough_where_rows_are_few() -> None:
    lines = short_forecast_rows(of(costs=(forecasts.OWN,)), board.NOW, WIDTH)
    assert [plain(line).rstrip() for line in lines] == [
        "fits   ✓ 7.1 of 8.0 GiB a GPU, ±0.2",
        "takes  5h 40m  4h 50m to 6h 30m",
        "costs  USD 32  27 to 38",
        "",
    ]


def test_one_line_gives_up_the_cost_first_then_the_range() -> None:
    outlook = of(costs=(forecasts.OWN,))
    whole = "✓ 7.1 of 8.0 GiB a GPU, ±0.2 · takes 5h 40m (4h 50m to 6h 30m)"
    assert plain(forecast_line(outlook, 80)) == f"{whole} · costs USD 32"
    assert plain(forecast_line(outlook, 66)) == whole
    in_a_small_terminal = "✓ 7.1 of 8.0 GiB · takes 5h 40m (4h 50m to 6h 30m)"
    assert plain(forecast_line(outlook, 51)) == in_a_small_terminal
    assert plain(forecast_line(outlook, 40)) == "✓ 7.1 of 8.0 GiB · takes 5h 40m"
    assert plain(forecast_line(outlook, 20)) == "takes 5h 40m"
    assert plain(forecast_line(outlook, 10)) == "5h 40m"


def test_one_line_says_what_a_need_without_a_capacity_is() -> None:
    memory = replace(forecasts.MEMORY, capacity_bytes=None)
    line = plain(forecast_line(of(memory=memory), 80))
    assert line.startswith("needs 7.1 GiB a GPU, ±0.2 · takes 5h 40m")


def test_one_line_says_that_nothing_is_known() -> None:
    assert plain(forecast_line(Outlook(forecasts.UNKNOWN), 60)) == (
        "estimate: nothing is known yet · e says what tells"
    )
    only_time = Forecast(forecasts.WORK, replace(forecasts.TIME, total_s=exactly(60)), None)
    assert plain(forecast_line(Outlook(only_time), 60)) == "memory – · takes 1m 00s"
