"""Arguments of a preset as words of a command line, and the arithmetic of the batch. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from cockpit.errors import EnvironmentNotFit, InputError
from cockpit.launch.plan import BatchPlan
from cockpit.presets.model import ArgStyle, ArgValue, Batch, BatchScope, Preset, Scalar

_OUT: Final = re.compile(r"\{(out|preset_dir)\}")
_OF_RUN: Final = re.compile(r"\{(best|last):([^}]*)\}")


def render(args: Mapping[str, ArgValue], style: ArgStyle) -> list[str]:
    """Return the words for the arguments, in their order.

    With dashes: `true` is a bare switch, `false` is left out, a list repeats its values. As
    key=value, booleans are written out and a list becomes `[a,b]`.
    """
    words: list[str] = []
    for name, value in args.items():
        if style is ArgStyle.KEY_VALUE:
            words.append(f"{name}={_key_value_text(value)}")
        elif value is True:
            words.append(f"--{name}")
        elif value is not False:
            items = value if isinstance(value, tuple) else (value,)
            words += [f"--{name}", *(_text(item) for item in items)]
    return words


def fill(text: str, out: Path, preset_dir: Path) -> str:
    """Return `text` with {out} and {preset_dir} filled in; {best:RUN} cannot be filled yet."""
    if _OF_RUN.search(text):
        raise EnvironmentNotFit(
            f"{text}: {{best:RUN}} and {{last:RUN}} are for [[after]] steps", "give the path itself"
        )
    places = {"out": str(out), "preset_dir": str(preset_dir)}
    return _OUT.sub(lambda match: places[match[1]], text)


def fill_value(value: ArgValue, out: Path, preset_dir: Path) -> ArgValue:
    """Return an argument's value with its placeholders filled in."""
    if isinstance(value, tuple):
        return tuple(_fill_scalar(item, out, preset_dir) for item in value)
    return _fill_scalar(value, out, preset_dir)


def plan_batch(preset: Preset, world_size: int) -> BatchPlan | None:
    """Return the batch arithmetic, or None where the preset does not say what its batch means.

    Raises InputError when a global batch cannot be divided among the ranks.
    """
    batch = preset.batch
    if batch is None:
        return None
    settings = dict(preset.config.set if preset.config else {}) | dict(preset.args)
    value = settings.get(batch.argument)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        return None
    accumulation = settings.get(batch.accumulation or "", 1)
    steps = accumulation if isinstance(accumulation, int) and accumulation > 0 else 1
    if batch.scope is BatchScope.GLOBAL and value % world_size:
        raise InputError(
            f"args.{batch.argument} {value} cannot be divided among {world_size} ranks",
            f"--set args.{batch.argument}={_nearest_multiple(value, world_size)}",
        )
    per_rank = value if batch.scope is BatchScope.RANK else value // world_size
    plan = BatchPlan(per_rank, world_size, steps)
    if preset.sources.get(f"args.{batch.lr_argument}", "preset") != "preset":
        return plan  # whoever gave a learning rate means that one
    return replace(plan, lr=scaled_lr(batch, plan.global_batch))


def scaled_lr(batch: Batch, global_batch: int) -> float | None:
    """Return lr_base × global_batch / lr_base_batch (Goyal et al. 2017), or None if not asked."""
    if batch.lr_argument is None or batch.lr_base is None or batch.lr_base_batch is None:
        return None
    return batch.lr_base * global_batch / batch.lr_base_batch


def epochs_of(preset: Preset) -> int | None:
    """Return the number of epochs that the preset asks for, where it says."""
    if preset.epochs_argument is None:
        return None
    settings = dict(preset.config.set if preset.config else {}) | dict(preset.args)
    value = settings.get(preset.epochs_argument)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _fill_scalar(value: Scalar, out: Path, preset_dir: Path) -> Scalar:
    return fill(value, out, preset_dir) if isinstance(value, str) else value


def _nearest_multiple(value: int, of: int) -> int:
    return max(1, round(value / of)) * of


def _text(value: Scalar) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _key_value_text(value: ArgValue) -> str:
    if isinstance(value, tuple):
        return f"[{','.join(_key_value_text(item) for item in value)}]"
    return str(value)


def torch_minor(version: str | None) -> tuple[int, int] | None:
    """Return (2, 13) for `2.13.0+cpu`, or None."""
    match = re.match(r"(\d+)\.(\d+)", version or "")
    return (int(match[1]), int(match[2])) if match else None
