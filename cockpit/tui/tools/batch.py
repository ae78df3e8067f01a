"""The batch that a memory sweep advises, and where a preset keeps its own. Pure."""

from __future__ import annotations

from cockpit.presets.model import BatchScope, Preset
from cockpit.tui.form import Form
from cockpit.tui.tools.record import ToolRecord
from cockpit.tui.tools.subjects import chosen_batch

Edit = tuple[str, str]
"""Key of a field of the launch form, and its value."""


def usable_batch(record: ToolRecord | None) -> int | None:
    """Return the batch that can be taken into a launch form; None without preset or advice."""
    if record is None or record.tool != "memory" or record.is_running:
        return None
    has_preset = record.asked is not None and record.asked.preset
    return chosen_batch(record.result) if has_preset else None


def batch_edit(preset: Preset, batch: int, ranks: int | None) -> tuple[Edit | None, str]:
    """Return the edit that takes a batch a rank, or why there is none; None: ranks not known."""
    if preset.batch is None:
        return None, f"{preset.name} does not say which of its arguments is the batch"
    name = preset.batch.argument
    if preset.batch.scope is BatchScope.GLOBAL:
        if ranks is not None:
            batch *= ranks
        else:
            return (
                None,
                f"{name} of {preset.name} counts all ranks: set it to {batch} × their number",
            )
    ends = (f"args.{name}", f"config.set.{name}", f"data.set.{name}")
    key = next((one.key for one in Form(preset).fields if one.key in ends), None)
    if key is None:
        return None, f"{preset.name} has no field {name}"
    return (key, str(batch)), ""
