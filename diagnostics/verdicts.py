"""From facts to findings. Pure: nothing here asks the machine or imports torch."""

from __future__ import annotations

from typing import NamedTuple, Sequence

from diagnostics.emit import NOTE, OK, PROBLEM, WARNING, Finding
from diagnostics.remedies import CPU_WHEELS, install, install_beside_torch, replace_beside_torch

MIB = 1 << 20
GIB = 1 << 30

# Thresholds are cockpit's own judgement, except where a source is named.
OLDEST_PYTHON = (3, 8)
DISK_SCARCE_BYTES = 10 * GIB
DISK_FULL_BYTES = 1 * GIB
SHM_SMALL_BYTES = 1 * GIB
"""Docker gives 64 MiB by default, in which DataLoader workers and NCCL die."""
OPEN_FILES_FEW = 1024
OPEN_FILES_ENOUGH = 4096


class Cuda(NamedTuple):
    """What torch was built for, and whether it reaches a GPU."""

    torch_version: str
    cuda_build: str | None
    """`12.8`; None for a build without CUDA."""
    hip_build: str | None
    """The same for ROCm."""
    has_device: bool
    """The machine shows a GPU of that maker, whatever torch says."""
    gpu_count: int
    """GPUs that torch can use."""
    warning: str = ""
    """What torch said when it was asked."""
    visible_devices: str | None = None
    """CUDA_VISIBLE_DEVICES, where set."""


class Gpu(NamedTuple):
    """One GPU as torch sees it."""

    cuda_ordinal: int
    name: str
    memory_total_bytes: int
    capability: tuple[int, int] | None
    """None where the architecture has no such number (ROCm)."""


class Library(NamedTuple):
    """A library that may be missing or broken."""

    version: str | None
    """None when it is not installed."""
    error: str = ""
    """Why it cannot be used; empty when it can."""


def judge_python(version: tuple[int, ...], system: str) -> Finding:
    """Say whether this Python is new enough."""
    what = f"Python {'.'.join(map(str, version))} on {system}"
    if version[:2] < OLDEST_PYTHON:
        return Finding(PROBLEM, "python.version", what, "use Python 3.8 or newer")
    return Finding(OK, "python.version", what)


def judge_disk(folder: str, free_bytes: int) -> Finding:
    """Say whether checkpoints and logs have room in `folder`."""
    what = f"disk: {size(free_bytes)} free for {folder}"
    remedy = "free some space, or set XDG_DATA_HOME to a larger disk"
    if free_bytes < DISK_FULL_BYTES:
        return Finding(PROBLEM, "disk.free", what, remedy)
    if free_bytes < DISK_SCARCE_BYTES:
        return Finding(WARNING, "disk.free", what, remedy)
    return Finding(OK, "disk.free", what)


def judge_shm(free_bytes: int | None, total_bytes: int | None) -> Finding:
    """Say whether DataLoader workers and NCCL have room in /dev/shm."""
    if free_bytes is None or total_bytes is None:
        return Finding(NOTE, "shm.free", "there is no /dev/shm here")
    what = f"/dev/shm: {size(free_bytes)} free of {size(total_bytes)}"
    if total_bytes < SHM_SMALL_BYTES:
        remedy = "in a container, start it with --shm-size=8g or --ipc=host; or use workers=0"
        return Finding(WARNING, "shm.free", what, remedy)
    if free_bytes < SHM_SMALL_BYTES:
        remedy = "look for leftovers of dead runs: ls -la /dev/shm"
        return Finding(WARNING, "shm.free", what, remedy)
    return Finding(OK, "shm.free", what)


def judge_open_files(soft: int, hard: int) -> Finding:
    """Say whether workers may open enough files; -1 is no limit."""
    what = f"open files: {_limit(soft)} allowed, {_limit(hard)} at most"
    if soft < 0 or soft >= OPEN_FILES_ENOUGH:
        return Finding(OK, "files.limit", what)
    reachable = 65536 if hard < 0 else min(hard, 65536)
    remedy = f"ulimit -n {reachable}"
    if reachable <= soft:
        remedy = "let the administrator raise nofile in /etc/security/limits.conf"
    return Finding(WARNING if soft < OPEN_FILES_FEW else NOTE, "files.limit", what, remedy)


def judge_driver(version: str | None, has_device: bool) -> Finding:
    """Say which NVIDIA driver is loaded."""
    if version:
        return Finding(OK, "driver.version", f"NVIDIA driver {version}")
    if has_device:
        what = "there is an NVIDIA GPU, but its driver's version cannot be read"
        return Finding(NOTE, "driver.version", what)
    return Finding(NOTE, "driver.version", "no NVIDIA driver and no NVIDIA GPU here")


def judge_torch(torch: Library, pip: str, has_device: bool) -> Finding:
    """Say whether torch is there and can be imported."""
    if torch.version and not torch.error:
        return Finding(OK, "torch.version", f"torch {torch.version}")
    if not torch.version and not torch.error:
        words = ["torch"] if has_device else ["torch", "--index-url", CPU_WHEELS]
        what = "torch is not installed in this Python"
        return Finding(PROBLEM, "torch.version", what, install(pip, *words))
    what = f"torch cannot be imported: {torch.error}"
    wanted = f"torch=={torch.version}" if torch.version else "torch"
    remedy = install(pip, "--force-reinstall", wanted)
    return Finding(PROBLEM, "torch.version", what, remedy)


def judge_cuda(cuda: Cuda) -> Finding:
    """Say whether torch reaches the GPUs, and if not, why."""
    build = _build(cuda)
    if cuda.gpu_count:
        count = "1 GPU" if cuda.gpu_count == 1 else f"{cuda.gpu_count} GPUs"
        return Finding(OK, "cuda.build", f"{build}, {count} usable")
    if not cuda.has_device:
        what = f"{build}; no GPU here: training runs on the CPU"
        return Finding(NOTE, "cuda.build", what)
    if cuda.visible_devices is not None and cuda.visible_devices.strip() in ("", "-1"):
        what = "{}; CUDA_VISIBLE_DEVICES={!r} hides every GPU: training runs on the CPU"
        remedy = "unset CUDA_VISIBLE_DEVICES"
        return Finding(WARNING, "cuda.build", what.format(build, cuda.visible_devices), remedy)
    if not cuda.cuda_build and not cuda.hip_build:
        what = f"{build}, but this machine has a GPU: it would not be used"
        remedy = "install a CUDA build in an environment of its own: {}".format(
            "python3 -m venv ~/cuda && ~/cuda/bin/pip install torch"
        )
        return Finding(PROBLEM, "cuda.build", what, remedy)
    what = "{}, but torch reaches no GPU: {}".format(build, cuda.warning or "it gives no reason")
    remedy = "run nvidia-smi; update the driver, or install a torch built for an older CUDA"
    return Finding(PROBLEM, "cuda.build", what, remedy)


def judge_gpu(gpu: Gpu, architectures: Sequence[str]) -> Finding:
    """Say what a GPU is, and whether this build of torch has kernels for it."""
    code = f"gpu.{gpu.cuda_ordinal}"
    about = size(gpu.memory_total_bytes)
    if gpu.capability is not None:
        about += ", SM {}.{}".format(*gpu.capability)
    what = f"GPU {gpu.cuda_ordinal}: {gpu.name} ({about})"
    if gpu.capability is None:
        return Finding(OK, code, what)
    if not architectures or covers(architectures, gpu.capability):
        return Finding(OK, code, what)
    what += "; this torch has kernels for {} only".format(", ".join(architectures))
    remedy = "install a torch build for this GPU, see https://pytorch.org/get-started"
    return Finding(PROBLEM, code, what, remedy)


def covers(architectures: Sequence[str], capability: tuple[int, int]) -> bool:
    """Say whether kernels for these architectures run on a GPU of that compute capability.

    A binary (`sm_80`) runs on the same major version with the same or a higher minor one; PTX
    (`compute_90`) runs on everything that is newer; `sm_90a` runs on 9.0 alone (CUDA programming
    guide, "Application Compatibility").
    """
    return any(_covers(architecture, capability) for architecture in architectures)


def judge_nccl(version: str | None, has_nccl: bool, gpu_count: int) -> Finding:
    """Say whether several GPUs can talk to each other."""
    if has_nccl:
        return Finding(OK, "nccl.version", "NCCL {}".format(version or "of unknown version"))
    what = "this torch was built without NCCL"
    if gpu_count > 1:
        remedy = "install a CUDA build of torch; until then several GPUs talk through slow gloo"
        return Finding(PROBLEM, "nccl.version", what, remedy)
    return Finding(NOTE, "nccl.version", what + "; it is needed for several GPUs only")


def judge_distributed(is_available: bool, has_gloo: bool) -> Finding:
    """Say whether torchrun and DistributedDataParallel can work."""
    if not is_available:
        what = "this torch was built without torch.distributed: one process only"
        remedy = "install an official build of torch, see https://pytorch.org/get-started"
        return Finding(PROBLEM, "distributed.available", what, remedy)
    if not has_gloo:
        what = "torch.distributed without gloo: no ranks on the CPU"
        return Finding(WARNING, "distributed.available", what)
    return Finding(OK, "distributed.available", "torch.distributed with gloo")


def judge_torchvision(vision: Library, torch_version: str, wants_it: bool, pip: str) -> Finding:
    """Say whether torchvision's operators fit torch; `wants_it` when Ultralytics is there."""
    code = "torchvision.operators"
    if vision.version and not vision.error:
        return Finding(OK, code, f"torchvision {vision.version} fits torch")
    if vision.version:
        what = "torchvision {} does not fit torch {}: {}"
        what = what.format(vision.version, torch_version, vision.error)
        remedy = replace_beside_torch(pip, torch_version, "torchvision")
        return Finding(PROBLEM if wants_it else WARNING, code, what, remedy)
    remedy = install_beside_torch(pip, torch_version, "torchvision")
    if wants_it:
        return Finding(PROBLEM, code, "no torchvision, which Ultralytics needs", remedy)
    return Finding(NOTE, code, "no torchvision: optional, many vision trainers need it", remedy)


def judge_ultralytics(version: str | None, torch_version: str | None, pip: str) -> Finding:
    """Say which Ultralytics is there; it is needed for YOLO presets only."""
    if version:
        return Finding(OK, "ultralytics.version", f"Ultralytics {version}")
    what = "no Ultralytics: optional, YOLO presets need it"
    remedy = install_beside_torch(pip, torch_version, "ultralytics")
    return Finding(NOTE, "ultralytics.version", what, remedy)


def judge_trial(code: str, done: str, error: str) -> Finding:
    """Say how something that was really tried ended; `error` is empty when it worked."""
    if error:
        return Finding(PROBLEM, code, f"{done}: {error}", "see stderr for the traceback")
    return Finding(OK, code, done)


def size(size_bytes: int) -> str:
    """Return `7.6 GiB` or `64 MiB`."""
    if size_bytes >= GIB:
        return f"{size_bytes / GIB:.1f} GiB"
    return f"{size_bytes / MIB:.0f} MiB"


def _build(cuda: Cuda) -> str:
    if cuda.cuda_build:
        return f"torch is built for CUDA {cuda.cuda_build}"
    if cuda.hip_build:
        return f"torch is built for ROCm {cuda.hip_build}"
    return "torch is a CPU build"


def _covers(architecture: str, capability: tuple[int, int]) -> bool:
    kind, _, digits = architecture.partition("_")
    number = digits.rstrip("af")
    if not number.isdigit() or len(number) < 2:
        return False
    built = (int(number[:-1]), int(number[-1]))
    if digits.endswith("a"):
        return built == capability
    if kind == "compute":
        return built <= capability
    return built[0] == capability[0] and built[1] <= capability[1]


def _limit(count: int) -> str:
    return "no limit" if count < 0 else str(count)
