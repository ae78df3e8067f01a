"""The probe of an estimate: a few dozen real steps of its preset, trained beside the screen."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import suppress

from cockpit.errors import InputError
from cockpit.supervise.probe_line import Cancelled
from cockpit.supervise.probe_request import probe_request
from cockpit.supervise.request import RunRequest
from cockpit.supervise.time_probe import follow_probe
from cockpit.tool_runs.events import Progress
from cockpit.tools.estimate import count_of
from cockpit.tools.estimate_question import Asked
from cockpit.views.question_rules import PROBE_STEPS


def probe(asked: Asked) -> Generator[Progress]:
    """Train a few steps of what is asked about; they are kept for this and later estimates.

    Raises InputError at once where they cannot be trained here, and later what a launch raises.
    """
    name, preset = asked.ask.preset, asked.preset
    if name is None or preset is None:
        raise InputError("--probe: only with --preset", "choose one in the field preset")
    request = probe_request(name, preset, asked.flags, asked.work, asked.known.catalog)
    return _followed(request, count_of(asked.ask.values, "probe-steps") or PROBE_STEPS, asked)


def _followed(request: RunRequest, steps: int, asked: Asked) -> Generator[Progress]:
    with suppress(Cancelled):
        for doing in follow_probe(request, steps=steps, is_stopped=asked.ask.is_stopped):
            total = steps if doing.steps else None
            yield Progress(time.time(), min(doing.steps, steps), total, doing.words)
