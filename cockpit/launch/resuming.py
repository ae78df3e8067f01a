"""A preset as it continues from a checkpoint. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from cockpit.errors import EnvironmentNotFit
from cockpit.launch.arguments import epochs_of
from cockpit.presets.model import Preset, Resume, ResumeEpochs


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """Where a training continues."""

    checkpoint: Path
    epoch: int | None
    """Epochs done before it, where that is known."""


def can_resume(preset: Preset) -> bool:
    """Say whether the trainer of a preset can continue from a checkpoint."""
    return preset.resume is not None and preset.resume.args is not None


def require_resume(preset: Preset) -> tuple[Resume, tuple[str, ...]]:
    """Return how a trainer continues, and its words for that. Raises EnvironmentNotFit."""
    resume = preset.resume
    if resume is None or resume.args is None:
        raise EnvironmentNotFit(
            f"{preset.name}: this trainer cannot continue (no resume.args in the preset)",
            f"cockpit run {preset.name} starts anew",
        )
    return resume, resume.args


def resumed(preset: Preset, point: ResumePoint) -> Preset:
    """Return the preset whose command continues from `point`.

    Raises EnvironmentNotFit where its trainer cannot.
    """
    resume, words = require_resume(preset)
    named = {word.lstrip("-").partition("=")[0] for word in words}
    args = {name: value for name, value in preset.args.items() if name not in named}
    changed = replace(preset, args=args, tail=words)
    if resume.epochs is ResumeEpochs.TOTAL:
        return changed
    whole, name = epochs_of(preset), preset.epochs_argument
    if whole is None or name is None or point.epoch is None:
        raise EnvironmentNotFit(
            f"{preset.name}: its trainer counts from 1 again, and how many epochs were done is "
            "not known",
            "cockpit logs says how far it came",
        )
    return changed.with_setting(name, whole - point.epoch)
