"""Which GPUs a run gets: what `--gpus` means, and which of this machine's it comes to. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cockpit.errors import EnvironmentNotFit, InputError
from cockpit.launch.plan import Gpu, Machine
from cockpit.presets.model import LaunchKind

_INDICES: Final = re.compile(r"\d+(,\d+)*,?")


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


def choose_gpus(choice: GpuChoice, machine: Machine, kind: LaunchKind) -> tuple[Gpu, ...]:
    """Return the GPUs of `machine` that the choice comes to; empty means: on the CPU.

    `auto` is every free GPU (plain Python: one); when none is free, every GPU. A count takes
    free ones first. Raises EnvironmentNotFit when the machine has fewer.
    """
    if choice.word == "cpu":
        return ()
    if choice.indices is not None:
        return _by_index(choice.indices, machine)
    by_freedom = sorted(machine.gpus, key=lambda gpu: (gpu.is_busy, gpu.gpu_index))
    if choice.count is not None:
        if choice.count > len(machine.gpus):
            raise _too_few(f"{choice.count} GPUs are asked for", machine.gpus)
        chosen: Sequence[Gpu] = by_freedom[: choice.count]
    elif choice.word == "all":
        chosen = machine.gpus
    else:
        free = [gpu for gpu in machine.gpus if not gpu.is_busy] or list(by_freedom)
        chosen = free[:1] if kind is LaunchKind.PYTHON else free
    return tuple(sorted(chosen, key=lambda gpu: gpu.gpu_index))


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
