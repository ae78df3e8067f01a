from __future__ import annotations

import pytest

from cockpit.tools import scaling, steptime
from cockpit.tools.definition import Values, arguments_of
from cockpit.tools.training_values import is_model, problems_here, rank_numbers


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"ranks": "0"}, "--ranks 0: numbers from 1"),
        ({"ranks": "1,x"}, "--ranks 1,x"),
        ({"ranks": "99999"}, "from 1 to 64"),
        ({"batch-per-rank": "0"}, "--batch-per-rank 0: a whole number, 1 or more"),
        ({"workers": "-1"}, "--workers -1: a whole number, 0 or more"),
        ({"mode": "weka"}, "did you mean weak?"),
        ({"backend": "ncl"}, "did you mean nccl?"),
        ({"model": "banana"}, "--model banana: names no model"),
        ({"model": "synthetic:smal"}, "did you mean synthetic:small?"),
        ({"decode-ms": "slow"}, "--decode-ms slow"),
        ({"gpus": "a"}, "--gpus a"),
        ({"gpus": "0", "backend": "gloo"}, "gloo measures on the CPU"),
    ],
)
def test_a_wrong_value_gets_one_sentence(values: Values, what: str) -> None:
    problems = scaling.problems_of(values)
    assert len(problems) == 1
    assert what in problems[0]


def test_all_problems_are_told_at_once() -> None:
    assert len(scaling.problems_of({"ranks": "0", "imgsz": "0", "mode": "x", "amp": "x"})) == 4


def test_right_values_have_no_problem_and_become_flags() -> None:
    values = {"ranks": "1,2,4", "mode": "both", "model": "yolo11n.yaml", "decode-ms": "2.5"}
    assert scaling.problems_of(values) == []
    words = arguments_of(scaling.DEFINITION, values)
    assert words == (
        *("--ranks", "1,2,4", "--mode", "both", "--model", "yolo11n.yaml", "--decode-ms", "2.5"),
    )


def test_steptime_takes_one_number_of_ranks_and_a_list_of_workers() -> None:
    assert steptime.problems_of({"ranks": "2", "sweep-workers": "0,2,4"}) == []
    assert len(steptime.problems_of({"ranks": "1,2", "sweep-workers": "0,-2"})) == 2


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("4", [4]), ("1, 2", [1, 2]), ("0", None), ("", None), (",", None), ("-1", None)],
)
def test_ranks_are_numbers_above_zero(text: str, numbers: list[int] | None) -> None:
    assert rank_numbers(text) == numbers


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("synthetic:medium", True),
        ("yolo11n.pt", True),
        ("torchvision.models:resnet50", True),
        ("resnet50", False),
        ("a b:c", False),
        ("a:b:c", False),
    ],
)
def test_what_can_name_a_model(text: str, is_one: bool) -> None:
    assert is_model(text) is is_one


def test_more_ranks_than_gpus_are_refused_where_the_gpus_are_known() -> None:
    assert problems_here({"ranks": "1,8"}, 4) == [
        "--ranks 8: each rank needs a GPU of its own, and this machine has 4"
    ]
    assert problems_here({"ranks": "2", "gpus": "0,7"}, 4) == ["--gpus: GPU 7: this machine has 4"]
    assert problems_here({"ranks": "4", "gpus": "0,1"}, 4) == [
        "--ranks 4: each rank needs a GPU of its own, and --gpus names 2"
    ]
    assert problems_here({"ranks": "8"}, None) == []
    assert problems_here({"ranks": "8"}, 0) == []
    assert problems_here({"ranks": "8", "backend": "gloo"}, 4) == []


def test_more_ranks_than_the_memory_holds_are_refused_on_the_cpu() -> None:
    told = ["--ranks 32: needs at least 8.0 GiB of memory, and 4.0 GiB are free"]
    assert problems_here({"ranks": "2,32", "backend": "gloo"}, None, 4 << 30) == told
    assert problems_here({"ranks": "32"}, 0, 4 << 30) == told
    assert problems_here({"ranks": "8"}, 0, 4 << 30) == []
    assert problems_here({"ranks": "32"}, 32, 4 << 30) == []


def test_nccl_without_a_gpu_is_refused() -> None:
    assert problems_here({"backend": "nccl"}, 0)[0].startswith("--backend nccl: this machine")
