from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cockpit.metrics.series import TrainerFacts
from cockpit.runs.phase import Phase
from cockpit.runs.reader import ReadRun
from cockpit.views.run_view import Asked
from cockpit.views.trainer_facts import MOST_BYTES, TrainerWatch
from cockpit.views.trainer_words import trainer_words
from tests.views.test_results import record

ONE_GPU = "Ultralytics 8.4.190 🚀 Python-3.11.7 torch-2.13.0+cu128 CUDA:0 (NVIDIA A100, 81154MiB)\n"


def watch(log: Path, **changes: object) -> tuple[TrainerWatch, ReadRun]:
    gpus = tuple(range(8))
    asked = replace(record(log, "csv"), gpus=gpus, world_size=8, **changes)  # type: ignore[arg-type]
    run = ReadRun(
        record=asked, state=None, phase=Phase.RUNNING, has_supervisor=True, is_remote=False
    )
    return TrainerWatch(log, asked.reader), run


def test_a_trainer_on_one_of_eight_gpus_is_an_alert_with_its_line(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text("hello\n" + ONE_GPU)
    one, run = watch(log, document={"launch": {"kind": "ultralytics"}})
    assert one.read().gpus_used == 1
    (alert,) = one.alerts(run, Asked(world_size=8))
    assert alert.what == "the trainer uses 1 of 8 planned GPUs (train.log, line 2)"
    assert alert.since == run.record.created


def test_simulated_gpus_are_not_missed(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text(ONE_GPU)
    one, run = watch(log, is_simulated=True)
    one.read()
    assert one.alerts(run, Asked(world_size=1)) == ()


def test_a_log_is_read_on_as_it_grows_and_its_first_part_only(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    one, _ = watch(log)
    assert one.read() == TrainerFacts()
    log.write_text("World Size: 8\n")
    assert one.read().world_size == 8
    with log.open("a") as file:
        file.write("x" * 99 + "\n")
        file.write(("y" * 99 + "\n") * (MOST_BYTES // 50))
    one.read()
    one.read()
    with log.open("a") as file:
        file.write("Training samples: 800\n")
    assert one.read().train_samples is None


def test_what_the_log_does_not_tell_the_results_may(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text("World Size: 8\n")
    one, _ = watch(log)
    others = TrainerFacts(world_size=2, train_samples=64)
    assert one.read(others) == TrainerFacts(world_size=8, train_samples=64)


def test_facts_in_words() -> None:
    assert trainer_words(TrainerFacts()) == ""
    assert trainer_words(TrainerFacts(1, 0, 6400, 16, 128)) == (
        "1 rank · on the CPU · 6,400 samples to train, 16 to validate · 128 px"
    )
    assert trainer_words(TrainerFacts(gpus_used=2, val_samples=16)) == (
        "2 GPUs · 16 samples to validate"
    )
