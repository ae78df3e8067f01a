"""`cockpit show RUN`: all that is known of one run."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from cockpit.cli import options


def show(
    run: options.Run = "last",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show one run: state, command, processes, metrics, checkpoints."""
    from cockpit import locations
    from cockpit.cli.as_json import dump, show_object
    from cockpit.cli.run_text import text_of
    from cockpit.views.instrument_settings import read_instrument_settings
    from cockpit.views.registry import Registry

    registry = Registry(locations.runs_dir())
    view = registry.read_one(registry.find(run), time.time())
    if as_json:
        print(dump(show_object(view)))
    else:
        print("\n".join(text_of(view, read_instrument_settings().targets)))
