"""`--prepare`: the steps of a preset before its launch, done or shown."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cockpit.supervise.request import RunRequest


def prepare_first(request: RunRequest, *, dry_run: bool, as_json: bool) -> bool:
    """Run the steps that are left, or with `dry_run` print them; say whether to go on."""
    from cockpit.supervise.prepare import modules_of, requested_preset
    from cockpit.supervise.preparing import run_steps, shown, steps_left

    preset = requested_preset(request)
    if not dry_run:
        run_steps(preset, modules_of(preset))
        return True
    print("\n".join(shown(preset)), file=sys.stderr if as_json else sys.stdout)
    lacks = any(step.done_when is not None for step in steps_left(preset))
    if lacks:
        print("# the launch itself can be shown when these are done", file=sys.stderr)
    return not lacks
