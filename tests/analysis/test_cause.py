from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.analysis.cause import find_cause
from cockpit.runs.phase import Phase
from cockpit.supervise.verdict import last_lines, phase_at_end

FAILURES = Path(__file__).parent.parent / "data" / "failures"


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("rank1_raises.stderr", "rank 1: RuntimeError: CUDA out of memory. Tried to allocate 2.00"),
        ("rank1_raises_record.stderr", "rank 1: RuntimeError: CUDA out of memory"),
        ("logdir_tee3.stderr", "rank 1: RuntimeError: CUDA out of memory"),
        ("rank1_exit3.stderr", "rank 1 ended with exit code 3"),
        ("rank1_sigkill.stderr", "rank 1 was killed by SIGKILL, perhaps by the kernel for lack"),
        ("nproc_gpu_on_cpu.stderr", "ValueError: Cuda is not available"),
        ("script_missing.stderr", "nosuch.py does not exist"),
        ("wandb_flag_unrecognized.log", "the script refuses its arguments: unrecognized argument"),
        (
            "run_3epochs_ends_weights_only_error.log.raw",
            "UnpicklingError: Weights only load failed",
        ),
        ("sigterm_torchrun.stderr", "the job ended with exit code 1"),
        ("success.stderr", "the job ended with exit code 1"),
    ],
)
def test_the_cause_of_real_failures(name: str, what: str) -> None:
    assert what in find_cause(last_lines(FAILURES / name), 1).what


def test_a_remedy_stands_beside_what_has_one() -> None:
    memory = find_cause([(2, "torch.OutOfMemoryError: CUDA out of memory.")], 1)
    assert (memory.what, memory.remedy) == (
        "rank 2: OutOfMemoryError: CUDA out of memory",
        "a smaller batch",
    )
    module = find_cause([(None, "ModuleNotFoundError: No module named 'sklearn.svm'")], 1)
    assert module.remedy == "install sklearn in the training interpreter"


@pytest.mark.parametrize(
    ("code", "words"),
    [(None, "nobody saw how"), (2, "exit code 2"), (-11, "SIGSEGV"), (-99, "signal 99")],
)
def test_without_words_the_exit_code_speaks(code: int | None, words: str) -> None:
    assert words in find_cause([], code).what


@pytest.mark.parametrize(
    ("code", "asked", "complete", "phase"),
    [
        (0, False, False, Phase.SUCCEEDED),
        (1, False, True, Phase.FAILED),
        (None, False, True, Phase.SUCCEEDED),
        (None, False, False, Phase.FAILED),
        (1, True, False, Phase.STOPPED),
        (0, True, False, Phase.STOPPED),
        (0, True, True, Phase.SUCCEEDED),
    ],
)
def test_how_a_run_ended(code: int | None, asked: bool, complete: bool, phase: Phase) -> None:
    assert phase_at_end(code, was_asked=asked, is_complete=complete) is phase
