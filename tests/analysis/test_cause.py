from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.analysis.cause import find_cause
from cockpit.analysis.log_line import parse_log

FAILURES = Path(__file__).parent.parent / "data" / "failures"


@pytest.mark.parametrize(
    ("name", "code", "what"),
    [
        ("rank1_raises.stderr", "cuda_oom", "rank 1: the GPU has no memory left (RuntimeError: CU"),
        ("rank1_raises_record.stderr", "cuda_oom", "rank 1: the GPU has no memory left"),
        ("logdir_tee3.stderr", "cuda_oom", "rank 1: the GPU has no memory left"),
        ("rank1_exit3.stderr", "unknown", "rank 1: ended with exit code 3"),
        ("rank1_sigkill.stderr", "unknown", "rank 1: killed by SIGKILL: the kernel for lack of"),
        ("nproc_gpu_on_cpu.stderr", "cuda_not_available", "ValueError: Cuda is not available"),
        ("script_missing.stderr", "missing_dataset_path", "nosuch.py does not exist"),
        (
            "wandb_flag_unrecognized.log",
            "launcher_arg_mismatch",
            "the script refuses its arguments: unrecognized argument",
        ),
        (
            "run_3epochs_ends_weights_only_error.log.raw",
            "weights_only_unpickling",
            "UnpicklingError: Weights only load failed",
        ),
        ("sigterm_torchrun.stderr", "interrupted", "the training was told to stop"),
        ("success.stderr", "unknown", "the job ended with exit code 1"),
    ],
)
def test_the_cause_of_real_failures(name: str, code: str, what: str) -> None:
    text = (FAILURES / name).read_text(encoding="utf-8", errors="replace")
    cause = find_cause(parse_log(text), 1)
    assert cause is not None
    assert (cause.code, what in cause.what) == (code, True)


@pytest.mark.parametrize(("code", "words"), [(2, "exit code 2"), (-11, "SIGSEGV"), (-99, "nal 99")])
def test_without_words_the_exit_code_speaks(code: int, words: str) -> None:
    cause = find_cause([], code)
    assert cause is not None
    assert words in cause.what
