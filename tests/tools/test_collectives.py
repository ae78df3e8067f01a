from __future__ import annotations

import pytest

from cockpit.errors import InputError
from cockpit.tools.collectives import DEFINITION, DTYPES, OPS, Here, problems_here, problems_of
from cockpit.tools.definition import arguments_of
from cockpit.tools.sizes import parse_sizes
from diagnostics.collectives import formulas as collective_formulas
from diagnostics.collectives import plan as collective_plan

GIB = 1 << 30
FOUR_GPUS = Here(gpu_count=4, gpu_memory_bytes=8 * GIB, host_memory_bytes=64 * GIB)
NO_GPU = Here(gpu_count=0, host_memory_bytes=64 * GIB)

SIZES = ["1KiB:8KiB", "1K:64K:x4", "1MiB, 16MiB", "4096,1k:2k,1024", "1B:3B", "1:10:3"]
NO_SIZES = [",", "1XB", "0", "-1", "4K:1K", "1K:2K:1", "1:2:3:4", "K", "1.5MiB"]


@pytest.mark.parametrize("text", SIZES)
def test_the_form_and_the_tool_read_sizes_alike(text: str) -> None:
    assert parse_sizes(text) == collective_formulas.parse_sizes(text)


@pytest.mark.parametrize("text", NO_SIZES)
def test_the_form_and_the_tool_refuse_the_same_sizes(text: str) -> None:
    with pytest.raises(InputError):
        parse_sizes(text)
    with pytest.raises(ValueError, match="size"):
        collective_formulas.parse_sizes(text)


def test_the_form_and_the_tool_know_the_same_words() -> None:
    assert set(OPS) == set(collective_formulas.OPS)
    assert set(DTYPES) == set(collective_plan.DTYPES)


def test_every_option_is_one_of_the_tool() -> None:
    values = {
        "op": "all_reduce,broadcast",
        "sizes": "1KiB:1MiB",
        "backend": "gloo",
        "ranks": "2",
        "gpus": "0,1",
        "dtype": "bfloat16",
        "iterations": "3",
        "warmup": "0",
        "no-pairs": "on",
        "limit": "2.5",
    }
    assert {option.name for option in DEFINITION.options} == set(values)
    options = collective_plan.parse(list(arguments_of(DEFINITION, values)))
    assert (options.pairs, options.limit, options.warmup) == (False, 2.5, 0)


def test_what_is_right_has_no_problem() -> None:
    assert problems_of({}) == []
    assert problems_of({"op": "all-reduce", "sizes": "1K:1M:4", "ranks": "1", "gpus": "0,"}) == []


def test_all_problems_are_told_at_once_and_the_nearest_word_is_named() -> None:
    wrong = {"op": "allreduce,broadcast", "sizes": "1KX", "backend": "ncll", "ranks": "0"}
    problems = problems_of({**wrong, "dtype": "float8", "limit": "0", "gpus": "0,0"})
    assert len(problems) == 7
    assert problems[0] == "--op allreduce: no such operation (did you mean all_reduce?)"
    assert "did you mean nccl?" in " ".join(problems)


@pytest.mark.parametrize(
    ("values", "here", "said"),
    [
        (
            {"ranks": "5"},
            FOUR_GPUS,
            "--ranks 5: each rank needs a GPU of its own",
        ),
        ({"ranks": "3", "gpus": "0,1"}, FOUR_GPUS, "--gpus names 2"),
        ({"gpus": "2,7"}, FOUR_GPUS, "GPU 7: this machine has 4"),
        ({"gpus": "0"}, NO_GPU, "nothing runs on a GPU here"),
        ({"backend": "nccl"}, NO_GPU, "this machine has no GPU"),
        ({"sizes": "16GiB"}, FOUR_GPUS, "16.0 GiB on each GPU needs 32.0 GiB, and there is 8.0"),
        ({"sizes": "16GiB", "ranks": "8"}, NO_GPU, "16.0 GiB on 8 ranks needs 256 GiB"),
    ],
)
def test_what_this_machine_cannot_give_is_refused(
    values: dict[str, str], here: Here, said: str
) -> None:
    (problem,) = problems_here(values, here)
    assert said in problem


def test_what_nobody_knows_is_not_refused() -> None:
    assert problems_here({"ranks": "8", "sizes": "900GiB"}, Here()) == []
    assert problems_here({"ranks": "4", "gpus": "0,1,2,3"}, FOUR_GPUS) == []
    assert problems_here({"ranks": "8", "backend": "gloo"}, FOUR_GPUS) == []
