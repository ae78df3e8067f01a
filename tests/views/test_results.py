from __future__ import annotations

import os
from pathlib import Path

from cockpit.metrics.gaps import gap_words
from cockpit.metrics.log_lines import attempt_line
from cockpit.metrics.series import MetricTable
from cockpit.runs.layout import RunPaths
from cockpit.runs.record import RunRecord
from cockpit.views.results import CurvesTail, ResultsTail

MIB = 1 << 20
HEADER = "epoch,time,train/loss,metrics/accuracy\n"


def record(results: Path, reader: str = "csv") -> RunRecord:
    return RunRecord(
        run_id="r", name="r", preset="p", preset_file=Path("/p.toml"), created=1.5, host="h",
        argv=("python",), env={}, env_sources={}, unset=(), cwd=results.parent, gpus=(),
        gpu_names=(), world_size=1, reader=reader, devices="none", python="/py",
        python_version="3.11", python_reason="auto", results=results,
    )  # fmt: skip


def tail_of(results: Path) -> ResultsTail:
    return ResultsTail(record(results), RunPaths(results.parent / "r"))


def write_rows(results: Path, first: int, last: int) -> None:
    """Write rows of 64 bytes."""
    with results.open("w") as file:
        file.write(HEADER)
        for epoch in range(first, last + 1):
            row = f"{epoch},{epoch * 2},{1 / (epoch + 1):.9f},0."
            file.write(f"{row:0<63}\n")


def test_all_of_a_file_is_read_where_it_is_not_large(tmp_path: Path) -> None:
    results = tmp_path / "results.csv"
    write_rows(results, 1, 40_000)
    table = tail_of(results).read_all()
    assert (table.epoch, table.problem) == (40_000, None)
    assert len(table.series["train/loss"].values) == 40_000


def test_a_large_file_shows_its_start_and_its_end_and_says_so(tmp_path: Path) -> None:
    results = tmp_path / "results.csv"
    write_rows(results, 0, 60_000)
    table = tail_of(results).read_all(MIB)
    loss = table.series["train/loss"]
    assert table.problem is None
    assert table.epoch == 60_001  # counts from 0: the start tells
    assert loss.x[0] == 1
    assert 2 * MIB / 64 - 10 < len(loss.values) <= 2 * MIB / 64
    epochs = tuple(loss.x)
    gap = next(at for at in range(len(epochs)) if epochs[at + 1] - epochs[at] > 1)
    assert epochs[: gap + 1] == tuple(range(1, gap + 2))
    assert epochs[gap + 1 :] == tuple(range(int(epochs[gap + 1]), 60_002))
    assert table.gaps == ((epochs[gap], epochs[gap + 1]),)
    assert [(one.start, one.end, one.rows) for one in table.segments] == [
        (1, epochs[gap], gap + 1),
        (epochs[gap + 1], 60_001, len(epochs) - gap - 1),
    ]
    assert gap_words(table) == f"epochs {epochs[gap] + 1:.0f}–{epochs[gap + 1] - 1:.0f} not read"
    assert all(
        value == round(1 / epoch, 9) for epoch, value in zip(epochs, loss.values, strict=True)
    )


def test_what_is_added_after_a_large_read_comes_too(tmp_path: Path) -> None:
    results = tmp_path / "results.csv"
    write_rows(results, 1, 60_000)
    tail = tail_of(results)
    tail.read_all(MIB)
    with results.open("a") as file:
        file.write("60001,1,2,0.5\n")
    table = tail.read()
    assert table.epoch == 60_001
    assert table.series["train/loss"].values[-1] == 2
    assert len(table.gaps) == 1


def test_a_file_that_takes_the_place_of_a_large_one_has_no_gap(tmp_path: Path) -> None:
    results = tmp_path / "results.csv"
    write_rows(results, 1, 60_000)
    tail = tail_of(results)
    tail.read_all(MIB)
    write_rows(results, 1, 3)
    table = tail.read()
    assert (table.epoch, table.problem) == (3, None)
    assert table.series["train/loss"].x == (1, 2, 3)


def test_a_large_file_that_is_no_table_keeps_its_own_problem(tmp_path: Path) -> None:
    results = tmp_path / "results.csv"
    results.write_bytes(os.urandom(3 * MIB))
    assert tail_of(results).read_all(MIB).problem == "the results file is not text"


def test_a_bar_that_is_still_drawn_tells_how_far_the_epoch_is(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path / "r")
    paths.root.mkdir()
    bar = "\rEpoch 2/100:  40%|####      | 10/25 [00:58<01:27,  5.8s/it]"
    done = "INFO:__main__:Epoch 1 - Train Loss: 5\nINFO:__main__:Epoch 1 - Val Loss: 6\n"
    paths.log.write_text(done + bar)
    tail = ResultsTail(record(tmp_path, "layoutmaster-log"), paths)
    table = tail.read()
    assert (table.epoch, table.epoch_part) == (1, 0.4)
    with paths.log.open("a") as log:
        log.write(bar.replace(" 40%", " 80%").replace("10/25", "20/25"))
    assert tail.read().epoch_part == 0.8


def test_the_log_of_a_resumed_run_is_read_as_one(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path / "r")
    paths.root.mkdir()
    epoch = "INFO:__main__:Epoch {} - Val Loss: 6\n"
    mark = attempt_line(2, 2, restarts_count=True)
    paths.log.write_text("".join(map(epoch.format, (1, 2, 3))) + f"\n{mark}\n")
    tail = ResultsTail(record(tmp_path, "layoutmaster-log"), paths)
    assert tail.read().epoch == 2
    with paths.log.open("a") as log:
        log.write("".join(map(epoch.format, (1, 2))))
    table = tail.read()
    assert (table.epoch, table.resumed_after) == (4, (2.0,))


def test_a_long_file_is_read_in_parts_when_patience_is_short(tmp_path: Path) -> None:
    file = tmp_path / "results.csv"
    rows = (f"{epoch},{1 / epoch:.6g}" for epoch in range(1, 300_001))
    file.write_text("\n".join(("epoch,train/loss", *rows, "")))
    tail = CurvesTail(file, "csv")
    first = tail.read_all(patience_s=0)
    assert first.epoch is not None and first.epoch < 300_000
    assert tail.part_read is not None and 0 < tail.part_read < 1
    parts = [tail.part_read]
    while tail.part_read is not None:
        table = tail.read_all(patience_s=0)
        parts.append(tail.part_read or 1.0)
    assert parts == sorted(parts)
    assert table == CurvesTail(file, "csv").read_all()


def test_when_the_last_row_was_written_is_told_of_a_file_but_not_of_a_log(tmp_path: Path) -> None:
    results = tmp_path / "results.csv"
    write_rows(results, 1, 3)
    os.utime(results, (1000.0, 1000.0))
    tail = tail_of(results)
    tail.read_all()
    assert tail.written == 1000.0
    log = CurvesTail(results, "log")
    log.read_all()
    assert log.written is None


def test_a_reader_that_fails_is_a_problem_and_costs_nobody_the_run(tmp_path: Path) -> None:
    class Failing:
        def feed(self, lines: object) -> None:
            raise RecursionError("too deep")

        def restart(self) -> None: ...

        def table(self) -> MetricTable:
            return MetricTable()

    file = tmp_path / "results.csv"
    file.write_text("epoch,loss\n1,0.5\n")
    tail = CurvesTail(file, "csv")
    tail._reader = Failing()
    assert tail.read().problem == "results.csv cannot be read: RecursionError: too deep"
    assert tail.read().problem == "results.csv cannot be read: RecursionError: too deep"


def test_rows_that_each_bring_another_name_are_cut(tmp_path: Path) -> None:
    file = tmp_path / "metrics.jsonl"
    file.write_text("".join(f'{{"step": {at}, "name{at}": 1}}\n' for at in range(5000)))
    table = CurvesTail(file, "jsonl").read_all()
    assert len(table.series) == 4096
    assert table.problem == "more than 4,096 names: only the first are shown"
