"""`cockpit show RUN`: all that is known of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cockpit.cli import options

if TYPE_CHECKING:
    from cockpit.views.run_view import RunView


def show(
    run: options.RunOrPath = "last",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show one run: state, command, processes, metrics, checkpoints, outputs."""
    from cockpit.views.opened import open_run

    print_run(open_run(run), as_json=as_json)


def print_run(view: RunView, *, as_json: bool) -> None:
    """Print all that is known of a run."""
    from cockpit.cli.as_json import dump, show_object
    from cockpit.cli.printing import say
    from cockpit.cli.run_text import text_of
    from cockpit.views.instrument_settings import read_instrument_settings

    if as_json:
        print(dump(show_object(view)))
    else:
        say("\n".join(text_of(view, read_instrument_settings().targets)))
