from __future__ import annotations

from importlib.util import find_spec

import pytest

from diagnostics import trials

needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="no torch here")


def fail() -> None:
    raise RuntimeError("operator torchvision::nms does not exist\nand a long tail")


def test_an_attempt_gives_the_first_line_of_the_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert trials.attempt(fail) == "operator torchvision::nms does not exist"
    assert "a long tail" in capsys.readouterr().err
    assert trials.attempt(lambda: None) == ""


def test_an_error_without_words_gives_its_name() -> None:
    assert trials.first_line(AssertionError()) == "AssertionError"


@pytest.mark.real
@needs_torch
def test_a_step_in_mixed_precision_on_the_cpu() -> None:
    trials.step_in_mixed_precision("cpu")
    trials.convert_batch_norm()


@pytest.mark.gpu
@needs_torch
def test_a_step_in_mixed_precision_on_a_gpu() -> None:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("torch reaches no GPU")
    trials.step_in_mixed_precision("cuda")
