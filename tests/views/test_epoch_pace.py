"""What a run teaches whose trainer tells no times, or false ones, or that was interrupted."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.calibrations.calibration import Calibration
from cockpit.files import append_line, write_json
from cockpit.runs.attempt import AttemptRecord, attempt_object
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.record import StateRecord, to_json
from cockpit.views.opened import open_run
from cockpit.views.run_calibration import calibration_of_run
from tests.views.test_run_calibration import T0, learnt, record_of, state_of

UNTIMED = ("1,1", "2,1", "3,1", "4,1", "5,1")


def csv_run(
    folder: Path,
    state: StateRecord,
    rows: Sequence[str] = UNTIMED,
    *,
    header: str = "epoch,loss",
    written_s: float = 66.0,
    reader: str = "csv",
) -> RunPaths:
    """Write a run whose results were last written so long after it began."""
    paths = RunPaths(folder)
    paths.out.mkdir(parents=True)
    write_json(paths.run, to_json(record_of(folder, reader=reader)))
    write_json(paths.state, to_json(state))
    results = paths.out / "results.csv"
    results.write_text("\n".join([header, *rows]) + "\n")
    os.utime(results, (T0 + written_s, T0 + written_s))
    return paths


def log_run(
    folder: Path,
    state: StateRecord,
    pieces: Sequence[tuple[float, str]],
    *,
    noted: int | None = None,
    written_s: float | None = None,
) -> RunPaths:
    """Write a run that tells all in its log, which grew by these pieces, so many of them noted."""
    paths = RunPaths(folder)
    paths.out.mkdir(parents=True)
    write_json(paths.run, to_json(record_of(folder, reader="log", results=None)))
    write_json(paths.state, to_json(state))
    text = ""
    for number, (at_s, piece) in enumerate(pieces):
        text += piece
        if noted is None or number < noted:
            append_line(paths.log_sizes, {"t": T0 + at_s, "bytes": len(text)})
    paths.log.write_text(text)
    last_s = T0 + (pieces[-1][0] if written_s is None else written_s)
    os.utime(paths.log, (last_s, last_s))
    return paths


def said(*epochs: int) -> str:
    return "".join(f"epoch {epoch} loss {1 / epoch:.3f}\n" for epoch in epochs)


def steady(*epochs: int, start_s: float = 16.0, epoch_s: float = 10.0) -> list[tuple[float, str]]:
    return [(start_s + epoch_s * epoch, said(epoch)) for epoch in epochs]


def known(paths: RunPaths) -> Calibration:
    one = learnt(paths)
    assert one is not None
    return one


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "p-20260101-000000"


DONE = state_of(Phase.SUCCEEDED)


def test_a_silent_table_without_times_bounds_its_epochs_by_the_last_row(folder: Path) -> None:
    one = known(csv_run(folder, DONE))
    assert one.is_bounded
    assert one.epoch_low_s is not None and one.epoch_s is not None
    assert one.epoch_low_s < one.epoch_s < 66 / 5
    assert one.epoch_high_s == 66 / 5, "the start took no less than nothing"
    assert (one.start_s or 0) + 5 * one.epoch_s == pytest.approx(66)
    assert (one.end_s, one.total_s) == (4.0, 70.0)


def test_the_longer_a_run_the_less_its_unknown_start_matters(folder: Path) -> None:
    hours = replace(DONE, ended=T0 + 36_004)
    one = known(csv_run(folder, hours, written_s=36_000))
    assert one.epoch_low_s is not None and one.epoch_high_s is not None
    assert one.epoch_high_s / one.epoch_low_s < 1.01


def test_the_log_beside_a_table_without_times_dates_its_epochs(folder: Path) -> None:
    paths = log_run(folder, DONE, steady(1, 2, 3, 4, 5))
    write_json(paths.run, to_json(record_of(folder)))
    (paths.out / "results.csv").write_text("\n".join(["epoch,loss", *UNTIMED]) + "\n")
    one = known(paths)
    assert (one.start_s, one.epoch_s, one.end_s, one.is_bounded) == (16.0, 10.0, 4.0, False)


def test_a_log_that_counts_something_else_dates_nothing(folder: Path) -> None:
    paths = log_run(folder, DONE, steady(100, 200, 300, epoch_s=0.1))
    write_json(paths.run, to_json(record_of(folder)))
    (paths.out / "results.csv").write_text("\n".join(["epoch,loss", *UNTIMED]) + "\n")
    assert known(paths).is_bounded


def test_a_table_without_times_of_a_killed_run_bounds_the_epochs_it_did(folder: Path) -> None:
    killed = state_of(Phase.FAILED, epoch=3, exit_code=-9)
    one = known(csv_run(folder, killed, UNTIMED[:3], written_s=46))
    assert one.epochs_done == 3
    assert one.epoch_high_s == pytest.approx(46 / 3, abs=1e-4)
    assert (one.end_s, one.total_s) == (None, None)


def test_a_log_whose_first_words_come_at_the_end_bounds_by_the_whole(folder: Path) -> None:
    one = known(log_run(folder, DONE, [(69.0, said(1, 2, 3, 4, 5))]))
    assert (one.is_bounded, one.epoch_high_s, one.total_s) == (True, 14.0, 70.0)


def test_a_killed_run_whose_log_tells_too_little_teaches_nothing(folder: Path) -> None:
    killed = state_of(Phase.FAILED, epoch=3, exit_code=-9)
    assert learnt(log_run(folder, killed, [(69.0, said(1, 2, 3))])) is None


@pytest.mark.parametrize("rows", [(), UNTIMED[:1]])
def test_a_run_of_no_epoch_or_one_teaches_nothing(folder: Path, rows: Sequence[str]) -> None:
    state = state_of(Phase.SUCCEEDED, epoch=len(rows) or None, epochs=len(rows) or None)
    assert learnt(csv_run(folder, state, rows)) is None


def test_quick_epochs_are_timed_over_ten_seconds_and_count_one_by_one(folder: Path) -> None:
    """A size is noted each second, in which one epoch of 0.7 s is done, or two."""
    pieces, done = [], 0
    for second in range(1, 43):
        whole = int(second / 0.7)
        pieces.append((2.0 + second, said(*range(done + 1, whole + 1))))
        done = whole
    state = state_of(Phase.SUCCEEDED, epoch=60, epochs=60)
    one = known(log_run(folder, state, pieces))
    assert one.epoch_s == pytest.approx(0.7, rel=0.03)
    assert not one.is_bounded
    assert one.second_extra_s is None, "nobody saw the second one alone"


def test_a_few_seconds_between_two_ends_bound_the_epochs(folder: Path) -> None:
    one = known(log_run(folder, DONE, steady(1, 2, 3, 4, 5, epoch_s=1.5)))
    assert (one.is_bounded, one.epoch_s) == (True, 1.5)
    assert (one.epoch_low_s, one.epoch_high_s) == (1.0, 2.0)


def test_the_last_words_of_a_log_that_no_supervisor_noted_count(folder: Path) -> None:
    one = known(log_run(folder, DONE, steady(1, 2, 3, 4, 5), noted=4))
    assert (one.start_s, one.epoch_s, one.end_s) == (16.0, 10.0, 4.0)


def test_what_an_adopted_run_did_alone_is_dated_by_its_last_word(folder: Path) -> None:
    """Its supervisor died after two epochs, and another one came five hours after its end."""
    state = replace(DONE, ended=T0 + 18_000, exit_code=None)
    pieces = [*steady(1, 2), (18_000.0, said(3, 4, 5))]
    one = known(log_run(folder, state, pieces, written_s=66))
    assert (one.epoch_s, one.start_s) == (10.0, 16.0)
    assert (one.end_s, one.total_s) == (None, None), "nobody saw when it ended"


def test_a_pause_between_two_attempts_is_no_epoch(folder: Path) -> None:
    """The second continues, nobody knows after which epoch; its first two came at once."""
    mark = "\ncockpit: attempt 2 continues from a checkpoint\n"
    state = state_of(
        Phase.SUCCEEDED, attempt=2, attempt_started=T0 + 5000, ended=T0 + 5060, earlier_s=40.0,
        epoch=7, epochs=7,
    )  # fmt: skip
    late = [(5000 + 10.0 * epoch, said(epoch)) for epoch in (5, 6, 7)]
    paths = log_run(folder, state, [*steady(1, 2), (5040.0, mark + said(3, 4)), *late])
    attempt = AttemptRecord(
        2, T0 + 5000, "resumed", ("python",), {}, (), folder, (), (), 2, "python",
        checkpoint=folder / "last.pt",
    )  # fmt: skip
    paths.attempt(2).parent.mkdir()
    write_json(paths.attempt(2), attempt_object(attempt))
    assert known(paths).epoch_s == 10.0


def test_what_several_attempts_took_bounds_no_epoch(folder: Path) -> None:
    state = state_of(Phase.SUCCEEDED, attempt=2, attempt_started=T0 + 50, earlier_s=40.0)
    assert learnt(csv_run(folder, state)) is None


def test_a_count_of_epochs_that_starts_again_bounds_none(folder: Path) -> None:
    """Two phases of a training: five of its seven epochs were forgotten."""
    state = state_of(Phase.SUCCEEDED, epoch=2, epochs=2)
    assert learnt(csv_run(folder, state, (*UNTIMED, "1,1", "2,1"))) is None


def test_a_phase_that_counts_from_one_again_has_epochs_of_its_own(folder: Path) -> None:
    first = steady(1, 2, 3)
    second = [(60.0, said(1, 2)), (70.0, said(3)), (80.0, said(4))]
    state = state_of(Phase.SUCCEEDED, epoch=4, epochs=4, ended=T0 + 84)
    assert known(log_run(folder, state, [*first, *second])).epoch_s == 10.0


def test_of_two_phases_with_times_the_last_one_is_told(folder: Path) -> None:
    rows = ("1,14", "2,24", "3,34", "1,48", "2,58", "3,68")
    state = state_of(Phase.SUCCEEDED, epoch=3, epochs=3, ended=T0 + 72)
    one = known(csv_run(folder, state, rows, header="epoch,time", written_s=68))
    assert (one.epoch_s, one.end_s, one.total_s) == (10.0, 4.0, 72.0)
    assert one.start_s == 38.0, "all that came before the second phase"


@pytest.mark.parametrize("step_s", [3600.0, -3600.0, -15.0])
def test_a_log_under_a_clock_that_was_set_dates_nothing(folder: Path, step_s: float) -> None:
    """The beginning of the run is told by the new clock."""
    before = [(at_s - step_s, text) for at_s, text in steady(1, 2)]
    paths = log_run(folder, DONE, [*before, *steady(3, 4, 5)])
    append_line(paths.events, {"t": T0 + 40, "kind": "clock", "what": "the clock was set"})
    one = known(paths)
    assert (one.is_bounded, one.epoch_high_s, one.total_s) == (True, 14.0, 70.0)


def test_epochs_that_took_longer_than_their_run_were_timed_by_a_clock_that_was_set(
    folder: Path,
) -> None:
    rows = ("1,14,1", "2,24,1", "3,3634,1")
    state = state_of(Phase.SUCCEEDED, epoch=3, epochs=3, ended=T0 + 54)
    one = known(csv_run(folder, state, rows, header="epoch,time,loss", written_s=50))
    assert one.is_bounded
    assert one.epoch_high_s == pytest.approx(50 / 3, abs=1e-4)


def test_one_epoch_under_a_clock_that_was_set_is_left_out(folder: Path) -> None:
    rows = ("1,14,1", "2,24,1", "3,34,1", "4,38,1", "5,48,1")
    paths = csv_run(folder, DONE, rows, header="epoch,time,loss")
    append_line(paths.events, {"t": T0 + 40, "kind": "clock", "what": "the clock was set"})
    assert known(paths).epoch_s == 10.0


def test_a_folder_without_times_that_somebody_else_left_teaches_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "results.csv").write_text("\n".join(["epoch,loss", *UNTIMED]) + "\n")
    (folder / "train.log").write_text(said(1, 2, 3, 4, 5))
    assert calibration_of_run(open_run(str(folder))) is None


def test_a_copy_of_a_run_is_dated_by_its_record_alone(folder: Path, tmp_path: Path) -> None:
    """Its files carry the time at which they were copied."""
    original = log_run(folder, DONE, steady(1, 2, 3, 4, 5))
    copy = tmp_path / "copy"
    original.root.rename(copy)
    one = calibration_of_run(open_run(str(copy)))
    assert one is not None
    assert (one.is_bounded, one.epoch_high_s, one.total_s) == (True, 14.0, 70.0)


def test_damaged_sizes_of_a_log_are_left_out(folder: Path) -> None:
    paths = log_run(folder, DONE, steady(1, 2, 3, 4, 5))
    good = paths.log_sizes.read_text()
    paths.log_sizes.write_text('{"t": 1e999, "bytes": "x"}\nnoise\n[]\n' + good + '{"t":')
    assert json.loads(good.splitlines()[0])["bytes"] == len(said(1))
    assert known(paths).epoch_s == 10.0
