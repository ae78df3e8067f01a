"""`check`: is this interpreter, on this machine, fit to train? One finding for each subject."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import warnings
from pathlib import Path
from typing import Any, TextIO

from diagnostics import host, trials
from diagnostics import verdicts as verdict
from diagnostics.checks import (
    cluster,
    cuda,
    ddp,
    libraries,
    login,
    memory,
    paths,
    ports,
    script,
    topology,
)
from diagnostics.checks.report import Report
from diagnostics.emit import Finding
from diagnostics.parser import Parser
from diagnostics.remedies import pip_command

LEAVE_S = 5.0
"""So long may the ranks of a test that is no longer wanted take to end."""


def check(arguments: list[str], out: TextIO) -> tuple[str, str]:
    """Emit a finding for each subject; failed when one of them is a problem.

    What needs no driver comes first: a driver that hangs then hides nothing else. The ranks of
    the smoke test start before all: they import torch while the rest is looked at. Those on the
    CPU are forked from here as soon as it is imported: they need not import it again.
    """
    options = _parse(arguments)
    report = Report(out)
    plan = _plan_smoke(options)
    smoke = _start_smoke(plan) if plan is not None and plan.backend == "nccl" else None
    _check_host(Path(options.disk).expanduser(), report)
    torch = _check_torch(report)
    gpu_count = 0
    if plan is not None and smoke is None and torch is not None:
        smoke = _fork_smoke(plan, report)
    if torch is not None:
        _check_build(torch, report)
        gpu_count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        _check_gpus(torch, gpu_count, report)
        _check_trials(torch, gpu_count, options.gpus, report)
    _check_libraries(torch, report)
    if options.script:
        _check_script(Path(options.script).expanduser(), report)
    if smoke is not None:
        _check_smoke(smoke, torch, gpu_count, report)
    count = report.problems
    return ("failed", f"{count} problem(s)") if count else ("passed", "fit to train")


def find_version(distribution: str) -> str | None:
    """Return the installed version as pip knows it, without importing anything."""
    from importlib import metadata

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = Parser(prog="diagnostics.pyz check")
    parser.add_argument("--disk", default=".", help="the folder that runs are written to")
    parser.add_argument("--gpus", default="auto", help="of the smoke test: auto, cpu, or 0,1")
    parser.add_argument("--no-ddp", action="store_true", help="leave out the smoke test")
    parser.add_argument("--script", default="", help="a training script to look into")
    return parser.parse_args(arguments)


def _plan_smoke(options: argparse.Namespace) -> ddp.Plan | None:
    if options.no_ddp or not ddp.should_try():
        return None
    return ddp.plan(options.gpus, os.environ)


def _start_smoke(plan: ddp.Plan, *, is_forked: bool = False) -> ddp.SmokeTest:
    smoke = ddp.SmokeTest(plan, is_forked=is_forked)
    smoke.start()
    return smoke


def _fork_smoke(plan: ddp.Plan, report: Report) -> ddp.SmokeTest:
    report.announce("importing what DistributedDataParallel needs")
    is_whole = not trials.attempt(ddp.import_compiler)
    return _start_smoke(plan, is_forked=is_whole)


def _check_host(folder: Path, report: Report) -> None:
    report.add(verdict.judge_python(tuple(sys.version_info[:3]), host.name_system()))
    report.add(*paths.judge_places(paths.read_places(os.environ)))
    _check_memory(report)
    disk = host.read_free_bytes(folder)
    if disk is not None:
        report.measure("disk.free", disk[0], "bytes")
        report.add(verdict.judge_disk(str(folder), disk[0]))
    shm = host.read_free_bytes(Path("/dev/shm")) if Path("/dev/shm").is_dir() else None
    report.add(verdict.judge_shm(*(shm or (None, None))))
    report.add(verdict.judge_open_files(*host.read_open_files()))
    report.look("the port of torchrun", lambda: [ports.judge_port(ports.read_port())])
    report.look("what happens at logout", lambda: login.judge_login(login.read_login()))
    report.add(*cluster.judge_slurm(cluster.read_slurm(os.environ)))
    report.add(verdict.judge_driver(host.read_driver_version(), host.has_nvidia_device()))
    gpus = topology.find_gpus()
    report.add(*topology.judge_numa(topology.read_numa_nodes(gpus)))
    report.add(*topology.judge_iommu(topology.read_iommu(), len(gpus)))


def _check_memory(report: Report) -> None:
    found = memory.read_memory()
    report.measure("host.memory", found.usable_bytes, "bytes")
    report.measure("host.memory_available", found.available_bytes, "bytes")
    report.add(memory.judge_memory(found), *memory.judge_limit(found), *memory.judge_swap(found))
    report.add(memory.judge_processors(memory.read_processors()))


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
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    driver = host.read_driver_version()
    report.add(*cuda.judge_driver_for(driver, torch.version.cuda, count))


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


def _check_gpus(torch: Any, count: int, report: Report) -> None:
    report.measure("gpu.count", count, "GPUs")
    sizes = []
    for ordinal in range(count):

        def ask(ordinal: int = ordinal) -> Finding:
            gpu = _read_gpu(torch, ordinal)
            sizes.append(gpu.memory_total_bytes)
            labels = {"cuda_ordinal": ordinal, "gpu": gpu.name}
            report.measure("gpu.memory", gpu.memory_total_bytes, "bytes", **labels)
            return verdict.judge_gpu(gpu, torch.cuda.get_arch_list())

        report.ask(f"gpu.{ordinal}", f"asking GPU {ordinal}", ask)
    report.add(*cuda.judge_total(sizes))
    if count > 1:
        peers = "asking which GPUs reach each other"
        report.ask("gpu.p2p", peers, lambda: cuda.judge_peers(cuda.read_peers(torch, count)))
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


def _check_trials(torch: Any, gpu_count: int, gpus: str, report: Report) -> None:
    done = "BatchNorm converts to SyncBatchNorm"
    report.announce("converting BatchNorm")
    error = trials.attempt(trials.convert_batch_norm)
    report.add(verdict.judge_trial("syncbatchnorm.convert", done, error))
    device = _trial_device(gpus, gpu_count)
    done = "one training step in mixed precision on {}, {}".format(
        *((device.replace("cuda:", "GPU "), "float16") if gpu_count else ("the CPU", "bfloat16"))
    )
    report.announce("taking a step in mixed precision")
    error = trials.attempt(lambda: trials.step_in_mixed_precision(device))
    report.add(verdict.judge_trial("amp.step", done, error))


def _trial_device(gpus: str, gpu_count: int) -> str:
    """Return the first chosen GPU; cockpit has torch count them in the driver's order."""
    first = gpus.split(",", maxsplit=1)[0]
    if not gpu_count:
        return "cpu"
    is_known = first.isdigit() and int(first) < gpu_count
    return f"cuda:{first}" if is_known else "cuda:0"


def _check_libraries(torch: Any, report: Report) -> None:
    version, ultralytics, pip = find_version("torch"), find_version("ultralytics"), _pip()
    if torch is not None:
        numpy = libraries.NumPy(find_version("numpy"))
        if numpy.version:
            report.announce("handing a tensor to numpy")
            numpy = numpy._replace(error=trials.attempt(lambda: libraries.hand_over(torch)))
        report.add(libraries.judge_numpy(numpy, version, pip))
        report.announce("trying torchvision")
        vision = verdict.Library(find_version("torchvision"))
        if vision.version:
            vision = vision._replace(error=trials.attempt(trials.suppress_boxes))
        wants_it = ultralytics is not None
        report.add(verdict.judge_torchvision(vision, version or "", wants_it, pip))
    report.add(verdict.judge_ultralytics(ultralytics, version, pip))
    unsafe, forced = libraries.loads_unsafely(), _forced()
    report.add(*libraries.judge_safe_load(version, ultralytics, unsafe, forced, pip))
    tpu = cluster.Tpu(
        cluster.read_tpu_nodes(), version, find_version("torch_xla"), find_version("libtpu")
    )
    report.add(*cluster.judge_tpu(tpu, pip))


def _check_script(file: Path, report: Report) -> None:
    report.announce(f"reading {file}")
    source = script.read_source(file)
    versions = find_version("torch"), find_version("numpy")
    report.add(*script.judge_source(source, *versions, _forced()))


def _check_smoke(smoke: ddp.SmokeTest, torch: Any, gpu_count: int, report: Report) -> None:
    if torch is None:  # the ranks could not import it either
        smoke.finish(LEAVE_S)
        return
    plan = smoke.plan
    report.announce(f"waiting for two steps on {plan.words}")
    outcome = smoke.finish()
    if plan.backend == "nccl" and not gpu_count:
        report.add(ddp.judge_unreachable(plan))
        return
    report.add(ddp.judge(plan, outcome), *ddp.judge_links(outcome))


def _forced() -> str:
    return os.environ.get(libraries.FORCE, "").lower()


def _pip() -> str:
    return pip_command(sys.executable, has_pip=host.has_pip(), is_managed=host.is_managed())
