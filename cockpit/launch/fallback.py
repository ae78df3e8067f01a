"""A training that would quietly run on the CPU is refused before it starts. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cockpit.errors import EnvironmentNotFit
from cockpit.launch.probe import NO_CUDA
from cockpit.launch.tpu import TpuSight
from cockpit.presets.model import LaunchKind, Preset

TRAIN_BY_TORCH: Final = (LaunchKind.TORCHRUN, LaunchKind.ULTRALYTICS)


@dataclass(frozen=True, slots=True)
class Fallback:
    """One reason why a training would not use the device that it is meant for."""

    code: str
    """Stable, as of a finding: `cuda.fallback`, `xla.no-tpu`."""
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class TorchBuild:
    """What decides on which device the training interpreter can compute."""

    python: Path
    torch: str | None
    cuda: str | None
    """As of TrainingPython: NO_CUDA for a build without; None: not known."""
    distributions: Mapping[str, str]
    tpus: TpuSight


def cuda_fallback(preset: Preset, build: TorchBuild) -> Fallback | None:
    """Return why a training on GPUs would run on the CPU, or None where nothing says so.

    A plain script trains by torch only where the preset names that among its modules: JAX and
    TensorFlow often have a torch for the CPU beside them.
    """
    launch = preset.launch
    trains_by_torch = launch.kind in TRAIN_BY_TORCH or "torch" in launch.modules
    if build.torch is None or build.cuda != NO_CUDA or not trains_by_torch:
        return None
    what = f"torch {build.torch} in {build.python} has no CUDA: this training would run on the CPU"
    remedy = (
        "python3 -m venv ~/cuda && ~/cuda/bin/pip install torch, then --python ~/cuda; "
        "or --gpus cpu, to train on the CPU knowingly"
    )
    return Fallback("cuda.fallback", what, remedy)


def refuse(reasons: Sequence[Fallback]) -> None:
    """Raise EnvironmentNotFit with all reasons, where there are any."""
    if reasons:
        problem = "\n".join(reason.what for reason in reasons)
        raise EnvironmentNotFit(problem, "\n  or: ".join(reason.remedy for reason in reasons))
