from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from cockpit.reports.tools.grids import csv_grids, csv_text
from cockpit.reports.tools.result_json import result_object
from cockpit.tool_runs.events import Outcome
from cockpit.tool_runs.result import ToolResult
from tests.reports.tools import made_up
from tests.reports.tools.made_up import GIB, asked, memory_row, result


def read_csv(found: ToolResult, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_text(csv_grids(found)[name]))))


def test_csv_holds_the_raw_numbers_and_leaves_cells_empty() -> None:
    rows = read_csv(made_up.memory(), "memory.csv")
    told = made_up.memory().tables["memory"]
    assert len(rows) == len(told) == 9
    for row, event in zip(rows, told, strict=True):
        assert list(row) == list(event.values)
        for name, value in event.values.items():
            assert row[name] == ("" if value is None else str(value)), name
    assert rows[-1]["outcome"] == "out of memory"
    assert rows[-1]["samples_per_s"] == ""
    assert float(rows[0]["samples_per_s"]) == memory_row(1)["samples_per_s"]


def test_the_collectives_share_one_csv_and_the_pairs_have_their_own() -> None:
    rows = read_csv(made_up.collectives(), "collectives.csv")
    assert len(rows) == 60
    assert list(dict.fromkeys(row["op"] for row in rows)) == [
        "all_reduce", "all_gather", "reduce_scatter", "broadcast", "all_to_all"
    ]  # fmt: skip
    assert {row["in_place"] for row in rows} == {"true", "false"}
    pairs = read_csv(made_up.collectives(), "collectives_pairs.csv")
    assert len(pairs) == 56
    slow = [row for row in pairs if (row["source_rank"], row["target_rank"]) == ("3", "6")]
    assert slow == [
        {"source_rank": "3", "target_rank": "6", "gb_per_s": "2.13", "latency_us": "17.25"}
    ]


def test_a_row_of_a_collective_that_does_not_name_it_gets_the_name_of_its_table() -> None:
    found = result("collectives", {"broadcast": [{"size_bytes": 64, "time_us": 1.5}]})
    assert read_csv(found, "collectives.csv") == [
        {"op": "broadcast", "size_bytes": "64", "time_us": "1.5"}
    ]


def test_a_column_that_some_rows_lack_and_a_table_nobody_knows_are_written() -> None:
    rows = [{"batch": 1}, {"batch": 2, "driver_used_bytes": GIB}]
    found = result("memory", {"memory": rows, "o/d d": [{"x": True}]})
    assert read_csv(found, "memory.csv") == [
        {"batch": "1", "driver_used_bytes": ""},
        {"batch": "2", "driver_used_bytes": str(GIB)},
    ]
    assert read_csv(found, "memory_o_d_d.csv") == [{"x": "true"}]


def test_the_json_has_everything_again() -> None:
    told = result_object(made_up.memory(), asked("memory", batches="1:16"))
    found = json.loads(json.dumps(told, allow_nan=False))
    assert found["kind"] == "cockpit.tool_result"
    assert (found["tool"], found["outcome"], found["is_partial"]) == ("memory", "passed", False)
    assert found["versions"]["torch"] == "2.13.0"
    assert found["tables"]["memory"][0] == memory_row(1)
    assert found["measurements"][0] == {
        "name": "memory.limit", "value": 8.0 * GIB, "unit": "bytes",
        "labels": {"memory_kind": "gpu"}
    }  # fmt: skip
    assert found["findings"][1]["remedy"] == "set batch-size = 12"
    assert found["asked"]["values"] == {"batches": "1:16"}
    assert found["ended"] - found["started"] == 72


@pytest.mark.parametrize("outcome", [Outcome.PASSED, Outcome.FAILED, Outcome.STOPPED])
def test_a_skipped_tool_counts_as_partial(outcome: Outcome) -> None:
    found = replace(made_up.memory(), finished=replace(made_up.PASSED, outcome=outcome))
    assert result_object(found, None)["is_partial"] is (outcome is Outcome.STOPPED)
    assert result_object(found, None)["is_broken_off"] is False
