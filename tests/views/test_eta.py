from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.analysis.eta import Eta
from cockpit.metrics.series import Axis, MetricSeries, MetricTable
from cockpit.metrics.speed_lines import SpeedWords
from cockpit.runs.phase import Phase
from cockpit.runs.reader import ReadRun
from cockpit.runs.record import RunRecord, StateRecord
from cockpit.views.eta import Bar, EndingWatch, part_of_epoch

BEGAN = 1_795_200_000.0
NO_BAR = Bar(None, SpeedWords())


def run(folder: Path, reader: str = "csv", phase: Phase = Phase.RUNNING) -> ReadRun:
    record = RunRecord(
        run_id="r", name="r", preset="p", preset_file=Path("/p.toml"), created=BEGAN, host="h",
        argv=("python",), env={}, env_sources={}, unset=(), cwd=folder, gpus=(), gpu_names=(),
        world_size=1, reader=reader, devices="none", python="/py", python_version="3.11",
        python_reason="auto", results=folder / "results.csv",
    )  # fmt: skip
    state = StateRecord(phase, "h", 1, BEGAN, started=BEGAN, attempt_started=BEGAN)
    return ReadRun(record, state, phase, is_remote=False, has_supervisor=True)


def results(folder: Path, written_s: float) -> Path:
    """Make a results file that was last written so long after the start."""
    file = folder / "results.csv"
    file.touch()
    os.utime(file, (BEGAN + written_s, BEGAN + written_s))
    return file


def timed(ends: Sequence[float]) -> MetricTable:
    return MetricTable(epoch=len(ends), epoch_ends=tuple(enumerate(ends, 1)))


def known(eta: Eta | None) -> Eta:
    assert eta is not None
    return eta


def test_the_epoch_in_work_lasts_since_the_results_were_written(tmp_path: Path) -> None:
    file = results(tmp_path, 40)
    table = timed([10, 20, 30, 40])
    eta = known(EndingWatch().eta(run(tmp_path), table, 10, file, NO_BAR, BEGAN + 43))
    assert eta.remaining_s == pytest.approx(6 * 10 - 3)


def test_a_pause_between_two_attempts_is_no_training(tmp_path: Path) -> None:
    file = results(tmp_path, 40)
    first = run(tmp_path)
    assert first.state is not None
    state = replace(first.state, attempt=2, attempt_started=BEGAN + 5000, earlier_s=45.0)
    resumed = replace(first, state=state)
    eta = known(EndingWatch().eta(resumed, timed([10, 20, 30, 40]), 10, file, NO_BAR, BEGAN + 5003))
    assert eta.remaining_s == pytest.approx(6 * 10 - 3)


def test_a_run_that_is_over_or_waits_has_no_end_to_come(tmp_path: Path) -> None:
    file = results(tmp_path, 40)
    for phase in (Phase.SUCCEEDED, Phase.QUEUED, Phase.LOST, Phase.STOPPING):
        other = run(tmp_path, phase=phase)
        assert EndingWatch().eta(other, timed([10, 20]), 10, file, NO_BAR, BEGAN + 43) is None


def test_epochs_without_a_time_are_watched(tmp_path: Path) -> None:
    watch = EndingWatch()
    for epoch, end_s in enumerate((25, 35, 45, 55), 1):
        file = results(tmp_path, end_s)
        table = MetricTable(epoch=epoch)
        for later_s in (0.5, 1.5):
            at_s = BEGAN + end_s + later_s
            eta = known(watch.eta(run(tmp_path), table, 10, file, NO_BAR, at_s))
    assert eta.basis == "last 3 epochs"
    assert eta.remaining_s == pytest.approx(6 * 10 - 1.5)


def test_one_look_at_epochs_without_a_time_takes_their_mean(tmp_path: Path) -> None:
    file = results(tmp_path, 400)
    eta = known(
        EndingWatch().eta(run(tmp_path), MetricTable(epoch=40), 80, file, NO_BAR, BEGAN + 400)
    )
    assert eta.basis == "40 epochs as a whole"
    assert eta.remaining_s == pytest.approx(400, rel=0.02)
    assert eta.low_s < 360
    assert eta.high_s > 440


def test_epochs_of_a_log_end_when_that_is_noticed(tmp_path: Path) -> None:
    watch, log = EndingWatch(), results(tmp_path, 9999)  # written all the time
    logged = run(tmp_path, "mshnet-log")
    for epoch, noticed_s in enumerate((20, 30, 40, 50, 60), 1):
        table = MetricTable(epoch=epoch, epoch_part=0.1)
        known(watch.eta(logged, table, 10, log, NO_BAR, BEGAN + noticed_s))
    bar = Bar(0.4, SpeedWords())
    eta = known(watch.eta(logged, MetricTable(epoch=5), 10, log, bar, BEGAN + 64))
    assert eta.basis == "last 3 epochs"
    assert eta.remaining_s == pytest.approx(5 * 10 - 4)


def test_a_bar_tells_the_end_while_the_first_epoch_is_in_work(tmp_path: Path) -> None:
    bar = Bar(0.5, SpeedWords(elapsed_s=20.0))
    eta = known(EndingWatch().eta(run(tmp_path), MetricTable(), 10, None, bar, BEGAN + 90))
    assert eta.basis == "first epoch, 50% done"
    assert eta.remaining_s < 10 * 40  # the start before the bar is no part of an epoch
    nothing = EndingWatch().eta(run(tmp_path), MetricTable(), 10, None, NO_BAR, BEGAN + 90)
    assert nothing is None


def test_patience_and_the_mosaic_are_read_where_ultralytics_writes_them(tmp_path: Path) -> None:
    file, name = results(tmp_path, 200), "metrics/mAP50-95(B)"
    curve = MetricSeries(name, tuple(map(float, range(1, 21))), (0.1, 0.3, *[0.2] * 18))
    table = replace(timed([10.0 * epoch for epoch in range(1, 21)]), series={name: curve})
    watch = EndingWatch()
    plain = known(watch.eta(run(tmp_path), table, 100, file, NO_BAR, BEGAN + 200))
    assert not plain.may_stop_early
    (tmp_path / "args.yaml").write_text("epochs: 100\npatience: 30\nclose_mosaic: 10\n")
    eta = known(watch.eta(run(tmp_path), table, 100, file, NO_BAR, BEGAN + 200))
    assert eta.may_stop_early
    assert eta.basis == "last 12 epochs; may stop after epoch 32"
    assert eta.low_s < 12 * 10
    (tmp_path / "args.yaml").write_text("epochs: 100\npatience: 100\nclose_mosaic: 10\n")
    closing = known(watch.eta(run(tmp_path), table, 100, file, NO_BAR, BEGAN + 200))
    assert not closing.may_stop_early
    assert closing.low_s < plain.low_s


def test_what_the_preset_asked_for_counts_before_anything_is_written(tmp_path: Path) -> None:
    file, name = results(tmp_path, 200), "metrics/mAP50-95(B)"
    curve = MetricSeries(name, (1.0, 2.0), (0.3, 0.2))
    table = replace(timed([10, 20]), series={name: curve})
    asked = run(tmp_path)
    asked = replace(asked, record=replace(asked.record, document={"args": {"patience": 5}}))
    eta = known(EndingWatch().eta(asked, table, 100, file, NO_BAR, BEGAN + 200))
    assert eta.basis.endswith("may stop after epoch 6")


def by_steps(walls: Sequence[float] | None) -> MetricTable:
    steps = tuple(map(float, range(500, 500 * 9, 500)))
    series = {"loss": MetricSeries("loss", steps, (1.0,) * len(steps))}
    if walls is None:
        return MetricTable(series, axis=Axis.STEP)
    return MetricTable(series, Axis.STEP, {Axis.TIME: MetricSeries("time", steps, tuple(walls))})


def test_a_training_by_steps_ends_with_its_last_step(tmp_path: Path) -> None:
    (tmp_path / "trainer_state.json").write_text('{"max_steps": 10000, "log_history": []}')
    file = results(tmp_path, 80)
    table = by_steps([BEGAN + 10 * row for row in range(1, 9)])
    eta = known(EndingWatch().eta(run(tmp_path), table, None, file, NO_BAR, BEGAN + 82))
    assert eta.remaining_s == pytest.approx(12 * 10 - 2)
    assert eta.basis == "last 7 rows"


def test_steps_without_a_time_take_their_mean(tmp_path: Path) -> None:
    (tmp_path / "trainer_state.json").write_text('{"max_steps": 10000}')
    file = results(tmp_path, 80)
    eta = known(EndingWatch().eta(run(tmp_path), by_steps(None), None, file, NO_BAR, BEGAN + 80))
    assert eta.remaining_s == pytest.approx(120, rel=0.01)
    assert eta.basis == "4000 steps as a whole"


def test_steps_whose_number_nobody_knows_have_no_end(tmp_path: Path) -> None:
    file = results(tmp_path, 80)
    told = EndingWatch().eta(run(tmp_path), by_steps(None), None, file, NO_BAR, BEGAN + 80)
    assert told is None


def test_how_much_of_an_epoch_is_done_comes_from_the_newest_bar() -> None:
    bar = "  3/60  0G  6.6  4.3  4.0  19  96: 37% ━━━━──────── 3/8 4.1it/s 0.8s<1.2s"
    assert part_of_epoch(MetricTable(), (bar,), 2) == 3 / 8
    assert part_of_epoch(MetricTable(), (bar,), 3) is None
    assert part_of_epoch(MetricTable(epoch_part=0.2), (bar,), 2) == 0.2
    assert part_of_epoch(MetricTable(), ("loss 0.3",), 2) is None
