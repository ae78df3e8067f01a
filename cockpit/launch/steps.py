"""Commands that a preset has before and after its training, as words to execute. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from cockpit.errors import InputError
from cockpit.launch.gpus import choose_gpus, parse_gpu_choice
from cockpit.launch.placeholders import fill
from cockpit.launch.plan import LaunchPlan, Machine
from cockpit.launch.planner import Place, plan_launch
from cockpit.launch.ultralytics import ENTRY, device_value
from cockpit.presets.model import Launch, LaunchKind, MetricsSource, Needs, Preset, Retry, Step

OWN_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "python": (),
    "python3": (),
    "pip": ("-m", "pip"),
    "yolo": ("-c", ENTRY),
}
"""A command that begins with one of these means the training interpreter with these words."""


def split_command(command: str) -> list[str]:
    """Return the words of a command as a shell would split them, `~/` filled in.

    Raises InputError for one without words, or with an open quote.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise InputError(f"{command}: {str(error).lower()}", "close the quote") from error
    if not words:
        raise InputError("a step of the preset has an empty command", "give it one")
    return [str(Path(word).expanduser()) if word.startswith("~/") else word for word in words]


def uses_python(command: str) -> bool:
    """Return True for a command that runs in the training interpreter."""
    return split_command(command)[0] in OWN_WORDS or "{python}" in command


def step_words(command: str, places: Mapping[str, str]) -> tuple[str, ...]:
    """Return what is executed; `places` holds what is filled in, `python` among it."""
    first, *rest = split_command(command)
    own = OWN_WORDS.get(first)
    head = [first] if own is None else ["{python}", *own]
    return tuple(fill(word, places) for word in (*head, *rest))


def step_path(text: str, preset: Preset, base: Path) -> Path:
    """Return a path that a step names, with ~ and {preset_dir}; relative to `base`."""
    filled = fill(text, {"preset_dir": str(preset.file.parent)})
    return base / Path(filled).expanduser()


def step_name(step: Step, number: int) -> str:
    """Return the word that a step goes by on the command line: its own, or its number."""
    return step.name or str(number)


def find_step(steps: tuple[Step, ...], text: str) -> tuple[Step, str] | None:
    """Return the step that a name or a number from 1 on means, and the word that it goes by."""
    for number, step in enumerate(steps, start=1):
        if text in (step.name, str(number)):
            return step, step_name(step, number)
    return None


def plan_step(
    step: Step,
    preset: Preset,
    machine: Machine,
    place: Place,
    *,
    cwd: Path,
    places: Mapping[str, str],
    shares: bool = False,
) -> LaunchPlan:
    """Return what would be executed for a step that runs as a run of its own.

    `cwd` is where the run that it follows ran, `places` what {best} and its like stand for.
    Without a choice it takes one free GPU, or the CPU where there is none.
    """
    plain = as_preset(step, preset)
    plan = plan_launch(plain, machine, place, shares=shares)
    choice = parse_gpu_choice(plain.launch.gpus)
    gpus = choose_gpus(choice, machine, plain.launch.kind, shares=shares) if plan.gpus else ()
    device = device_value(gpus, is_simulated=machine.is_simulated)
    known = {"preset_dir": str(preset.file.parent), "gpus": device, **places}
    return replace(
        plan,
        argv=step_words(step.command, {**known, "python": str(place.python)}),
        cwd=cwd if step.workdir is None else step_path(step.workdir, preset, cwd),
    )


def as_preset(step: Step, preset: Preset) -> Preset:
    """Return the preset of which a step is the whole command: no epochs, curves or checkpoints."""
    launch = preset.launch
    kind = LaunchKind.XLA if launch.kind is LaunchKind.XLA else LaunchKind.PYTHON
    return replace(
        preset,
        launch=Launch(kind, "step", python=launch.python, gpus=launch.gpus, cpu_ranks=1),
        args={},
        epochs_argument=None,
        config=None,
        data=None,
        batch=None,
        needs=Needs(),
        metrics=MetricsSource(),
        resume=None,
        retry=Retry(),
        weights=type(preset.weights)(),
        tail=(),
    )
