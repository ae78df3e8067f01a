"""`--prepare`: the steps of a preset before its launch, done or shown."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cockpit.supervise.prepare import RunRequest


def prepare_first(request: RunRequest, *, dry_run: bool, as_json: bool) -> bool:
    """Run the steps that are left, or with `dry_run` print them; say whether all are done."""
    from cockpit.supervise.prepare import modules_of, requested_preset
    from cockpit.supervise.preparing import is_done, run_steps, shown

    preset = requested_preset(request)
    if not dry_run:
        run_steps(preset, modules_of(preset))
        return True
    out = sys.stderr if as_json else sys.stdout
    for step in preset.prepare:
        print("\n".join(shown(step, preset)), file=out)
    all_done = all(is_done(step, preset) for step in preset.prepare)
    if not all_done:
        print("# the launch itself can be shown when these are done", file=sys.stderr)
    return all_done
