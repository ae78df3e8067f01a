"""`cockpit estimate --probe`: a few dozen real steps first, on which the estimate then rests."""

from __future__ import annotations

import sys
import time

from cockpit.cli.estimate_acts import Asked
from cockpit.cli.options import parse_settings
from cockpit.cli.printing import say
from cockpit.cli.tool import ProgressLine, sigterm_as_interrupt
from cockpit.errors import InputError
from cockpit.supervise.probe_request import probe_request
from cockpit.supervise.time_probe import STEPS, probe_time
from cockpit.tool_runs.events import Progress
from cockpit.views.question_amounts import parse_count
from cockpit.views.question_rules import MOST_STEPS


def probe_first(asked: Asked) -> None:
    """Train a few steps of what is asked about; they are kept. Raises what a launch does."""
    given, steps = asked.given, STEPS
    if given.probe_steps is not None:
        steps = parse_count(given.probe_steps, "--probe-steps", "steps", MOST_STEPS)
    if asked.preset is None:
        raise InputError("--probe: only with --preset", "--preset quickstart --probe")
    request = probe_request(
        given.preset or asked.preset.name,
        asked.preset,
        given.question,
        asked.work,
        asked.known.catalog,
        settings=parse_settings(given.settings),
        python=given.python,
    )
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
