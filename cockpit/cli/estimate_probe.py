"""`cockpit estimate --probe`: a few dozen real steps first, on which the estimate then rests."""

from __future__ import annotations

import sys
import time
from typing import Final

from cockpit.cli.amounts import parse_count
from cockpit.cli.estimate_acts import Asked
from cockpit.cli.estimate_given import Given
from cockpit.cli.options import parse_settings
from cockpit.cli.printing import say
from cockpit.cli.tool import ProgressLine, sigterm_as_interrupt
from cockpit.errors import InputError
from cockpit.presets.model import Preset
from cockpit.supervise.request import RunRequest
from cockpit.supervise.time_probe import STEPS, probe_time
from cockpit.tool_runs.events import Progress
from cockpit.views.question_flags import Question
from cockpit.views.question_preset import changes_of

MOST_STEPS: Final = 100_000
CPU: Final = "cpu"


def probe_first(asked: Asked) -> None:
    """Train a few steps of what is asked about; they are kept. Raises what a launch does."""
    given, steps = asked.given, STEPS
    if given.probe_steps is not None:
        steps = parse_count(given.probe_steps, "--probe-steps", "steps", MOST_STEPS)
    if asked.preset is None:
        raise InputError("--probe: only with --preset", "--preset quickstart --probe")
    request = request_of(given, asked.preset, asked)
    line = ProgressLine()
    try:
        with sigterm_as_interrupt():
            probe_time(request, steps=steps, say=lambda text: _tell(line, text))
    finally:
        line.clear()


def _tell(line: ProgressLine, text: str) -> None:
    """Show how far it is where that can be written over; else only what is not a count."""
    if sys.stderr.isatty():
        line.show(Progress(time.time(), 0, None, text))
    elif not text[:1].isdigit():
        say(text, sys.stderr)


def request_of(given: Given, preset: Preset, asked: Asked) -> RunRequest:
    """Return the launch of which the first steps are done. Raises InputError."""
    is_cpu = asked.work.device.startswith(CPU)
    if given.gpu is not None and not is_cpu:
        raise InputError("--probe trains here: --gpu names another machine's", "--gpu cpu, or none")
    if not is_cpu and asked.work.host is None:
        raise InputError("--probe trains here, where there are no such GPUs", "--gpu cpu")
    question = Question(given.question, asked.known.catalog, {})
    changes = changes_of(question, preset, asked.work.world_size)
    overrides = [
        (f"args.{name}" if name in preset.args else f"config.set.{name}", str(value))
        for name, value in changes.items()
    ]
    if is_cpu and given.gpus is not None:
        overrides.append(("launch.cpu_ranks", given.gpus))
    return RunRequest(
        given.preset or preset.name,
        (*parse_settings(given.settings), *overrides),
        gpus=CPU if given.gpu is not None else None if is_cpu else given.gpus,
        python=given.python,
    )
