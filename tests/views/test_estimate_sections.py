from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from cockpit.analysis.forecast.band import Band
from cockpit.analysis.forecast.result import Forecast
from cockpit.catalog.rows import Catalog
from cockpit.cli import estimate_text as cli_text
from cockpit.tui.begins import Begin
from cockpit.tui.estimate_text import MORE, estimate_text
from cockpit.tui.forecast_rows import Outlook
from cockpit.views.estimate_sections import Section, Start, estimate_sections
from tests.tui.forecasts import KNOWN, MEMORY, OWN, TIME, UNKNOWN, WORK

NOW_S = 1_795_200_187.0


def sections(forecast: Forecast, why: str = "", start: Start | None = None) -> tuple[Section, ...]:
    return estimate_sections(forecast, Catalog(), NOW_S, why, start)


def rows(forecast: Forecast, start: Start | None = None) -> dict[str, str]:
    return {
        label: value
        for one in sections(forecast, start=start)
        for label, value in one.rows
        if label
    }


def points(forecast: Forecast, title: str, why: str = "") -> tuple[str, ...]:
    return next((one.points for one in sections(forecast, why) if one.title == title), ())


def test_a_whole_estimate_tells_its_answers_and_what_each_rests_on() -> None:
    told = rows(replace(KNOWN, costs=(OWN,)))
    assert told["time"] == "5h 40m, 4h 50m to 6h 30m"
    assert told["memory"].startswith("✓ 7.1 of 8.0 GiB a GPU, ±0.2")
    assert told["cost"].startswith("your price: USD 32, 27 to 38 a run")
    assert told["scaling efficiency"] == "80%, 70% to 85% (measured)"
    assert "activations 5.90" in told["memory of a rank"]
    assert list(told)[:4] == ["time", "ends", "memory", "cost"], "the answers come first"
    assert points(replace(KNOWN, costs=(OWN,)), "rests on:")[:3] == (
        "2 runs of aaa-printer here, of 16:22 and 09:10",
        "3 probes of batch 4, 8 and 12",
        "USD 1.40 a GPU hour: config.toml",
    )


def test_what_is_assumed_is_called_assumed() -> None:
    assert any("4,000 images: assumed" in one for one in points(KNOWN, "rests on:"))
    time = replace(TIME, is_efficiency_measured=False)
    assert rows(Forecast(WORK, time, MEMORY))["scaling efficiency"].endswith("(assumed)")


def test_what_nobody_knows_is_said_with_what_would_tell() -> None:
    assert points(UNKNOWN, "rests on:") == ("4,000 images: assumed, nobody told",)
    assert points(UNKNOWN, "what would tell:") == (
        "cockpit estimate --preset aaa-printer --probe: trains a few dozen steps here",
        "cockpit run aaa-printer: what it takes counts for the next estimate",
    )
    told = dict(sections(UNKNOWN, "nobody knows how many samples")[1].rows)
    assert told["time"] == "– nobody knows how many samples"
    assert "cockpit memory --preset aaa-printer" in told["memory"]


def test_an_end_is_told_from_when_it_starts_and_not_where_nobody_knows_that() -> None:
    assert rows(KNOWN)["ends"].endswith("if it starts now")
    later = Start(NOW_S + 3600, is_now=False)
    assert "if it starts about" in rows(KNOWN, later)["ends"]
    assert rows(KNOWN, later)["ends"] != rows(KNOWN)["ends"]
    assert "ends" not in rows(KNOWN, Start(None))


def test_an_end_on_another_day_says_its_day() -> None:
    time = replace(TIME, total_s=Band(22 * 3600.0, 23.6 * 3600.0, 26 * 3600.0))
    low, likely, high = (
        f"{datetime.fromtimestamp(NOW_S + hours * 3600).astimezone():%a %H:%M}"
        for hours in (22, 23.6, 26)
    )
    said = rows(Forecast(WORK, time, MEMORY))["ends"]
    assert said == f"{likely}, {low} to {high}, if it starts now"
    early = replace(TIME, total_s=Band(1200.0, 23.6 * 3600.0, 26 * 3600.0))
    said = rows(Forecast(WORK, early, MEMORY))["ends"]
    soon = datetime.fromtimestamp(NOW_S + 1200).astimezone()
    assert said.startswith(f"{likely}, today {soon:%H:%M} to ")


def test_a_training_of_minutes_says_how_long_and_not_when() -> None:
    time = replace(TIME, total_s=Band(30.0, 45.0, 90.0))
    assert "ends" not in rows(Forecast(WORK, time, MEMORY))
    assert "ends" in rows(Forecast(WORK, time, MEMORY), Start(NOW_S + 3600, is_now=False))


def test_a_step_of_a_second_and_more_reads_as_a_duration() -> None:
    time = replace(TIME, step_s=Band(27.0, 29.4, 31.0))
    assert rows(Forecast(WORK, time, None))["a step"] == "29 s, 27 s to 31 s"


def test_the_screen_and_the_command_line_tell_the_same_sections() -> None:
    forecast = replace(KNOWN, costs=(OWN,))
    printed = " ".join(" ".join(cli_text.lines(forecast, Catalog(), 100, NOW_S)).split())
    shown = " ".join(estimate_text(Outlook(forecast, begin=Begin(NOW_S)), NOW_S, 70).split())
    assert shown == f"{printed} {MORE}"


def test_the_text_on_the_screen_is_wrapped_and_holds_no_codes() -> None:
    long = "it rests on this " * 12
    time = replace(TIME, basis=(f"\x1b[31m{long}", "a word"))
    text = estimate_text(Outlook(Forecast(WORK, time, None)), NOW_S, 60)
    assert all(len(line) <= 60 for line in text.splitlines())
    assert "\x1b" not in text
