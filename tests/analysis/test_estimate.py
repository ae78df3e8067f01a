from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.analysis.estimate import SERIAL_FRACTION, estimate, scaling_efficiency
from cockpit.analysis.question import Question, problems_of
from cockpit.analysis.workload import GB_PER_S, GFLOPS
from cockpit.errors import InputError

DOCUMENT_001 = Question(dataset_size=1000, gpus=16)


def test_the_inputs_of_document_001() -> None:
    found = estimate(DOCUMENT_001)
    assert (found.dataset_size, found.epochs, found.gpus) == (1000, 100, 16)
    assert (found.global_batch, found.steps_per_epoch) == (256, 4)
    assert found.scaling_efficiency == pytest.approx(0.377, abs=0.001)
    assert found.effective_speedup == pytest.approx(6.04, abs=0.01)
    assert found.total_s_low < found.total_s < found.total_s_high


def test_scaling_is_the_karp_flatt_formula() -> None:
    assert scaling_efficiency(0.11, 1) == pytest.approx(1)
    assert 4 * scaling_efficiency(1 / 9, 4) == pytest.approx(3)
    assert 8 * scaling_efficiency(3 / 7, 8) == pytest.approx(2)


def test_sixteen_gpus_are_never_claimed_to_be_good() -> None:
    assert scaling_efficiency(SERIAL_FRACTION.low, 16) <= 0.75
    assert estimate(DOCUMENT_001).scaling_efficiency <= 0.75


@pytest.mark.parametrize("gpus", [1, 2, 7, 16, 64, 1000])
@pytest.mark.parametrize("dataset_size", [100_000, 1_000_000_000])
@pytest.mark.parametrize("epochs", [1, 100])
@pytest.mark.parametrize("imgsz", [32, 640, 2048])
def test_the_range_is_wide_and_holds_the_middle(
    gpus: int, dataset_size: int, epochs: int, imgsz: int
) -> None:
    found = estimate(Question(dataset_size, gpus, epochs=epochs, imgsz=imgsz))
    assert found.total_s_high >= 2 * found.total_s_low
    assert 0 < found.total_s_low <= found.total_s <= found.total_s_high
    assert found.epoch_s * epochs <= found.total_s
    assert found.effective_speedup == pytest.approx(gpus * found.scaling_efficiency)
    assert 0 < found.scaling_efficiency <= 1


def test_more_work_takes_longer() -> None:
    base = estimate(DOCUMENT_001).total_s
    for change in (
        {"dataset_size": 5000},
        {"epochs": 200},
        {"imgsz": 1280},
        {"model": "yolo11x"},
        {"gpu": "T4"},
    ):
        assert estimate(replace(DOCUMENT_001, **change)).total_s > base, change


def test_more_gpus_are_less_efficient_but_faster_on_much_data() -> None:
    found = [estimate(Question(10**6, gpus)) for gpus in (1, 2, 4, 8, 16)]
    assert [one.scaling_efficiency for one in found] == sorted(
        (one.scaling_efficiency for one in found), reverse=True
    )
    assert [one.total_s for one in found] == sorted((one.total_s for one in found), reverse=True)


def test_the_basis_names_every_assumption_and_its_flag() -> None:
    basis = "\n".join(estimate(DOCUMENT_001).basis)
    for word in ("yolo11n", "640 px", "16 images", "RTX 2080", "100 epochs"):
        assert word in basis
    for flag in ("--model", "--imgsz", "--batch-per-rank", "--gpu", "--epochs"):
        assert flag in basis
    assert "not measured" in basis
    assert "nothing was measured" in basis
    assert "0.11" in basis
    assert "only 4 steps" in basis


def test_what_was_given_is_not_called_assumed() -> None:
    given = replace(DOCUMENT_001, epochs=7, sources={"epochs": "given"})
    (line,) = [line for line in estimate(given).basis if "7 epochs" in line]
    assert line == "7 epochs: given"


def test_names_are_taken_as_people_write_them() -> None:
    plain = estimate(DOCUMENT_001)
    written = replace(DOCUMENT_001, model="weights/YOLO11n.pt", gpu="NVIDIA GeForce RTX 2080")
    assert estimate(written) == plain


def test_all_pairs_can_be_estimated() -> None:
    for model in GFLOPS:
        for gpu in GB_PER_S:
            assert estimate(replace(DOCUMENT_001, model=model, gpu=gpu)).total_s > 0


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (replace(DOCUMENT_001, dataset_size=0), ["--dataset-size 0", "at least 1"]),
        (replace(DOCUMENT_001, gpus=0), ["--gpus 0", "at least 1"]),
        (replace(DOCUMENT_001, gpus=-3), ["--gpus -3"]),
        (replace(DOCUMENT_001, epochs=0), ["--epochs 0"]),
        (replace(DOCUMENT_001, batch_per_rank=0), ["--batch-per-rank 0"]),
        (replace(DOCUMENT_001, imgsz=8), ["--imgsz 8", "at least 32"]),
        (replace(DOCUMENT_001, dataset_size=10**400), ["--dataset-size", "at most"]),
        (replace(DOCUMENT_001, model="yolo11q"), ["--model", "did you mean yolo11"]),
        (replace(DOCUMENT_001, gpu="rtx 2081"), ["--gpu", "did you mean RTX 208"]),
        (replace(DOCUMENT_001, dataset_size=255), ["256", "255", "--batch-per-rank 15"]),
        (replace(DOCUMENT_001, dataset_size=10), ["try --batch-per-rank 1 --gpus 1"]),
    ],
)
def test_bad_input_gets_one_sentence_with_its_flag(question: Question, words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        estimate(question)
    assert caught.value.exit_code == 2
    assert len(caught.value.problem.splitlines()) == 1
    for word in words:
        assert word in caught.value.problem


def test_all_problems_come_at_once() -> None:
    question = Question(0, 0, epochs=0, batch_per_rank=0, imgsz=0, model="a", gpu="b")
    assert len(problems_of(question)) == 7


def test_a_batch_that_is_just_the_data_set_is_one_step() -> None:
    assert estimate(replace(DOCUMENT_001, dataset_size=256)).steps_per_epoch == 1
    assert estimate(replace(DOCUMENT_001, dataset_size=257)).steps_per_epoch == 2
