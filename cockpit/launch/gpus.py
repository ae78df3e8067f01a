"""Which GPUs a run gets: what `--gpus` means, and which of this machine's it comes to. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cockpit.errors import EnvironmentNotFit, GpusBusy, InputError
from cockpit.presets.model import LaunchKind

if TYPE_CHECKING:
    from cockpit.launch.plan import Gpu, Machine

_INDICES: Final = re.compile(r"\d+(,\d+)*,?")
_REMEDY: Final = "--queue waits for them, --share uses them all the same, --gpus cpu uses none"


@dataclass(frozen=True, slots=True)
class GpuChoice:
    """What `--gpus` or launch.gpus asks for; exactly one of the fields is set."""

    word: str | None = None
    """auto, all or cpu"""
    count: int | None = None
    indices: tuple[int, ...] | None = None


def parse_gpu_choice(text: str) -> GpuChoice:
    """Return what `auto`, `all`, `cpu`, `4` (a count) or `0,1` (indices) asks for.

    Raises InputError; `0` is refused, since it could mean either.
    """
    text = text.strip()
    if text in ("auto", "all", "cpu"):
        return GpuChoice(word=text)
    if text == "0":
        raise InputError(
            "--gpus 0 could mean no GPU or the first one",
            "--gpus cpu for none, --gpus 0, (with a comma) for GPU 0, --gpus 1 for any one",
        )
    if text.isdigit():
        return GpuChoice(count=int(text))
    if not _INDICES.fullmatch(text):
        raise InputError(f"--gpus {text}: not a choice of GPUs", 'auto, all, cpu, 4, or "0,1"')
    indices = tuple(int(part) for part in text.split(",") if part)
    if len(set(indices)) != len(indices):
        raise InputError(f"--gpus {text}: names a GPU twice")
    return GpuChoice(indices=indices)


def choose_gpus(
    choice: GpuChoice, machine: Machine, kind: LaunchKind, *, least: int = 1, shares: bool = False
) -> tuple[Gpu, ...]:
    """Return the GPUs of `machine` that the choice comes to; empty means: on the CPU.

    `auto` is every free GPU (one process: one GPU), at least `least` of them; a count takes free
    ones; indices and `all` may name GPUs in use by others, but never those of another run.
    `shares`: use them all the same. Raises EnvironmentNotFit when the machine has fewer, and its
    kind GpusBusy when they are there but taken.
    """
    if choice.word == "cpu":
        return ()
    if choice.indices is not None:
        return _unleased(_by_index(choice.indices, machine), shares=shares)
    if choice.word == "all":
        return _unleased(machine.gpus, shares=shares)
    wanted = choice.count
    if wanted is not None and wanted > len(machine.gpus):
        what = "1 GPU is asked for" if wanted == 1 else f"{wanted} GPUs are asked for"
        raise _too_few(what, machine.gpus)
    free = [gpu for gpu in machine.gpus if not gpu.is_busy]
    needed = wanted or min(least, len(machine.gpus))
    if len(free) < needed and not shares:
        raise _too_busy(needed, machine.gpus)
    by_freedom = sorted(machine.gpus, key=lambda gpu: (gpu.is_busy, gpu.gpu_index))
    if wanted is None:
        wanted = 1 if kind in ONE_PROCESS and least == 1 else max(len(free), needed)
    return tuple(sorted(by_freedom[:wanted], key=lambda gpu: gpu.gpu_index))


ONE_PROCESS: Final = (LaunchKind.PYTHON, LaunchKind.XLA)
"""These start one process, which uses one GPU unless the preset needs more."""


def _unleased(gpus: Sequence[Gpu], *, shares: bool) -> tuple[Gpu, ...]:
    if any(gpu.holder for gpu in gpus) and not shares:
        raise _too_busy(len(gpus), gpus)
    return tuple(gpus)


def _too_busy(needed: int, gpus: Sequence[Gpu]) -> GpusBusy:
    free = sum(not gpu.is_busy for gpu in gpus)
    plural = "" if needed == 1 else "s"
    lines = [f"{needed} GPU{plural} wanted, {free} of {len(gpus)} free"]
    lines += [f"  GPU {gpu.gpu_index}: {gpu.holder or 'in use'}" for gpu in gpus if gpu.is_busy]
    return GpusBusy("\n".join(lines), _REMEDY)


def _by_index(indices: tuple[int, ...], machine: Machine) -> tuple[Gpu, ...]:
    known = {gpu.gpu_index: gpu for gpu in machine.gpus}
    missing = [index for index in indices if index not in known]
    if missing:
        plural = "s" if len(missing) > 1 else ""
        names = f"GPU{plural} {' and '.join(map(str, missing))}"
        verb = "are" if plural else "is"
        raise _too_few(f"{names} {verb} asked for", machine.gpus)
    return tuple(known[index] for index in indices)


def _too_few(what: str, gpus: Sequence[Gpu]) -> EnvironmentNotFit:
    if not gpus:
        return EnvironmentNotFit(
            f"{what}, but no GPU was found", "--gpus cpu trains on the CPU; cockpit gpus says why"
        )
    indices = [gpu.gpu_index for gpu in gpus]
    span = str(indices[0]) if len(indices) == 1 else f"{indices[0]} to {indices[-1]}"
    plural = "" if len(gpus) == 1 else "s"
    return EnvironmentNotFit(
        f"{what}; this machine has {len(gpus)} GPU{plural}: {span}", "cockpit gpus"
    )
