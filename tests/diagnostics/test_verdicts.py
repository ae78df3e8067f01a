from __future__ import annotations

import pytest

from diagnostics import verdicts
from diagnostics.emit import NOTE, OK, PROBLEM, WARNING
from diagnostics.remedies import CPU_WHEELS
from diagnostics.verdicts import GIB, MIB, Cuda, Gpu, Library

PIP = "python -m pip"


def cuda(
    cuda_build: str | None = None,
    *,
    has_device: bool = False,
    gpu_count: int = 0,
    visible_devices: str | None = None,
    warning: str = "",
) -> Cuda:
    return Cuda("2.13.0", cuda_build, None, has_device, gpu_count, warning, visible_devices)


@pytest.mark.parametrize(
    ("facts", "level", "word"),
    [
        (cuda(), NOTE, "training runs on the CPU"),
        (cuda("12.8"), NOTE, "training runs on the CPU"),
        (cuda(has_device=True), PROBLEM, "CPU build, but this machine has a GPU"),
        (cuda("12.8", has_device=True, gpu_count=2), OK, "CUDA 12.8, 2 GPUs"),
        (cuda("13.0", has_device=True, warning="driver too old"), PROBLEM, "driver too old"),
        (cuda("13.0", has_device=True), PROBLEM, "gives no reason"),
        (cuda("13.0", has_device=True, visible_devices=""), WARNING, "CUDA_VISIBLE_DEVICES"),
        (cuda("13.0", has_device=True, visible_devices="-1"), WARNING, "CUDA_VISIBLE_DEVICES"),
        (Cuda("2.9", None, "6.4", True, 1), OK, "ROCm 6.4, 1 GPU usable"),
    ],
)
def test_the_cuda_build_is_judged_against_the_machine(facts: Cuda, level: str, word: str) -> None:
    finding = verdicts.judge_cuda(facts)
    assert finding.level == level
    assert word in finding.what
    assert (finding.remedy is None) == (level in (OK, NOTE))


@pytest.mark.parametrize(
    ("architectures", "capability", "is_covered"),
    [
        (["sm_75", "sm_80"], (7, 5), True),
        (["sm_75", "sm_80"], (8, 6), True),  # same major version, higher minor
        (["sm_75", "sm_86"], (8, 0), False),
        (["sm_75", "sm_80", "sm_90"], (7, 0), False),  # V100 on a CUDA 13 wheel
        (["sm_80", "sm_90"], (12, 0), False),  # RTX 50xx on a CUDA 12.6 wheel
        (["sm_80", "compute_90"], (12, 0), True),  # PTX is compiled on the spot
        (["compute_90"], (8, 0), False),
        (["sm_90a"], (9, 0), True),
        (["sm_100a"], (10, 3), False),
        (["sm_100f"], (10, 3), True),
        (["sm_120"], (12, 0), True),
        (["gfx942", "sm_x", ""], (9, 4), False),
    ],
)
def test_kernels_cover_a_capability(
    architectures: list[str], capability: tuple[int, int], is_covered: bool
) -> None:
    assert verdicts.covers(architectures, capability) is is_covered


def test_a_gpu_says_its_memory_and_capability() -> None:
    finding = verdicts.judge_gpu(Gpu(3, "RTX 2080", 8 * GIB, (7, 5)), ["sm_75"])
    assert (finding.level, finding.code) == (OK, "gpu.3")
    assert finding.what == "GPU 3: RTX 2080 (8.0 GiB, SM 7.5)"


def test_a_gpu_without_kernels_is_a_problem() -> None:
    finding = verdicts.judge_gpu(Gpu(0, "V100", 16 * GIB, (7, 0)), ["sm_75", "sm_80"])
    assert finding.level == PROBLEM
    assert "sm_75, sm_80 only" in finding.what


def test_nothing_is_claimed_about_kernels_that_torch_does_not_list() -> None:
    assert verdicts.judge_gpu(Gpu(0, "V100", 16 * GIB, (7, 0)), []).level == OK
    assert verdicts.judge_gpu(Gpu(0, "MI300", 16 * GIB, None), ["gfx942"]).level == OK


@pytest.mark.parametrize(
    ("version", "level"), [((3, 7, 9), PROBLEM), ((3, 8, 0), OK), ((3, 14, 1), OK)]
)
def test_python_must_be_38_or_newer(version: tuple[int, ...], level: str) -> None:
    assert verdicts.judge_python(version, "Linux").level == level


@pytest.mark.parametrize(
    ("free", "level"), [(0, PROBLEM), (5 * GIB, WARNING), (10 * GIB, OK), (999 * GIB, OK)]
)
def test_the_disk_is_judged_by_what_is_free(free: int, level: str) -> None:
    assert verdicts.judge_disk("/runs", free).level == level


@pytest.mark.parametrize(
    ("free", "total", "level"),
    [
        (None, None, NOTE),
        (64 * MIB, 64 * MIB, WARNING),
        (100 * MIB, 8 * GIB, WARNING),
        (8 * GIB, 8 * GIB, OK),
    ],
)
def test_shared_memory_of_a_container_is_warned_of(
    free: int | None, total: int | None, level: str
) -> None:
    assert verdicts.judge_shm(free, total).level == level


@pytest.mark.parametrize(
    ("soft", "hard", "level", "remedy"),
    [
        (-1, -1, OK, None),
        (4096, 4096, OK, None),
        (1024, 524288, NOTE, "ulimit -n 65536"),
        (256, 4096, WARNING, "ulimit -n 4096"),
        (256, -1, WARNING, "ulimit -n 65536"),
        (1024, 1024, NOTE, "let the administrator raise nofile in /etc/security/limits.conf"),
    ],
)
def test_open_files(soft: int, hard: int, level: str, remedy: str | None) -> None:
    finding = verdicts.judge_open_files(soft, hard)
    assert (finding.level, finding.remedy) == (level, remedy)


def test_the_driver() -> None:
    assert verdicts.judge_driver("570.86.15", has_device=True).what == "NVIDIA driver 570.86.15"
    assert verdicts.judge_driver(None, has_device=True).level == NOTE
    assert "no NVIDIA GPU" in verdicts.judge_driver(None, has_device=False).what


def test_a_missing_torch_is_a_problem_with_the_wheels_that_fit_the_machine() -> None:
    without_gpu = verdicts.judge_torch(Library(None), PIP, has_device=False)
    with_gpu = verdicts.judge_torch(Library(None), PIP, has_device=True)
    assert without_gpu.level == with_gpu.level == PROBLEM
    assert without_gpu.remedy == f"{PIP} install torch --index-url {CPU_WHEELS}"
    assert with_gpu.remedy == f"{PIP} install torch"


def test_a_torch_that_cannot_be_imported_is_a_problem_with_its_words() -> None:
    torch = Library("2.13.0", "libcudart.so.13: cannot open shared object file")
    finding = verdicts.judge_torch(torch, PIP, has_device=True)
    assert finding.level == PROBLEM
    assert "libcudart.so.13" in finding.what
    assert finding.remedy == f"{PIP} install --force-reinstall torch==2.13.0"


@pytest.mark.parametrize(
    ("has_nccl", "gpu_count", "level"), [(True, 0, OK), (False, 1, NOTE), (False, 2, PROBLEM)]
)
def test_nccl_is_needed_for_several_gpus_only(has_nccl: bool, gpu_count: int, level: str) -> None:
    assert verdicts.judge_nccl("2.27.5", has_nccl, gpu_count).level == level


def test_distributed() -> None:
    assert verdicts.judge_distributed(is_available=True, has_gloo=True).level == OK
    assert verdicts.judge_distributed(is_available=True, has_gloo=False).level == WARNING
    assert verdicts.judge_distributed(is_available=False, has_gloo=False).level == PROBLEM


@pytest.mark.parametrize(
    ("vision", "wants_it", "level"),
    [
        (Library("0.28.0"), True, OK),
        (Library("0.28.0", "operator torchvision::nms does not exist"), True, PROBLEM),
        (Library("0.28.0", "operator torchvision::nms does not exist"), False, WARNING),
        (Library(None), True, PROBLEM),
        (Library(None), False, NOTE),
    ],
)
def test_torchvision_matters_when_ultralytics_is_there(
    vision: Library, wants_it: bool, level: str
) -> None:
    assert verdicts.judge_torchvision(vision, "2.13.0", wants_it, PIP).level == level


def test_a_trial_that_failed_is_a_problem_with_its_error() -> None:
    assert verdicts.judge_trial("amp.step", "a step", "").level == OK
    finding = verdicts.judge_trial("amp.step", "a step", "no kernel image")
    assert (finding.level, finding.what) == (PROBLEM, "a step: no kernel image")


def test_ultralytics_is_optional() -> None:
    assert verdicts.judge_ultralytics("8.4.190", "2.13.0", PIP).level == OK
    assert verdicts.judge_ultralytics(None, "2.13.0", PIP).level == NOTE
