"""The variables that a training is started with, each with who wanted it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from cockpit.launch.arguments import torch_minor
from cockpit.launch.own import OwnPython, foreign_python
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
TEMPORARY: Final = frozenset(
    {
        "CUDA_LAUNCH_BLOCKING",
        "NCCL_DEBUG",
        "NCCL_DEBUG_FILE",
        "NCCL_DEBUG_SUBSYS",
        "NCCL_IB_DISABLE",
        "NCCL_P2P_DISABLE",
        "NCCL_P2P_LEVEL",
        "NCCL_SHM_DISABLE",
        "PT_XLA_DEBUG",
        "TORCH_CPP_LOG_LEVEL",
        "TORCH_DISTRIBUTED_DEBUG",
        "TORCH_LOGS",
        "TORCH_NCCL_BLOCKING_WAIT",
        "TORCH_NCCL_DESYNC_DEBUG",
        "TORCH_NCCL_ENABLE_TIMING",
        "TORCH_NCCL_NAN_CHECK",
        "TORCH_SHOW_CPP_STACKTRACES",
    }
)
"""Switches for finding a fault: they cost speed or hide a defect, and should not stay."""
FR_SIZE_SINCE: Final = (2, 8)
"""TORCH_FR_BUFFER_SIZE is read from here on; before, TORCH_NCCL_TRACE_BUFFER_SIZE."""
FR_FILE_SINCE: Final = (2, 9)
"""TORCH_FR_DUMP_TEMP_FILE is in this release's library; the older name works longer."""
EXPORTED: Final = "your environment"
"""Source of a value that the person exported, and that stands instead of cockpit's default."""
DUMP_PREFIX: Final = "nccl_trace_rank_"
"""The flight recorder adds the rank; the file appears only when a collective times out."""


class Where(Protocol):
    """What the variables depend on; a planner's Place has it."""

    @property
    def python(self) -> Path:
        """The training interpreter."""

    @property
    def torch(self) -> str | None:
        """Its version of torch."""

    @property
    def out(self) -> Path:
        """`{out}`, which lies in the run directory."""

    @property
    def inherited(self) -> Mapping[str, str]:
        """The environment that the job starts from."""

    @property
    def own(self) -> OwnPython | None:
        """Cockpit's own environment where the training interpreter is another."""


def job_environment(
    launch: Launch,
    gpus: Sequence[Gpu],
    world_size: int,
    cpu_count: int,
    where: Where,
    wanted: Mapping[str, str],
    *,
    hides_gpus: bool,
) -> dict[str, EnvValue]:
    """Return what to set over the inherited environment: cockpit's defaults, then the preset's.

    What the person has exported stands instead of a default, and is told with its source.
    `hides_gpus`: the machine has GPUs that this job must not see, even when it uses none.
    """
    kind = launch.kind
    defaults = {"PYTHONUNBUFFERED": EnvValue("1", "cockpit: each log line appears at once")}
    if kind is LaunchKind.XLA:
        defaults |= _xla_defaults(where)
    if kind is LaunchKind.TORCHRUN:
        defaults |= _torchrun_defaults(launch, world_size, cpu_count)
    if len(gpus) > 1 or (gpus and kind is LaunchKind.TORCHRUN):
        defaults |= _flight_recorder(where)
    kept = {
        name: EnvValue(where.inherited[name], EXPORTED) if name in where.inherited else item
        for name, item in defaults.items()
    }
    if gpus:  # indices mean the driver's GPUs in no other order
        kept["CUDA_DEVICE_ORDER"] = EnvValue("PCI_BUS_ID", "cockpit: the driver's GPU numbers")
    # Ultralytics reads its device argument against this variable, differently by release.
    names_gpus = kind not in (LaunchKind.ULTRALYTICS, LaunchKind.XLA)
    if names_gpus and (gpus or hides_gpus):
        text = ",".join(str(gpu.gpu_index) for gpu in gpus)
        kept["CUDA_VISIBLE_DEVICES"] = EnvValue(text, "cockpit: the chosen GPUs")
    return (
        kept
        | _search_paths(where)
        | {name: EnvValue(value, _source(name)) for name, value in wanted.items()}
    )


def foreign_variables(kind: LaunchKind, where: Where) -> tuple[str, ...]:
    """Return the inherited variables that must not reach the training."""
    names = [name for name in FOREIGN if name in where.inherited]
    if kind is LaunchKind.ULTRALYTICS and "CUDA_VISIBLE_DEVICES" in where.inherited:
        names.append("CUDA_VISIBLE_DEVICES")
    return (*names, *_own_variables(where)[1])


def _source(name: str) -> str:
    return "preset; temporary: for finding a fault" if name in TEMPORARY else "preset"


def _search_paths(where: Where) -> dict[str, EnvValue]:
    why = "cockpit: the training Python's own programs and packages"
    return {name: EnvValue(text, why) for name, text in _own_variables(where)[0].items()}


def _own_variables(where: Where) -> tuple[dict[str, str], tuple[str, ...]]:
    if where.own is None:
        return {}, ()
    return foreign_python(where.inherited, where.own, where.python.parent)


def _torchrun_defaults(launch: Launch, world_size: int, cpu_count: int) -> dict[str, EnvValue]:
    threads = str(max(1, cpu_count // max(1, world_size)))
    cores = f"cockpit: {cpu_count} cores for {world_size} ranks"
    found = {"OMP_NUM_THREADS": EnvValue(threads, cores)}
    if launch.max_restarts:
        hang = EnvValue("1", "cockpit: restarts hang without it")
        found["TORCH_DISABLE_SHARE_RDZV_TCP_STORE"] = hang
    return found


def _flight_recorder(where: Where) -> dict[str, EnvValue]:
    """Return what makes NCCL keep its last collectives, and write them down when one hangs."""
    minor = torch_minor(where.torch)
    is_named = minor is None or minor >= FR_SIZE_SINCE
    size = "TORCH_FR_BUFFER_SIZE" if is_named else "TORCH_NCCL_TRACE_BUFFER_SIZE"
    has_file = minor is not None and minor >= FR_FILE_SINCE
    file = "TORCH_FR_DUMP_TEMP_FILE" if has_file else "TORCH_NCCL_DEBUG_INFO_TEMP_FILE"
    why = "cockpit: NCCL flight recorder for hangs"
    return {
        size: EnvValue("2000", why),
        "TORCH_NCCL_DUMP_ON_TIMEOUT": EnvValue("1", why),
        file: EnvValue(str(where.out.parent / DUMP_PREFIX), why),
    }


def _xla_defaults(where: Where) -> dict[str, EnvValue]:
    cache = EnvValue(str(where.out / "xla-cache"), "cockpit: a resumed run compiles nothing anew")
    return {
        "PJRT_DEVICE": EnvValue("TPU", "cockpit: without it XLA would take the CPU"),
        "XLA_PERSISTENT_CACHE_PATH": cache,
    }
