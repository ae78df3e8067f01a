"""The variables that a training is started with, each with who wanted it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cockpit.launch.plan import EnvValue, Gpu
from cockpit.presets.model import Launch, LaunchKind

FOREIGN: Final = (
    "COCKPIT_RUN_ID",
    "COCKPIT_RUN_DIR",
    "RANK",
    "LOCAL_RANK",
    "WORLD_SIZE",
    "LOCAL_WORLD_SIZE",
    "GROUP_RANK",
    "MASTER_ADDR",
    "MASTER_PORT",
    "TORCHELASTIC_RUN_ID",
    "TORCHELASTIC_USE_AGENT_STORE",
)
"""Left over from a surrounding torchrun or run; a trainer would take them for its own."""


def job_environment(
    launch: Launch,
    gpus: Sequence[Gpu],
    world_size: int,
    cpu_count: int,
    inherited: Mapping[str, str],
    wanted: Mapping[str, str],
    *,
    hides_gpus: bool,
) -> dict[str, EnvValue]:
    """Return what to set over the inherited environment: cockpit's defaults, then the preset's.

    `hides_gpus`: the machine has GPUs that this job must not see, even when it uses none.
    """
    kind = launch.kind
    defaults = {"PYTHONUNBUFFERED": EnvValue("1", "cockpit: each log line appears at once")}
    if gpus:
        defaults["CUDA_DEVICE_ORDER"] = EnvValue("PCI_BUS_ID", "cockpit: the driver's GPU numbers")
    if kind is LaunchKind.TORCHRUN:
        defaults |= _torchrun_defaults(gpus, world_size, cpu_count)
    always = ("CUDA_DEVICE_ORDER",)  # indices mean the driver's GPUs in no other order
    kept = {
        name: value for name, value in defaults.items() if name not in inherited or name in always
    }
    # Ultralytics reads its device argument against this variable, differently by release.
    if kind is not LaunchKind.ULTRALYTICS and (gpus or hides_gpus):
        text = ",".join(str(gpu.gpu_index) for gpu in gpus)
        kept["CUDA_VISIBLE_DEVICES"] = EnvValue(text, "cockpit: the chosen GPUs")
    return kept | {name: EnvValue(value, "preset") for name, value in wanted.items()}


def foreign_variables(kind: LaunchKind, inherited: Mapping[str, str]) -> tuple[str, ...]:
    """Return the inherited variables that must not reach the training."""
    names = [name for name in FOREIGN if name in inherited]
    if kind is LaunchKind.ULTRALYTICS and "CUDA_VISIBLE_DEVICES" in inherited:
        names.append("CUDA_VISIBLE_DEVICES")
    return tuple(names)


def _torchrun_defaults(gpus: Sequence[Gpu], world_size: int, cpu_count: int) -> dict[str, EnvValue]:
    threads = max(1, cpu_count // max(1, world_size))
    found = {
        "OMP_NUM_THREADS": EnvValue(
            str(threads), f"cockpit: {cpu_count} cores for {world_size} ranks"
        )
    }
    if gpus:
        found["TORCH_FR_BUFFER_SIZE"] = EnvValue("2000", "cockpit: NCCL flight recorder for hangs")
    return found
