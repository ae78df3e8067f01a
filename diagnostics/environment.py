"""`check`: is this interpreter, on this machine, fit to train? One finding for each subject."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import warnings
from pathlib import Path
from typing import Any, Callable, TextIO

from diagnostics import host, trials
from diagnostics import verdicts as verdict
from diagnostics.emit import PROBLEM, Finding, emit, emit_finding
from diagnostics.remedies import pip_command

Ask = Callable[[], Finding]


def check(arguments: list[str], out: TextIO) -> tuple[str, str]:
    """Emit a finding for each subject; failed when one of them is a problem.

    What needs no driver comes first: a driver that hangs then hides nothing else.
    """
    options = _parse(arguments)
    report = Report(out)
    _check_host(Path(options.disk).expanduser(), report)
    torch = _check_torch(report)
    if torch is not None:
        _check_build(torch, report)
        _check_gpus(torch, report)
        _check_trials(torch, report)
    _check_libraries(torch, report)
    count = report.problems
    return ("failed", f"{count} problem(s)") if count else ("passed", "fit to train")


class Report:
    """Emits what is found, and counts the problems."""

    def __init__(self, out: TextIO) -> None:
        self.problems = 0
        self._out = out
        self._asked = 0

    def add(self, finding: Finding) -> None:
        """Emit one finding."""
        self.problems += finding.level == PROBLEM
        emit_finding(finding, self._out)

    def measure(self, name: str, value: float | None, unit: str, **labels: Any) -> None:
        """Emit one measurement."""
        emit("measurement", self._out, name=name, value=value, unit=unit, **labels)

    def ask(self, code: str, what: str, question: Ask) -> None:
        """Emit the answer, or the reason why there is none; `what` is said first.

        When a driver hangs, these words are the last that a reader has.
        """
        self.announce(what)
        try:
            self.add(question())
        except trials.TRIAL_ERRORS as error:
            trials.show_traceback()
            words = f"{what} failed: {trials.first_line(error)}"
            self.add(Finding(PROBLEM, code, words, "see stderr for the traceback"))

    def announce(self, what: str) -> None:
        """Say what is being looked at now."""
        self._asked += 1
        emit("progress", self._out, done=self._asked, total=None, what=what)


def find_version(distribution: str) -> str | None:
    """Return the installed version as pip knows it, without importing anything."""
    from importlib import metadata

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="diagnostics.pyz check")
    parser.add_argument("--disk", default=".", help="the folder that runs are written to")
    return parser.parse_args(arguments)


def _check_host(folder: Path, report: Report) -> None:
    report.add(verdict.judge_python(tuple(sys.version_info[:3]), host.name_system()))
    memory_bytes = host.read_memory_bytes()
    report.measure("host.memory", memory_bytes, "bytes")
    report.add(verdict.judge_memory(memory_bytes))
    disk = host.read_free_bytes(folder)
    if disk is not None:
        report.measure("disk.free", disk[0], "bytes")
        report.add(verdict.judge_disk(str(folder), disk[0]))
    shm = host.read_free_bytes(Path("/dev/shm")) if Path("/dev/shm").is_dir() else None
    report.add(verdict.judge_shm(*(shm or (None, None))))
    report.add(verdict.judge_open_files(*host.read_open_files()))
    report.add(verdict.judge_driver(host.read_driver_version(), host.has_nvidia_device()))


def _check_torch(report: Report) -> Any:
    """Return the module torch, or None when it cannot be used."""
    report.announce("importing torch")
    module, error = None, ""
    try:
        module = importlib.import_module("torch")
        version = getattr(module, "__version__", None)
        error = "" if version else f"its folder {list(module.__path__)} holds no code"
    except trials.TRIAL_ERRORS as caught:
        version = find_version("torch")
        is_absent = isinstance(caught, ModuleNotFoundError) and caught.name == "torch"
        if not is_absent or version:
            trials.show_traceback()
            error = trials.first_line(caught)
    found = verdict.Library(version and str(version), error)
    report.add(verdict.judge_torch(found, _pip(), host.has_nvidia_device()))
    return module if version and not error else None


def _check_build(torch: Any, report: Report) -> None:
    def ask() -> Finding:
        return verdict.judge_cuda(_read_cuda(torch))

    report.ask("cuda.build", "asking the GPU driver", ask)


def _read_cuda(torch: Any) -> verdict.Cuda:
    hip = getattr(torch.version, "hip", None)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    said = str(caught[-1].message).strip().splitlines() if caught else []
    return verdict.Cuda(
        torch_version=str(torch.__version__),
        cuda_build=torch.version.cuda,
        hip_build=hip,
        has_device=host.has_amd_device() if hip else host.has_nvidia_device(),
        gpu_count=count,
        warning=said[0] if said else "",
        visible_devices=os.environ.get("CUDA_VISIBLE_DEVICES"),
    )


def _check_gpus(torch: Any, report: Report) -> None:
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    report.measure("gpu.count", count, "GPUs")
    for ordinal in range(count):

        def ask(ordinal: int = ordinal) -> Finding:
            gpu = _read_gpu(torch, ordinal)
            report.measure("gpu.memory", gpu.memory_total_bytes, "bytes", cuda_ordinal=ordinal)
            return verdict.judge_gpu(gpu, torch.cuda.get_arch_list())

        report.ask(f"gpu.{ordinal}", f"asking GPU {ordinal}", ask)
    report.ask("nccl.version", "asking for NCCL", lambda: _ask_nccl(torch, count))
    report.ask("distributed.available", "asking for gloo", lambda: _ask_distributed(torch))


def _read_gpu(torch: Any, ordinal: int) -> verdict.Gpu:
    properties = torch.cuda.get_device_properties(ordinal)
    is_rocm = getattr(torch.version, "hip", None)
    capability = None if is_rocm else (properties.major, properties.minor)
    return verdict.Gpu(ordinal, properties.name, properties.total_memory, capability)


def _ask_nccl(torch: Any, gpu_count: int) -> Finding:
    distributed = torch.distributed
    has_nccl = distributed.is_available() and distributed.is_nccl_available()
    version = torch.cuda.nccl.version() if has_nccl and torch.version.cuda else None
    text = ".".join(map(str, version)) if isinstance(version, tuple) else version and str(version)
    return verdict.judge_nccl(text, has_nccl, gpu_count)


def _ask_distributed(torch: Any) -> Finding:
    if not torch.distributed.is_available():
        return verdict.judge_distributed(is_available=False, has_gloo=False)
    # Older versions cannot be asked; the backend is then looked for where torch keeps it.
    native = importlib.import_module("torch.distributed.distributed_c10d")
    return verdict.judge_distributed(
        is_available=True, has_gloo=getattr(native, "ProcessGroupGloo", None) is not None
    )


def _check_trials(torch: Any, report: Report) -> None:
    done = "BatchNorm converts to SyncBatchNorm"
    report.announce("converting BatchNorm")
    error = trials.attempt(trials.convert_batch_norm)
    report.add(verdict.judge_trial("syncbatchnorm.convert", done, error))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    done = "one training step in mixed precision on {}, {}".format(
        *(("GPU 0", "float16") if device == "cuda" else ("the CPU", "bfloat16"))
    )
    report.announce("taking a step in mixed precision")
    error = trials.attempt(lambda: trials.step_in_mixed_precision(device))
    report.add(verdict.judge_trial("amp.step", done, error))


def _check_libraries(torch: Any, report: Report) -> None:
    version, ultralytics = find_version("torch"), find_version("ultralytics")
    if torch is not None:
        report.announce("trying torchvision")
        vision = verdict.Library(find_version("torchvision"))
        if vision.version:
            vision = vision._replace(error=trials.attempt(trials.suppress_boxes))
        wants_it = ultralytics is not None
        report.add(verdict.judge_torchvision(vision, version or "", wants_it, _pip()))
    report.add(verdict.judge_ultralytics(ultralytics, version, _pip()))


def _pip() -> str:
    return pip_command(sys.executable, has_pip=host.has_pip(), is_managed=host.is_managed())
