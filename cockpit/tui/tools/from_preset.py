"""What a preset means for a tool: the options that it answers, and its interpreter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from cockpit.errors import InputError
from cockpit.presets.model import Preset
from cockpit.presets.resolve import resolve
from cockpit.tools.memory_preset import work_of
from cockpit.tools.start import ToolAsk
from cockpit.tools.training_values import is_model, rank_numbers
from cockpit.tui.tools.form import AUTO
from cockpit.views.preset_question import preset_values

ULTRALYTICS: Final = (".yaml", ".yml", ".pt")
"""Such a model is built by Ultralytics, which the interpreter then must have."""
_FIELDS: Final = {"model": "model", "imgsz": "imgsz", "batch-per-rank": "batch_per_rank"}


def completed(ask: ToolAsk) -> ToolAsk:
    """Return what is asked for with what the preset tells; what was typed wins.

    Raises InputError for a preset that the tool cannot use.
    """
    values, python = dict(ask.values), ask.python
    if ask.preset is not None:
        preset = resolve(ask.preset)
        if ask.definition.name == "memory":
            chosen = None if python == AUTO else python
            work = work_of(preset, ask.values, chosen)
            modules = () if work.arguments else ask.modules
            ask = replace(ask, more_arguments=work.arguments, modules=modules)
            values = {**work.values, **values}
        else:
            values = {**_told(preset, ask.values), **values}
        python = preset.launch.python if python == AUTO else python
    is_built_there = values.get("model", "").lower().endswith(ULTRALYTICS)
    modules = ("torch", "ultralytics") if is_built_there else ask.modules
    return replace(ask, values=values, python=python, modules=modules)


def _told(preset: Preset, given: Mapping[str, str]) -> dict[str, str]:
    ranks = rank_numbers(given.get("ranks", ""))
    told = preset_values(preset, {"gpus": str(max(ranks))} if ranks else {}, [])
    values = {option: told[field] for option, field in _FIELDS.items() if field in told}
    if "model" not in given and not is_model(values.get("model", "")):
        what = f"preset {preset.name} names no model that can be trained apart from its script"
        raise InputError(what, "name one in the field model")
    return values
