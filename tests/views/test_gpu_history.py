from __future__ import annotations

import json
from pathlib import Path

import pytest

from cockpit.views.gpu_history import (
    MOST_STEPS,
    Cells,
    Figure,
    RecordedRun,
    RecordedRuns,
    Trace,
    choose_cells,
    joined,
    record_step_s,
)

T0 = 1_795_200_000.0


def write(file: Path, times: range, load: float = 90.0, problem: str | None = None) -> None:
    lines = [json.dumps({"t": T0, "uuids": {"3": "GPU-3"}})]
    row = [3, load, 8 << 30, 70.0, 300.0, problem, 1800, 0]
    lines += [json.dumps({"t": T0 + second, "gpus": [row]}) for second in times]
    with file.open("a", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("span_s", "room", "cell_s", "count"),
    [(600, 30, 20, 30), (600, 120, 5, 120), (600, 44, 15, 40), (3600, 30, 120, 30)],
)
def test_the_shortest_cells_that_fit_are_taken(
    span_s: float, room: int, cell_s: int, count: int
) -> None:
    cells = choose_cells(span_s, room, T0)
    assert (cells.cell_s, cells.count) == (cell_s, count)
    assert cells.last == int(T0 // cell_s) - 1, "a cell that still goes on is not shown"


def test_a_growing_run_keeps_the_width_of_its_history() -> None:
    widths = {choose_cells(span, 50, T0, fills=True).count for span in (700, 4000, 90_000)}
    assert widths == {50}


def test_no_span_is_too_long() -> None:
    assert choose_cells(400 * 86400, 40, T0).count == 40
    assert record_step_s(400 * 86400) > 0


def test_a_trace_is_sampled_into_longer_and_into_shorter_cells() -> None:
    trace = Trace(20, 100, (10.0, 30.0, None, 50.0))
    assert trace.sampled(Cells(40, 2, 51)) == (20.0, 50.0)
    assert trace.sampled(Cells(10, 4, 203)) == (10.0, 10.0, 30.0, 30.0)
    assert trace.sampled(Cells(20, 2, 99)) == (None, None), "before it began"


def test_what_was_seen_counts_before_what_was_recorded() -> None:
    assert joined((None, 2.0), (1.0, 9.0)) == (1.0, 2.0)


def test_a_record_is_read_on_where_it_was_left(tmp_path: Path) -> None:
    file = tmp_path / "gpu.jsonl"
    write(file, range(0, 60, 5), load=40)
    run = RecordedRun(file)
    run.read(T0, T0 + 60)
    write(file, range(60, 120, 5), load=80)
    traces = run.read(T0, T0 + 120)["GPU-3"]
    first = int(T0 // 20)
    values = traces[Figure.UTILIZATION].sampled(Cells(20, 6, first + 5))
    assert values == (40, 40, 40, 80, 80, 80)
    assert traces[Figure.POWER].sampled(Cells(20, 1, first)) == (300,)


def test_a_longer_span_is_read_from_its_own_beginning(tmp_path: Path) -> None:
    file = tmp_path / "gpu.jsonl"
    write(file, range(0, 3600, 20))
    runs = RecordedRuns()
    short = runs.read([(file, T0 + 3000)], T0 + 3600)["GPU-3"][Figure.POWER]
    long = runs.read([(file, T0)], T0 + 3600)["GPU-3"][Figure.POWER]
    assert sum(value is not None for value in short.values) == 30
    assert sum(value is not None for value in long.values) == 180


def test_a_reading_with_a_problem_is_a_gap(tmp_path: Path) -> None:
    file = tmp_path / "gpu.jsonl"
    write(file, range(0, 60, 5), problem="lost: Xid 79")
    traces = RecordedRun(file).read(T0, T0 + 60)["GPU-3"]
    assert set(traces[Figure.UTILIZATION].values) == {None}


def test_a_run_without_a_record_has_no_past(tmp_path: Path) -> None:
    assert RecordedRuns().read([(tmp_path / "gpu.jsonl", T0)], T0 + 60) == {}


def test_a_record_of_a_month_is_kept_in_few_steps() -> None:
    assert 30 * 86400 / record_step_s(30 * 86400) <= MOST_STEPS
