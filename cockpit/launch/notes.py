"""What a person should know before a launch. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from cockpit.launch.plan import Gpu, Machine
from cockpit.launch.xla import DRY_RUN, device_of
from cockpit.presets.model import LaunchKind, Preset

BACKEND: Final = "TORCH_DISTRIBUTED_BACKEND"
BACKEND_ARGUMENTS: Final = ("backend", "dist-backend", "dist_backend")
WITHOUT_EFFECT: Final = {
    BACKEND: "torch does not read it: it has an effect only if the script does",
    "TORCHELASTIC_SIGNALS_TO_HANDLE": "torchrun overwrites it; cockpit passes the flag",
}
"""Variables that people set, and that do not do what they are set for (torch 2.13)."""


def of_plan(
    preset: Preset, machine: Machine, gpus: Sequence[Gpu], inherited: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the notes on a plan, most important first."""
    return tuple(_notes(preset, machine, gpus, inherited))


def _notes(
    preset: Preset, machine: Machine, gpus: Sequence[Gpu], inherited: Mapping[str, str]
) -> Iterator[str]:
    if machine.is_simulated:
        yield "the GPUs are SIMULATED: this training runs on the CPU"
    if machine.unusable:
        yield (
            "torch in the training interpreter has no CUDA: this trains on the CPU, as "
            "launch.cpu_ranks allows; cockpit check says more"
        )
    elif _wants_gpus(preset) and not machine.gpus:
        yield "no GPU was found: this trains on the CPU, as launch.cpu_ranks allows"
    if preset.launch.kind is LaunchKind.XLA and device_of(preset.env, inherited) == DRY_RUN:
        yield "PJRT_DEVICE is CPU: a dry run, this training uses no TPU"
    busy = [gpu for gpu in gpus if gpu.is_busy]
    if busy and not machine.is_simulated:
        plural = "s" if len(busy) > 1 else ""
        names = ", ".join(str(gpu.gpu_index) for gpu in busy)
        yield f"GPU{plural} {names} already in use by other processes"
    for name, why in WITHOUT_EFFECT.items():
        if name in preset.env or name in inherited:
            yield f"{name}: {why}{_instead(name, preset, inherited)}"


def _wants_gpus(preset: Preset) -> bool:
    """Return True for a preset that names GPUs, rather than take what there is."""
    launch = preset.launch
    return launch.kind is not LaunchKind.XLA and launch.gpus not in ("auto", "cpu")


def _instead(name: str, preset: Preset, inherited: Mapping[str, str]) -> str:
    """Return how the wish can be fulfilled, where this preset has a way."""
    known = [argument for argument in BACKEND_ARGUMENTS if argument in preset.args]
    if name != BACKEND or not known:
        return ""
    return f"; --set args.{known[0]}={preset.env.get(name) or inherited.get(name) or 'gloo'}"
