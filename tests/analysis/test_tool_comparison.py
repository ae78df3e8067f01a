from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.analysis.tool_comparison import Pair, compare_results, more_is_better
from cockpit.reports.tools.comparison_markdown import change_words, comparison_text
from cockpit.tool_runs.events import Cell, Finding, Level, Started
from cockpit.tool_runs.result import ToolResult
from tests.reports.tools import made_up
from tests.reports.tools.made_up import memory_row, result


def two_sweeps() -> tuple[ToolResult, ToolResult]:
    slow: dict[str, Cell] = {**memory_row(8), "samples_per_s": 60.0, "driver_used_bytes": None}
    before = result(
        "memory",
        {"memory": [memory_row(4), memory_row(8), memory_row(16)]},
        Finding(Level.WARNING, "memory.preset", "does not fit"),
        Finding(Level.OK, "memory.largest", "take batch 8"),
        made_up.PASSED,
    )
    after = result(
        "memory",
        {"memory": [slow, memory_row(4), memory_row(32)]},
        Finding(Level.NOTE, "memory.preset", "fits"),
    )
    began = Started(1.0, "memory", (), {"torch": "2.14"})
    return before, replace(after, started=began)


def test_rows_are_matched_by_what_was_measured_and_told_as_ratios() -> None:
    before, after = two_sweeps()
    (table,) = compare_results(before, after).tables
    assert table.keys == ("image_size", "batch")
    assert [row.key for row in table.rows] == [(640, 4), (640, 8)]
    pairs = table.rows[1].pairs
    was = memory_row(8)["samples_per_s"]
    assert isinstance(was, float)
    assert pairs["samples_per_s"] == Pair(was, 60.0)
    assert pairs["samples_per_s"].ratio == pytest.approx(60 / was)
    assert pairs["driver_used_bytes"].ratio is None
    assert table.rows[0].pairs["samples_per_s"].ratio == 1
    assert table.only_before == ((640, 16),)
    assert table.only_after == ((640, 32),)


def test_findings_count_as_new_when_their_level_is_another_and_fine_ones_do_not() -> None:
    found = compare_results(*two_sweeps())
    assert [(one.code, one.level) for one in found.appeared] == [("memory.preset", "note")]
    assert [(one.code, one.level) for one in found.went] == [("memory.preset", "warning")]
    assert found.is_partial == (False, True)
    assert found.versions["torch"] == ("2.13.0", "2.14")


def test_rows_that_are_alike_are_matched_in_their_order() -> None:
    first = result("x", {"y": [{"op": "a", "n": 1.0}, {"op": "a", "n": 2.0}]})
    second = result("x", {"y": [{"op": "a", "n": 4.0}]})
    (table,) = compare_results(first, second).tables
    assert [row.pairs["n"] for row in table.rows] == [Pair(1.0, 4.0)]
    assert table.only_before == (("a",),)


def test_a_pair_of_ranks_is_the_same_pair_at_another_message_size() -> None:
    rows: list[dict[str, Cell]] = [
        {"source_rank": 0, "target_rank": 1, "size_bytes": size, "gb_per_s": 1.0 * size}
        for size in (1, 2)
    ]
    first, second = (result("collectives", {"pairs": [row]}) for row in rows)
    (table,) = compare_results(first, second).tables
    assert table.rows[0].pairs["gb_per_s"].ratio == 2


def test_a_number_that_was_0_has_no_ratio() -> None:
    assert Pair(0.0, 3.0).ratio is None
    assert Pair(None, 3.0).ratio is None


@pytest.mark.parametrize(
    ("column", "ratio", "said"),
    [
        ("samples_per_s", 1.2, "1.20× better"),
        ("samples_per_s", 0.8, "0.80× worse"),
        ("time_us", 0.8, "0.80× better"),
        ("driver_used_bytes", 1.5, "1.50× worse"),
        ("share_pct", 1.5, "1.50×"),
        ("time_us", 1.02, "same"),
        ("time_us", None, "–"),
    ],
)
def test_a_ratio_is_judged_by_its_column(column: str, ratio: float | None, said: str) -> None:
    assert change_words(column, ratio) == said


def test_nobody_says_which_count_of_elements_is_better() -> None:
    assert more_is_better("count") is None


def test_the_text_names_both_and_has_every_number() -> None:
    text = comparison_text(compare_results(*two_sweeps()), "Mon_day", "Tuesday")
    assert text.startswith("# memory: Tuesday against Mon\\_day\n\n**Partial: Tuesday did not")
    assert "- **note** `memory.preset`: fits" in text
    assert "| torch | 2.13.0 | 2.14 |" in text
    assert "121.1 | 60 | 0.50× worse" in text
    assert "Only in Tuesday: image size 640 batch 32." in text


def test_nothing_against_nothing_is_said_to_be_nothing() -> None:
    empty = ToolResult("memory")
    assert "Neither measured anything" in comparison_text(compare_results(empty, empty), "a", "b")
