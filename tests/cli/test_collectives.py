from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from cockpit.cli.collectives_face import CollectivesFace, figure
from cockpit.tool_runs.events import (
    Cell,
    Event,
    Finding,
    Finished,
    Level,
    Measurement,
    Outcome,
    Row,
)
from cockpit.tool_runs.result import ToolResult, fold, fold_all
from tests.cli.calling import cockpit

LABELS: dict[str, str | int | float] = {"rank": 0, "backend": "nccl", "world_size": 2}


def collective(*, in_place: bool, wrong: int = 0) -> Row:
    values: dict[str, Cell] = {
        "op": "all_gather",
        "size_bytes": 1 << 20,
        "count": 131072,
        "dtype": "float32",
        "in_place": in_place,
        "time_us": 21.25,
        "time_p99_us": 140.0,
        "algbw_gb_per_s": 49.34,
        "busbw_gb_per_s": None,
        "wrong": wrong,
    }
    return Row(1.0, "all_gather", values)


def pair(source: int, target: int, gb_per_s: float) -> Row:
    ranks: dict[str, Cell] = {"source_rank": source, "target_rank": target}
    return Row(1.0, "pairs", {**ranks, "gb_per_s": gb_per_s, "latency_us": 9.5, "wrong": 0})


EVENTS: list[Event] = [
    Measurement(0.0, "rank.pid", 4711.0, "", LABELS),
    collective(in_place=False),
    collective(in_place=True, wrong=3),
    pair(0, 1, 20.0),
    pair(1, 0, 5.0),
    Measurement(2.0, "all_gather.latency", 12.4, "us"),
    Measurement(2.0, "all_gather.plateau_busbw", 210.0, "GB/s"),
    Measurement(2.0, "all_gather.half_size", 1 << 20, "bytes"),
    Finding(Level.PROBLEM, "collectives.wrong", "3 wrong elements", "look for Xid"),
    Finished(3.0, Outcome.FAILED, "some results are wrong"),
]


def printed() -> list[str]:
    face, result = CollectivesFace(), ToolResult("collectives")
    lines: list[str] = []
    for event in EVENTS:
        result = fold(result, event)
        lines += face.lines(result, event)
    return [*lines, *face.closing_lines(result)]


def test_a_table_has_one_head_and_a_missing_figure_is_a_dash() -> None:
    lines = printed()
    assert lines[1] == "all_gather, float32, 2 ranks over nccl"
    assert sum(line.endswith("wrong") for line in lines) == 1
    assert lines[3].split() == ["1.0", "MiB", "131072", "out", "21.25", "140", "49.34", "–", "0"]
    assert lines[4].split()[3:] == ["in", "21.25", "140", "49.34", "–", "3"]


def test_latency_and_plateau_and_the_pairs_are_told() -> None:
    text = "\n".join(printed())
    assert "latency 12.40 µs, plateau 210 GB/s busbw, half of it from 1.0 MiB on" in text
    matrix = text[text.index("GB/s from rank") :].splitlines()
    assert [line.split() for line in matrix[1:4]] == [
        ["0", "1"],
        ["0", "–", "20.00"],
        ["1", "5.00", "–"],
    ]


def test_the_json_is_one_object_of_what_is_known() -> None:
    written = CollectivesFace().as_object(fold_all("collectives", EVENTS))
    assert json.loads(json.dumps(written)) == {
        "backend": "nccl",
        "world_size": 2,
        "rows": [
            dict(collective(in_place=False).values),
            dict(collective(in_place=True, wrong=3).values),
        ],
        "pairs": [dict(pair(0, 1, 20.0).values), dict(pair(1, 0, 5.0).values)],
        "findings": [
            {
                "level": "problem",
                "code": "collectives.wrong",
                "what": "3 wrong elements",
                "remedy": "look for Xid",
            }
        ],
        "outcome": "failed",
    }
    empty = CollectivesFace().as_object(ToolResult("collectives"))
    assert (empty["backend"], empty["world_size"], empty["outcome"]) == (None, None, None)


def test_figures_keep_the_digits_that_say_something() -> None:
    assert [figure(value) for value in (None, 0.0, 0.0041, 0.5, 12.345, 482.26)] == [
        "–",
        "0.00",
        "0.0041",
        "0.50",
        "12.35",
        "482",
    ]


def test_wrong_values_are_told_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    env = {"XDG_DATA_HOME": str(tmp_path), "COCKPIT_DEVICES": "none"}
    words = ("--op", "allreduce", "--sizes", "1XB", "--ranks", "0")
    done = cockpit("nccl", *words, env=env)
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean all_reduce?" in done.stderr
    assert "--sizes" in done.stderr and "--ranks 0" in done.stderr
    done = cockpit("collectives", "--backend", "nccl", env=env)
    assert (done.returncode, "no GPU" in done.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.real
@pytest.mark.skipif(find_spec("torch") is None, reason="no torch in this interpreter")
def test_two_ranks_measure_for_a_terminal(tmp_path: Path) -> None:
    env = {"XDG_DATA_HOME": str(tmp_path), "COCKPIT_DEVICES": "none", "CUDA_VISIBLE_DEVICES": ""}
    words = ("--ranks", "2", "--sizes", "1KiB,1MiB", "--op", "all-reduce", "--iterations", "2")
    done = cockpit("collectives", *words, "--backend", "gloo", "--json", env=env)
    assert done.returncode == 0, done.stderr
    written = json.loads(done.stdout)
    assert (written["backend"], written["world_size"], written["outcome"]) == ("gloo", 2, "passed")
    assert [row["size_bytes"] for row in written["rows"]] == [1024, 1 << 20]
    assert len(written["pairs"]) == 2
