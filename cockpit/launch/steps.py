"""Commands that a preset has before and after its training, as words to execute. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from cockpit.errors import InputError
from cockpit.launch.placeholders import fill
from cockpit.launch.plan import LaunchPlan, Machine
from cockpit.launch.planner import Place, plan_launch
from cockpit.launch.ultralytics import ENTRY, device_value
from cockpit.launch.weights import FindWeights
from cockpit.presets.model import (
    Launch,
    LaunchKind,
    MetricsSource,
    Needs,
    Preset,
    Retry,
    Step,
    Weights,
)

OWN_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "python": (),
    "python3": (),
    "pip": ("-m", "pip"),
    "yolo": ("-c", ENTRY),
}
"""A command that begins with one of these means the training interpreter with these words."""
THIS: Final = "RUN"
"""The run that a step follows, as the word of a run."""
KEPT: Final = ("schema", "summary", "launch")
"""What a step's own record keeps of the preset: it is not retried, resumed or followed."""
_WEIGHTS: Final = re.compile(r"\{(best|last)(?::([^}]*))?\}")


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


def step_words(
    command: str, places: Mapping[str, str], find: FindWeights | None = None
) -> tuple[str, ...]:
    """Return what is executed; `places` holds what is filled in, `python` among it.

    `find` is asked for the weights that the command names: `{best}` and `{best:RUN}` mean those of
    the run that it follows, `{best:…}` those of another one.
    """
    first, *rest = split_command(command)
    own = OWN_WORDS.get(first)
    head = [first] if own is None else ["{python}", *own]
    words = [fill(word, places) for word in (*head, *rest)]
    if find is None:
        return tuple(words)
    return tuple(_WEIGHTS.sub(lambda found: find(found[1], found[2] or THIS), w) for w in words)


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
    out: Path,
    find: FindWeights,
    shares: bool = False,
) -> LaunchPlan:
    """Return what would be executed for a step that runs as a run of its own.

    `cwd` is where the run that it follows ran, `out` what {out} is for that one. Raises what
    `find` raises, InputError and EnvironmentNotFit.
    """
    plan = plan_launch(as_preset(preset), machine, place, shares=shares)
    gpus = [gpu for gpu in machine.gpus if gpu.gpu_index in plan.gpus]
    places = {
        "out": str(out),
        "preset_dir": str(preset.file.parent),
        "python": str(place.python),
        "gpus": device_value(gpus, is_simulated=machine.is_simulated),
    }
    return replace(
        plan,
        argv=step_words(step.command, places, find),
        cwd=cwd if step.workdir is None else step_path(step.workdir, preset, cwd),
    )


def as_preset(preset: Preset) -> Preset:
    """Return a preset of which a step is the whole command: no epochs, curves or checkpoints.

    On the CPU it runs where there is no GPU; of more than one it is given one.
    """
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
        weights=Weights(),
        tail=(),
        document={name: preset.document[name] for name in KEPT if name in preset.document},
    )
