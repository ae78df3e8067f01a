"""Arguments of a preset as words of a command line, and the arithmetic of the batch. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from cockpit.errors import InputError
from cockpit.launch.batch_plan import BatchPlan
from cockpit.presets.model import ArgStyle, ArgValue, Batch, BatchScope, Preset, Scalar

_NEGATIVE: Final = re.compile(r"-\d+|-\d*\.\d+")
"""Negative numbers as argparse knows them: `-1e-05` is none."""


def render(args: Mapping[str, ArgValue], style: ArgStyle) -> list[str]:
    """Return the words for the arguments, in their order.

    With dashes: `true` is a bare switch, `false` is left out, a list repeats its values, and a
    text that looks like an option is joined on: `--key=-x`. As key=value, booleans are written
    out and a list becomes `[a,b]`.
    """
    words: list[str] = []
    for name, value in args.items():
        if style is ArgStyle.KEY_VALUE:
            words.append(f"{name}={_key_value_text(value)}")
        elif value is True:
            words.append(f"--{name}")
        elif not isinstance(value, tuple) and _looks_like_option(_text(value)):
            words.append(f"--{name}={_text(value)}")
        elif value is not False:
            items = value if isinstance(value, tuple) else (value,)
            words += [f"--{name}", *(_text(item) for item in items)]
    return words


def settings_of(preset: Preset) -> dict[str, ArgValue]:
    """Return what a preset gives its trainer by name: arguments, and dotted keys of [config]."""
    return dict(preset.config.set if preset.config else {}) | dict(preset.args)


def plan_batch(preset: Preset, world_size: int) -> BatchPlan | None:
    """Return the batch arithmetic, or None where the preset does not say what its batch means.

    Raises InputError when a global batch cannot be divided among the ranks.
    """
    batch = preset.batch
    if batch is None:
        return None
    settings = settings_of(preset)
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
    value = settings_of(preset).get(preset.epochs_argument)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _nearest_multiple(value: int, of: int) -> int:
    return max(1, round(value / of)) * of


def _looks_like_option(text: str) -> bool:
    """Return True for what argparse takes for an option; -3 and -0.5 are numbers to it."""
    return text.startswith("-") and not _NEGATIVE.fullmatch(text)


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
