from __future__ import annotations

from dataclasses import replace

from cockpit.analysis.forecast.band import Band
from cockpit.analysis.forecast.result import Forecast
from cockpit.views.forecast_text import forecast_sections, section_lines
from tests.tui.forecasts import KNOWN, MEMORY, OWN, TIME, UNKNOWN, WORK


def told(forecast: Forecast, width: int | None = None) -> list[str]:
    return section_lines(forecast_sections(forecast), width)


def test_a_whole_estimate_tells_its_parts_and_what_each_rests_on() -> None:
    lines = told(replace(KNOWN, costs=(OWN,)))
    assert "  total               5h 40m, 4h 50m to 6h 30m" in lines
    assert "  scaling efficiency  80%, 70% to 85% (measured)" in lines
    assert "  need                ✓ 7.1 of 8.0 GiB a GPU, ±0.2" in lines
    assert "    activations       5.90 GiB" in lines
    assert "  your price          USD 32, 27 to 38 a run" in lines
    rests, narrows = lines.index("Rests on"), lines.index("What narrows it")
    assert lines[rests + 1 : narrows - 1] == [
        "  - 2 runs of aaa-printer here, of 16:22 and 09:10",
        "  - 3 probes of batch 4, 8 and 12",
        "  - USD 1.40 a GPU hour: config.toml",
    ]


def test_what_is_assumed_is_called_assumed() -> None:
    assert "  data set            4,000 images, assumed, nobody told" in told(KNOWN)
    assert "  model               yolov8m-seg" in told(KNOWN)
    time = replace(TIME, is_efficiency_measured=False)
    assert any(line.endswith("(assumed)") and "efficiency" in line
               for line in told(Forecast(WORK, time, MEMORY)))  # fmt: skip


def test_what_nobody_knows_is_said() -> None:
    lines = section_lines(forecast_sections(UNKNOWN, "nobody knows how many samples"))
    assert "  total               nothing is known yet" in lines
    assert "Rests on" not in lines
    assert lines[lines.index("What would tell") + 1 :] == [
        "  - nobody knows how many samples",
        "  - cockpit estimate --preset aaa-printer --probe: trains a few dozen steps here",
        "  - cockpit run aaa-printer: what it takes counts for the next estimate",
        "  - cockpit memory --preset aaa-printer: measures what each batch needs",
    ]


def test_sentences_are_wrapped_and_said_once() -> None:
    long = "it rests on this " * 12
    time = replace(TIME, basis=(long, long))
    lines = told(Forecast(WORK, time, None), 60)
    assert all(len(line) <= 60 for line in lines)
    assert sum("- it rests" in line for line in lines) == 1


def test_a_step_of_a_second_and_more_reads_as_a_duration() -> None:
    time = replace(TIME, step_s=Band(27.0, 29.4, 31.0))
    assert "  a step              29 s, 27 s to 31 s" in told(Forecast(WORK, time, None))
