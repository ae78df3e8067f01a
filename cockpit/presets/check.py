"""Is a preset right as a whole: do its parts fit each other, are its files there?"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cockpit.errors import nearest
from cockpit.presets.model import LaunchKind, Preset

PLACEHOLDERS: Final = ("out", "preset_dir", "python", "gpus", "port")
_PLACEHOLDER: Final = re.compile(r"(?<!\{)\{([a-z_]+)(?::[^}]*)?\}")
"""In doubled braces stands a text that is handed on with single ones."""


def script_path(preset: Preset) -> Path | None:
    """Return the trainer's absolute path: relative to workdir, else to the preset's file."""
    script = preset.launch.script
    if script is None:
        return None
    base = workdir_path(preset) or preset.file.parent
    return (base / Path(script).expanduser()).absolute()


def workdir_path(preset: Preset) -> Path | None:
    """Return where the job runs, or None when it runs in {out}."""
    workdir = preset.launch.workdir
    if workdir is None:
        return None
    filled = workdir.replace("{preset_dir}", str(preset.file.parent))
    return (preset.file.parent / Path(filled).expanduser()).absolute()


def problems_of_preset(preset: Preset) -> list[str]:
    """Return what is wrong with a preset beyond its types, each as `key: problem`."""
    return [
        *_launch_problems(preset),
        *_argument_problems(preset),
        *_number_problems(preset),
        *_placeholder_problems(preset),
        *_derived_problems(preset),
        *_step_problems(preset),
    ]


def _launch_problems(preset: Preset) -> Iterator[str]:
    launch = preset.launch
    if launch.script is None and launch.kind is not LaunchKind.ULTRALYTICS:
        yield f"launch.script: is missing; kind {launch.kind} starts a script"
    workdir = workdir_path(preset)
    if workdir is not None and not workdir.is_dir():
        yield f"launch.workdir: {workdir} does not exist"
        return
    script = script_path(preset)
    if script is not None and not script.is_file():
        beside = (
            [path.name for path in script.parent.glob("*.py")] if script.parent.is_dir() else []
        )
        yield f"launch.script: {script} does not exist{nearest(script.name, beside)}"


def _argument_problems(preset: Preset) -> Iterator[str]:
    """A section that points to an argument must point to one that is there."""
    pointers = {"epochs.argument": preset.epochs_argument}
    if preset.batch is not None:
        pointers["batch.argument"] = preset.batch.argument
        pointers["batch.accumulation"] = preset.batch.accumulation
    known = [*preset.args, *(preset.config.set if preset.config else ())]
    for key, argument in pointers.items():
        if argument is not None and argument not in known:
            yield f"{key}: [args] has no {argument}{nearest(argument, known)}"
    batch = preset.batch
    if batch is not None and batch.lr_argument and not (batch.lr_base and batch.lr_base_batch):
        yield "batch.lr_argument: needs lr_base and lr_base_batch beside it"


def _number_problems(preset: Preset) -> Iterator[str]:
    """Epochs and batch must be whole numbers; a batch below 1 is the trainer's own `auto`."""
    settings = dict(preset.config.set if preset.config else {}) | dict(preset.args)
    epochs = settings.get(preset.epochs_argument or "", 1)
    if not isinstance(epochs, int) or isinstance(epochs, bool) or epochs < 1:
        yield f"args.{preset.epochs_argument}: must be a whole number from 1 on, is {epochs}"
    batch = settings.get(preset.batch.argument, 1) if preset.batch else 1
    if isinstance(batch, float):
        yield f"args.{preset.batch.argument if preset.batch else ''}: must be whole, is {batch}"


def _placeholder_problems(preset: Preset) -> Iterator[str]:
    texts = {f"args.{key}": value for key, value in preset.args.items()}
    texts |= {f"env.{key}": value for key, value in preset.env.items()}
    texts["metrics.file"] = preset.metrics.file or ""
    for key, value in texts.items():
        for match in _PLACEHOLDER.finditer(str(value)):
            if match[1] not in (*PLACEHOLDERS, "best", "last"):
                hint = nearest(match[1], PLACEHOLDERS) or f"; as a text it is {{{match[0]}}}"
                yield f"{key}: {match[0]} is not a placeholder{hint}"


def _derived_problems(preset: Preset) -> Iterator[str]:
    """The trainer's own files must be there, and of a kind that can be changed."""
    base = workdir_path(preset) or preset.file.parent
    if not base.is_dir():
        return  # said of launch.workdir
    for section, derived in {"config": preset.config, "data": preset.data}.items():
        if derived is None:
            continue
        file = base / Path(derived.file).expanduser()
        if not file.is_file():
            yield f"{section}.file: {file} does not exist"
        elif file.suffix.lower() not in (".json", ".yaml", ".yml"):
            yield f"{section}.file: {file.name}: only JSON and YAML files can be changed"


def _step_problems(preset: Preset) -> Iterator[str]:
    """A step's command must be words, and its name must mean it alone."""
    for section, steps in {"prepare": preset.prepare, "after": preset.after}.items():
        for number, step in enumerate(steps, start=1):
            try:
                has_words = bool(shlex.split(step.command))
            except ValueError as error:
                yield f"{section} {number}: command: {str(error).lower()}"
                continue
            if not has_words:
                yield f"{section} {number}: command: is empty"
        names = [step.name for step in steps if step.name]
        for name in dict.fromkeys(names):
            if name.isdigit() or names.count(name) > 1:
                yield f"{section}: name {name}: must be one step's, and no number"
