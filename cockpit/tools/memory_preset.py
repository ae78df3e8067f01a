"""What a preset tells `memory`: model, image size, optimizer, GPUs; or its own command."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cockpit.errors import InputError
from cockpit.launch.arguments import settings_of
from cockpit.presets.model import LaunchKind, Preset
from cockpit.tools.training_values import is_model
from cockpit.views.preset_question import preset_values

OPTIMIZER: Final = re.compile(r"sgd|nag|rmsprop|musgd", re.IGNORECASE)
"""Those that keep one value for each weight; all others are taken to keep two, as Adam does."""

PROBE: Final = "cockpit.supervise.memory_probe"
"""The module that trains and measures one batch of a preset's own command."""
NOT_OURS: Final = ("imgsz", "optimizer", "amp", "steps", "verify-steps")
"""What the preset's own command decides, and nobody from outside."""
GPU: Final = {"auto": None, "cpu": "cpu", "cuda": "1"}
"""What `--device` means for the GPUs of a launch."""


@dataclass(frozen=True, slots=True)
class PresetWork:
    """The options that follow from a preset, and what there is to say about them."""

    values: dict[str, str]
    notes: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    """Given to the tool besides: how the preset's own command is probed; empty where it is not."""


def work_of(preset: Preset, given: Mapping[str, str], python: str | None = None) -> PresetWork:
    """Return what a preset asks for; `given` are the options that were typed.

    A model that Ultralytics builds is trained apart; any other in the preset's own command.
    Raises InputError for a preset that does not say what its batch is.
    """
    told = preset_values(preset, {"batch_per_rank": ""}, [])
    given_model = given.get("model")
    model = given_model or told.get("model", "")
    is_apart = preset.launch.kind is LaunchKind.ULTRALYTICS and _is_ultralytics(model)
    if given_model is None and not is_apart:
        return _own_command(preset, given, told.get("gpus", ""), python)
    if not is_model(model):
        what = f"preset {preset.name}: {model} is no model that can be trained apart"
        raise InputError(what, "--model NAME.yaml, or --model package.module:function")
    notes: tuple[str, ...] = ()
    if given_model is None and model.endswith(".pt"):
        model, notes = _weights(preset, model)
    values = {"model": model, "amp": _amp(preset), "optimizer": _optimizer(preset)}
    values |= {"imgsz": told.get("imgsz", ""), "ranks": told.get("gpus", "")}
    return PresetWork({name: text for name, text in values.items() if text}, notes)


def gpus_of(given: Mapping[str, str]) -> str | None:
    """Return the GPU that `--gpu` or `--device` chooses, as `cockpit run --gpus` spells it."""
    return f"{given['gpu']}," if given.get("gpu") else GPU[given.get("device") or "auto"]


def _own_command(
    preset: Preset, given: Mapping[str, str], gpu_count: str, python: str | None
) -> PresetWork:
    if preset.launch.kind is LaunchKind.XLA:
        what = f"preset {preset.name} trains on a TPU, whose memory nobody can read from outside"
        raise InputError(what, "its own log, or torch_xla's profiler")
    if preset.batch is None:
        what = f"preset {preset.name} has no [batch]: nobody knows which argument it is"
        raise InputError(what, "add [batch] argument and scope to it, or --model NAME.yaml")
    wrong = [f"--{name}" for name in NOT_OURS if given.get(name)]
    if wrong:
        what = f"{', '.join(wrong)}: preset {preset.name} is trained by its own command"
        raise InputError(what, "change the preset, or --model trains a model apart from it")
    chosen = {"--preset": str(preset.file.absolute()), "--gpus": gpus_of(given), "--python": python}
    words = [word for flag, text in chosen.items() if text for word in (flag, text)]
    words += ["--batch", "{batch}", "--limit-bytes", "{limit_bytes}"]
    words += ["--host-bytes", "{host_bytes}", "--limit-s", "{limit_s}", "--longer", "{longer}"]
    command = [sys.executable, "-P", "-m", PROBE, *words]
    first = preset_values(preset, {}, []).get("batch_per_rank", "")
    arguments = ("--probe-command", json.dumps(command), "--first", first or _own_batch(preset))
    return PresetWork({"ranks": gpu_count} if gpu_count else {}, arguments=arguments)


def _own_batch(preset: Preset) -> str:
    """Return the preset's batch as it stands there; 1 where the trainer is to choose it."""
    value = settings_of(preset).get(preset.batch.argument if preset.batch else "")
    return str(value) if isinstance(value, int) and value > 0 else "1"


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
