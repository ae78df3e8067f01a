"""The memory of one GPU as the driver tells it, and what this process took of it."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

PATIENCE_S = 20.0
"""nvidia-smi takes seconds where the driver is not kept loaded."""
MIB = 1 << 20


class GpuStart(NamedTuple):
    """What a GPU looked like before anything was trained on it."""

    total_bytes: int
    others_bytes: int | None
    """What other processes held; None where nvidia-smi cannot tell."""
    context_bytes: int | None
    """What CUDA itself took in this process."""


def choose_gpu(gpu_index: int | None, environ: dict[str, str]) -> str:
    """Make the chosen GPU the only visible one; return its name for nvidia-smi.

    Without a choice it is the first that is visible. Indices are the driver's, as in nvidia-smi.
    """
    visible = environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[0].strip()
    chosen = str(gpu_index) if gpu_index is not None else visible or "0"
    environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    environ["CUDA_VISIBLE_DEVICES"] = chosen
    return chosen


def count_gpus() -> int:
    """Return how many GPUs a training here would use: the visible ones."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return len([one for one in visible.split(",") if one.strip() not in ("", "-1")])
    folder = Path("/proc/driver/nvidia/gpus")
    if folder.is_dir():
        return len(list(folder.iterdir()))
    # WSL and some containers have no such folder.
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        said = subprocess.run(
            ["nvidia-smi", "-L"], capture_output=True, text=True, timeout=PATIENCE_S, check=True
        )
        return sum(line.startswith("GPU ") for line in said.stdout.splitlines())
    return 0


def read_used_bytes(gpu: str) -> int | None:
    """Return what all processes hold on a GPU, asked without making a context on it."""
    query = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits", "-i", gpu]
    with contextlib.suppress(OSError, ValueError, subprocess.SubprocessError):
        said = subprocess.run(query, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
        return int(said.stdout.strip()) * MIB
    return None


def start_on_gpu(torch: Any, gpu: str) -> GpuStart:
    """Make the context of CUDA and return what it, and others, take."""
    others = read_used_bytes(gpu)
    torch.zeros(1, device="cuda")
    torch.cuda.synchronize()
    free, total = torch.cuda.mem_get_info()
    if others is None:
        return GpuStart(total, None, None)
    context = total - free - others - torch.cuda.memory_reserved()
    return GpuStart(total, others, max(0, context))


def driver_used_bytes(torch: Any, start: GpuStart) -> int:
    """Return what this process holds now; what others hold too where that is not known."""
    free, total = torch.cuda.mem_get_info()
    return max(0, int(total - free - (start.others_bytes or 0)))


def limit_gpu(torch: Any, start: GpuStart, limit_bytes: int) -> None:
    """Let torch run out of memory where a card of this size would."""
    share = (limit_bytes - (start.context_bytes or 0)) / start.total_bytes
    torch.cuda.set_per_process_memory_fraction(min(1.0, max(share, 1e-6)))
