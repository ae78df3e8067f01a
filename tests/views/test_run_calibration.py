from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cockpit.analysis.usual_epoch import usual_epoch
from cockpit.calibrations.calibration import Calibration, Foretold, MemoryMeasured
from cockpit.errors import InputError
from cockpit.files import write_json
from cockpit.runs.attempt import AttemptRecord, attempt_object
from cockpit.runs.gpu_figures import GpuFigures
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.reader import hostname
from cockpit.runs.record import RunRecord, StateRecord, to_json
from cockpit.views.calibrating import learn
from cockpit.views.foretold import ForecastOutcome, foretold_words, outcome_words
from cockpit.views.run_calibration import calibration_of_run
from cockpit.views.run_view import RunView
from cockpit.views.this_device import cpu_name, name_in
from cockpit.views.watch import RunWatch
from tests.views.folders import ultralytics

T0 = 1_795_200_000.0
HEADER = "epoch,time,train/loss,samples_per_s"
DOCUMENT: Mapping[str, Any] = {
    "launch": {"kind": "torchrun", "script": "train.py"},
    "args": {"epochs": 5, "batch-size": 16, "model": "nets/yolo11n.pt", "imgsz": 320},
    "batch": {"argument": "batch-size", "scope": "rank"},
    "estimate": {"train_samples": 640},
}


def record_of(folder: Path, **changes: Any) -> RunRecord:
    record = RunRecord(
        run_id=folder.name, name="r", preset="p", preset_file=Path("p.toml"), created=T0,
        host=hostname(), argv=("python",), env={}, env_sources={}, unset=(), cwd=folder,
        gpus=(), gpu_names=(), world_size=2, reader="csv", devices="none", python="python",
        python_version="3.11", python_reason="", results=folder / "out" / "results.csv",
        epochs=5, batch_per_rank=16, global_batch=32, document=DOCUMENT,
    )  # fmt: skip
    return replace(record, **changes)


def state_of(phase: Phase, **changes: Any) -> StateRecord:
    state = StateRecord(
        phase=phase, host=hostname(), attempt=1, touched=T0 + 70, started=T0,
        attempt_started=T0, ended=T0 + 70, exit_code=0, epoch=5, epochs=5,
    )  # fmt: skip
    return replace(state, **changes)


def write_run(
    folder: Path, record: RunRecord, state: StateRecord, rows: Sequence[str], written_s: float
) -> RunPaths:
    """Write a run whose results were last written so long after it began."""
    paths = RunPaths(folder)
    paths.out.mkdir(parents=True)
    write_json(paths.run, to_json(record))
    write_json(paths.state, to_json(state))
    results = paths.out / "results.csv"
    results.write_text("\n".join([HEADER, *rows]) + "\n")
    os.utime(results, (T0 + written_s, T0 + written_s))
    return paths


ROWS = ("1,14,1,90", "2,24,1,80", "3,34,1,80", "4,44,1,80", "5,54,1,80")
"""Ten seconds each, and four of warming up, by the trainer's own clock."""


def view_of(paths: RunPaths) -> RunView:
    view = RunWatch(paths).read(T0 + 100)
    assert view is not None
    return view


def learnt(paths: RunPaths) -> Calibration | None:
    return calibration_of_run(view_of(paths))


def good(folder: Path, **changes: Any) -> RunPaths:
    record = record_of(folder, **changes)
    return write_run(folder, record, state_of(Phase.SUCCEEDED), ROWS, written_s=66)


def test_start_epochs_and_end_make_up_the_whole(tmp_path: Path) -> None:
    one = learnt(good(tmp_path / "p-20260101-000000"))
    assert one is not None
    assert (one.start_s, one.epoch_s, one.end_s, one.total_s) == (16.0, 10.0, 4.0, 70.0)
    assert (one.epochs_done, one.epochs, one.attempts) == (5, 5, 1)


def test_what_only_the_second_epoch_took_is_told_apart(tmp_path: Path) -> None:
    rows = ("1,14,1,90", "2,26,1,80", "3,36,1,80", "4,46,1,80", "5,56,1,80")
    state = state_of(Phase.SUCCEEDED)
    folder = tmp_path / "p-20260101-000000"
    one = learnt(write_run(folder, record_of(folder), state, rows, written_s=66))
    assert one is not None
    assert one.second_extra_s == 2.0
    few = tmp_path / "q-20260101-000000"
    short = learnt(write_run(few, record_of(few), state, rows[:4], written_s=66))
    assert short is not None
    assert short.second_extra_s is None, "two epochs after it do not tell what is usual"


def test_a_run_is_described_in_the_words_of_its_preset(tmp_path: Path) -> None:
    one = learnt(good(tmp_path / "p-20260101-000000"))
    assert one is not None
    assert one.calibration_id == "run:p-20260101-000000"
    assert (one.preset, one.model, one.imgsz) == ("p", "yolo11n.pt", 320)
    assert (one.batch_per_rank, one.world_size, one.train_samples) == (16, 2, 640)
    assert one.args == {
        "epochs": "5", "batch-size": "16", "model": "nets/yolo11n.pt", "imgsz": "320",
    }  # fmt: skip
    assert (one.host, one.device) == (hostname(), cpu_name())


def test_a_speed_of_training_alone_tells_the_step(tmp_path: Path) -> None:
    one = learnt(good(tmp_path / "p-20260101-000000"))
    assert one is not None
    assert one.step_s == 32 / 80, "640 samples at 80 a second take 8 of an epoch's 10 seconds"


@pytest.mark.parametrize("speed", ["64", "30", "nan", ""])
def test_a_speed_that_may_be_of_whole_epochs_tells_no_step(tmp_path: Path, speed: str) -> None:
    rows = [f"{row.rpartition(',')[0]},{speed}" for row in ROWS]
    folder = tmp_path / "p-20260101-000000"
    paths = write_run(folder, record_of(folder), state_of(Phase.SUCCEEDED), rows, written_s=66)
    one = learnt(paths)
    assert one is not None
    assert one.step_s is None


@pytest.mark.parametrize("phase", [Phase.FAILED, Phase.STOPPED])
def test_a_run_that_was_cut_short_teaches_its_epochs_and_no_total(
    tmp_path: Path, phase: Phase
) -> None:
    folder = tmp_path / "p-20260101-000000"
    paths = write_run(folder, record_of(folder), state_of(phase, epoch=3), ROWS[:3], written_s=46)
    one = learnt(paths)
    assert one is not None
    assert (one.start_s, one.epoch_s, one.epochs_done) == (16.0, 10.0, 3)
    assert (one.end_s, one.total_s) == (None, None)


def test_one_epoch_teaches_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "p-20260101-000000"
    state = state_of(Phase.STOPPED, epoch=1)
    assert learnt(write_run(folder, record_of(folder), state, ROWS[:1], written_s=26)) is None


def test_a_run_that_stopped_early_has_no_total(tmp_path: Path) -> None:
    folder = tmp_path / "p-20260101-000000"
    state = state_of(Phase.SUCCEEDED, epoch=4)
    one = learnt(write_run(folder, record_of(folder), state, ROWS[:4], written_s=56))
    assert one is not None
    assert one.total_s is None


def test_a_step_after_a_training_teaches_nothing(tmp_path: Path) -> None:
    assert learnt(good(tmp_path / "p-20260101-000000", follows="p-20251231-000000")) is None


def test_a_clock_that_cannot_be_true_places_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "p-20260101-000000"
    paths = write_run(folder, record_of(folder), state_of(Phase.SUCCEEDED), ROWS, written_s=500)
    one = learnt(paths)
    assert one is not None
    assert (one.start_s, one.end_s, one.epoch_s) == (None, None, 10.0)


def test_after_a_resume_the_start_is_that_of_the_last_attempt(tmp_path: Path) -> None:
    folder = tmp_path / "p-20260101-000000"
    state = state_of(
        Phase.SUCCEEDED, attempt=2, attempt_started=T0 + 1000, ended=T0 + 1060, earlier_s=50
    )
    rows = (*ROWS[:2], "3,17,1,80", "4,27,1,80", "5,37,1,80")
    paths = write_run(
        folder, record_of(folder, reader="ultralytics-csv"), state, rows, written_s=1055
    )
    one = learnt(paths)
    assert one is not None
    assert (one.start_s, one.epoch_s, one.end_s) == (25.0, 10.0, 5.0)
    assert (one.total_s, one.attempts) == (110.0, 2)


def test_simulated_gpus_teach_the_times_of_the_processor(tmp_path: Path) -> None:
    folder = tmp_path / "p-20260101-000000"
    figures = GpuFigures(0, "GPU-0", "RTX 2080", 60.0, peak_memory_bytes=7 << 30, energy_j=9e3)
    record = record_of(folder, gpu_names=("RTX 2080",), gpus=(0,), is_simulated=True)
    state = state_of(Phase.SUCCEEDED, gpu_figures=(figures,))
    one = learnt(write_run(folder, record, state, ROWS, written_s=66))
    assert one is not None
    assert (one.is_simulated, one.device) == (True, cpu_name())
    assert (one.memory, one.energy_j) == (None, None)


def test_gpus_teach_their_memory_and_energy(tmp_path: Path) -> None:
    folder = tmp_path / "p-20260101-000000"
    figures = tuple(
        GpuFigures(
            index, f"GPU-{index}", "A100", 60.0, peak_memory_bytes=peak, memory_total_bytes=80,
            energy_j=1000.0,
        )
        for index, peak in enumerate((50, 60))
    )  # fmt: skip
    record = record_of(folder, gpu_names=("NVIDIA A100", "NVIDIA A100"), gpus=(0, 1))
    state = state_of(Phase.SUCCEEDED, gpu_figures=figures)
    one = learnt(write_run(folder, record, state, ROWS, written_s=66))
    assert one is not None
    assert one.device == "NVIDIA A100"
    assert one.memory == MemoryMeasured(is_host=False, peak_bytes=60, capacity_bytes=80)
    assert one.energy_j == 2000.0


def test_a_run_that_waited_for_its_gpus_is_told_by_those_that_it_got(tmp_path: Path) -> None:
    folder = tmp_path / "p-20260101-000000"
    figures = GpuFigures(0, "GPU-0", "NVIDIA A100", 60.0, peak_memory_bytes=50)
    state = state_of(Phase.SUCCEEDED, gpus=(0,), gpu_figures=(figures,))
    one = learnt(write_run(folder, record_of(folder, queues=True), state, ROWS, written_s=66))
    assert one is not None
    assert one.device == "NVIDIA A100"
    assert one.memory == MemoryMeasured(is_host=False, peak_bytes=50)


def test_of_gpus_that_others_used_too_neither_memory_nor_energy_is_taken(tmp_path: Path) -> None:
    folder = tmp_path / "p-20260101-000000"
    figures = GpuFigures(0, "GPU-0", "A100", 60.0, peak_memory_bytes=50, energy_j=9e3)
    record = record_of(folder, gpu_names=("A100",), gpus=(0,), shares=True)
    state = state_of(Phase.SUCCEEDED, gpu_figures=(figures,))
    one = learnt(write_run(folder, record, state, ROWS, written_s=66))
    assert one is not None
    assert (one.memory, one.energy_j, one.epoch_s) == (None, None, 10.0)


def test_the_memory_of_a_batch_that_did_not_fit_is_not_that_of_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "p-20260101-000000"
    figures = GpuFigures(0, "GPU-0", "A100", 60.0, peak_memory_bytes=50)
    state = state_of(Phase.SUCCEEDED, attempt=2, attempt_started=T0, gpu_figures=(figures,))
    record = record_of(folder, gpu_names=("A100",), gpus=(0,))
    paths = write_run(folder, record, state, ROWS, written_s=66)
    halved = AttemptRecord(
        2, T0, "started again", ("python",), {}, (), folder, (0,), (), 2, "python",
        batch_per_rank=8, changes={"args.batch-size": "8"},
    )  # fmt: skip
    paths.attempt(2).parent.mkdir()
    write_json(paths.attempt(2), attempt_object(halved))
    one = learnt(paths)
    assert one is not None
    assert (one.batch_per_rank, one.memory) == (8, None)


def test_a_lost_run_teaches_its_epochs_and_no_memory(tmp_path: Path) -> None:
    folder = tmp_path / "p-20260101-000000"
    state = state_of(Phase.RUNNING, ended=None, exit_code=None, rank_memory_bytes=5 << 30)
    paths = write_run(folder, record_of(folder), state, ROWS, written_s=66)
    assert view_of(paths).phase is Phase.LOST
    one = learnt(paths)
    assert one is not None
    assert (one.epoch_s, one.end_s, one.total_s, one.memory) == (10.0, None, None, None)


@pytest.mark.parametrize("is_simulated", [True, False])
def test_a_run_on_the_processor_teaches_the_memory_of_its_host(
    tmp_path: Path, is_simulated: bool
) -> None:
    folder = tmp_path / "p-20260101-000000"
    names = {"gpu_names": ("RTX 2080",), "gpus": (0,)} if is_simulated else {}
    record = record_of(folder, is_simulated=is_simulated, **names)
    state = state_of(Phase.SUCCEEDED, rank_memory_bytes=5 << 30)
    one = learnt(write_run(folder, record, state, ROWS, written_s=66))
    assert one is not None
    assert one.memory == MemoryMeasured(is_host=True, peak_bytes=5 << 30)


def test_the_processor_of_another_machine_is_not_taken_for_this_one(tmp_path: Path) -> None:
    one = learnt(good(tmp_path / "p-20260101-000000", host="elsewhere"))
    assert one is not None
    assert (one.host, one.device) == ("elsewhere", "cpu")


def test_a_log_shows_what_its_trainer_does_not_count(tmp_path: Path) -> None:
    """The trainer prints 5 s for each epoch, and the log grows by one each 10 s."""
    folder = tmp_path / "p-20260101-000000"
    record = record_of(folder, reader="epri-log", results=None)
    paths = write_run(folder, record, state_of(Phase.SUCCEEDED), ROWS, written_s=66)
    text, sizes = "", []
    for epoch in range(1, 6):
        text += f"Epoch {epoch}\n  Batch [1/1] - Loss: 0.5\n"
        text += "  Average Loss: 0.5\n  Time: 5.00s\n  Throughput: 27.3 batches/sec\n"
        sizes.append({"t": T0 + 16 + 10 * epoch, "bytes": len(text)})
    paths.log.write_text(text)
    paths.log_sizes.write_text("".join(json.dumps(size) + "\n" for size in sizes))
    one = learnt(paths)
    assert one is not None
    assert (one.start_s, one.epoch_s, one.end_s) == (16.0, 10.0, 4.0)


def test_the_bars_of_ultralytics_tell_the_step(tmp_path: Path) -> None:
    folder = tmp_path / "p-20260101-000000"
    record = record_of(folder, reader="ultralytics-csv")
    rows = [row.rpartition(",")[0] + "," for row in ROWS]
    paths = write_run(folder, record, state_of(Phase.SUCCEEDED), rows, written_s=66)
    frames = (
        f"\r\x1b[K        {epoch}/5         0G      1.577      2.238     0.9086         42"
        f"        320: 100% ━━━━━━━━━━━━ 20/20 {rate}it/s 9.0s\n"
        for epoch, rate in ((1, 1.0), (2, 2.0), (3, 2.5), (4, 2.5), (5, 2.5))
    )
    paths.log.write_text("".join(frames))
    one = learnt(paths)
    assert one is not None
    assert one.step_s == 0.4


def test_an_opened_folder_teaches_its_epochs_alone(tmp_path: Path) -> None:
    folder = str(ultralytics(tmp_path / "train"))
    with pytest.raises(InputError, match="does not tell on what it was trained"):
        learn(folder)
    with pytest.raises(InputError, match="quantum"):
        learn(folder, "quantum")
    assert learn(folder, "cpu").device == cpu_name()
    one = learn(folder, "a100")
    assert one.calibration_id == f"run:{tmp_path / 'train'}"
    assert (one.host, one.device, one.preset) == (hostname(), "a100", None)
    assert (one.model, one.imgsz, one.world_size) == ("yolo11n.yaml", 128, 1)
    assert one.epoch_s is not None and one.epoch_s > 0
    assert (one.start_s, one.end_s, one.total_s) == (None, None, None)
    assert len(one.args) <= 16


def test_why_nothing_can_be_learnt_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "p-20260101-000000"
    state = state_of(Phase.STOPPED, epoch=1)
    write_run(folder, record_of(folder), state, ROWS[:1], written_s=26)
    with pytest.raises(InputError, match="one epoch was done; the first holds the start-up"):
        learn(str(folder))


def test_epochs_that_recur_count_and_a_disturbance_does_not() -> None:
    often = usual_epoch([10.0, 10.0, 20.0] * 10)
    once = usual_epoch([10.0] * 40 + [300.0])
    assert often is not None and once is not None
    assert often.seconds == pytest.approx(40 / 3)
    assert (once.seconds, once.low_s, once.high_s) == (10.0, 10.0, 10.0)


def test_nine_of_ten_epochs_lie_in_the_range() -> None:
    found = usual_epoch([float(length) for length in range(100, 200)])
    assert found is not None
    assert (found.low_s, found.high_s) == (105.0, 194.0)


def test_a_prediction_is_compared_with_what_the_run_took() -> None:
    outcome = ForecastOutcome(Foretold(41.0, 33.0, 58.0, "2 runs of quickstart here"), 44.0)
    assert outcome_words(outcome) == "took 44 s, 7 % more; 41 s (33 s to 58 s) was foretold"
    assert outcome.is_inside
    assert not replace(outcome, took_s=59.0).is_inside


def test_a_run_shows_what_was_foretold_of_it(tmp_path: Path) -> None:
    paths = good(tmp_path / "p-20260101-000000")
    assert foretold_words(view_of(paths)) == ""
    told = {"total_s": 100.0, "low_s": 80.0, "high_s": 120.0, "basis": "2 runs of p here"}
    write_json(paths.forecast, told)
    assert foretold_words(view_of(paths)) == (
        "1m 40s (1m 20s to 2m 00s) from 2 runs of p here · "
        "took 1m 10s, 30 % less, outside the range"
    )


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"total_s": 5}', '{"total_s": 5, "low_s": 6, "high_s": 7}']
)
def test_a_broken_forecast_is_none(tmp_path: Path, text: str) -> None:
    paths = good(tmp_path / "p-20260101-000000")
    paths.forecast.write_text(text)
    assert view_of(paths).foretold is None


def test_a_processor_is_named_with_its_cores() -> None:
    told = "processor : 0\nmodel name\t: AMD  EPYC\x1b[31m 7B13\n\nprocessor : 1\n"
    assert name_in(told, 2) == "cpu: AMD EPYC 7B13, 2 cores"
    assert name_in("", 1).endswith(", 1 core")
