"""What a preset tells `memory`: model, image size, optimizer, mixed precision, GPUs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cockpit.errors import InputError
from cockpit.presets.model import Preset
from cockpit.tools.training_values import is_model
from cockpit.views.preset_question import preset_values

OPTIMIZER: Final = re.compile(r"sgd|nag|rmsprop|musgd", re.IGNORECASE)
"""Those that keep one value for each weight; all others are taken to keep two, as Adam does."""


@dataclass(frozen=True, slots=True)
class PresetWork:
    """The options that follow from a preset, and what there is to say about them."""

    values: dict[str, str]
    notes: tuple[str, ...] = ()


def work_of(preset: Preset, given_model: str | None) -> PresetWork:
    """Return what a preset asks for. Raises InputError for one whose model is its script's own."""
    told = preset_values(preset, {"batch_per_rank": ""}, [])
    model = given_model or told.get("model", "")
    if not is_model(model) or (given_model is None and not _is_ultralytics(model)):
        what = f"preset {preset.name} names no model that can be trained apart from its script"
        raise InputError(what, "--model NAME.yaml, or --model package.module:function")
    notes: tuple[str, ...] = ()
    if given_model is None and model.endswith(".pt"):
        model, notes = _weights(preset, model)
    values = {"model": model, "amp": _amp(preset), "optimizer": _optimizer(preset)}
    values |= {"imgsz": told.get("imgsz", ""), "ranks": told.get("gpus", "")}
    return PresetWork({name: text for name, text in values.items() if text}, notes)


def _is_ultralytics(model: str) -> bool:
    return model.endswith((".yaml", ".yml", ".pt"))


def _weights(preset: Preset, model: str) -> tuple[str, tuple[str, ...]]:
    """Return weights that are there, or else the yaml of the same layers."""
    folder = Path(preset.launch.workdir or ".").expanduser()
    if (folder / model).is_file():
        return str((folder / model).absolute()), ()
    yaml = model.removesuffix(".pt") + ".yaml"
    return yaml, (f"{model} is not in {folder}: {yaml} has the same layers",)


def _amp(preset: Preset) -> str:
    value = preset.args.get("amp")
    return {True: "on", False: "off"}.get(value, "") if isinstance(value, bool) else ""


def _optimizer(preset: Preset) -> str:
    """Return the optimizer; Ultralytics' own choice, `auto`, is AdamW for all but long runs."""
    value = str(preset.args.get("optimizer", "auto"))
    return "sgd" if OPTIMIZER.fullmatch(value) else "adamw"
