"""What a preset tells of the work that a tool is asked to do, as texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cockpit.errors import InputError
from cockpit.launch.arguments import epochs_of, plan_batch
from cockpit.launch.gpus import parse_gpu_choice
from cockpit.presets.model import ArgValue, Preset

IMAGE_SIZES: Final = ("imgsz", "img-size", "img", "image-size", "crop-size", "base-size")
"""The names by which trainers know the image size."""


def preset_values(preset: Preset, flags: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    """Return what a preset tells: model, epochs, imgsz, gpus and batch_per_rank, as text.

    `flags` win, and what they tell of GPUs and batch decides the rest; `problems` may grow.
    """
    values = {
        "model": _text(preset.args.get("model")),
        "epochs": _text(epochs_of(preset) or preset.args.get("epochs")),
        "imgsz": next(
            (_text(preset.args[word]) for word in IMAGE_SIZES if word in preset.args), None
        ),
        "gpus": _gpu_count(preset),
    }
    if "batch_per_rank" not in flags:
        values["batch_per_rank"] = _batch(preset, flags.get("gpus") or values["gpus"], problems)
    return {name: text for name, text in values.items() if text is not None}


def _batch(preset: Preset, gpus: str | None, problems: list[str]) -> str | None:
    if gpus is None or not gpus.isdecimal() or int(gpus) < 1:
        return None
    try:
        plan = plan_batch(preset, int(gpus))
    except InputError as error:
        problems.append(f"preset {preset.name}: {error.problem}; try --batch-per-rank")
        return None
    return None if plan is None else str(plan.batch_per_rank)


def _gpu_count(preset: Preset) -> str | None:
    """Return how many GPUs a preset is for, or None for `auto` and its like."""
    choice = parse_gpu_choice(preset.launch.gpus)
    count = len(choice.indices) if choice.indices is not None else choice.count
    return None if count is None else str(count)


def _text(value: ArgValue | None) -> str | None:
    if isinstance(value, tuple):
        return _text(value[0]) if value else None
    return None if value is None else str(value)
