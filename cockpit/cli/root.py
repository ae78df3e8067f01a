"""The command line without its commands: its own options, and the screen."""

from __future__ import annotations

import sys
from typing import Annotated, Final

import typer

from cockpit import __version__
from cockpit.cli.main import has_screen, open_screen
from cockpit.cli.options import Devices, use_devices
from cockpit.cli.plain_options import PlainGroup

HELP: Final = (
    "Launch, watch and stop PyTorch trainings on a GPU box. Without a command: the screen."
)


def new_app() -> typer.Typer:
    """Return a command line to which commands can be added."""
    app = typer.Typer(
        name="cockpit",
        cls=PlainGroup,
        help=HELP,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(screen)
    return app


def screen(
    context: typer.Context,
    readonly: Annotated[
        bool, typer.Option("--readonly", help="Only look: start and stop nothing.")
    ] = False,
    ascii_only: Annotated[
        bool, typer.Option("--ascii", help="Draw with ASCII characters only.")
    ] = False,
    open_run: Annotated[
        str | None,
        typer.Option("--open", metavar="RUN", help="Open the screen on this run, or this path."),
    ] = None,
    devices: Devices = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Open the screen, or say the version, when no command is given."""
    use_devices(devices)
    if version:
        print(f"cockpit {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is not None:
        return
    if not has_screen():
        from cockpit.cli.runs import runs

        why = "TERM is dumb" if sys.stdout.isatty() and sys.stdin.isatty() else "no terminal"
        print(f"{why}, so this is the list of: cockpit runs", file=sys.stderr)
        runs(as_json=False)
        return
    open_screen(readonly=readonly, ascii_only=ascii_only, open_run=found(open_run))


def found(text: str | None) -> str | None:
    """Return the id of the run, or the path, that `--open` names. Raises InputError."""
    if text is None:
        return None
    from cockpit import locations
    from cockpit.cli.open import remembered
    from cockpit.views.naming import named

    run_id = named(text, locations.runs_dir()).run_id
    return remembered(text, with_curves=False).run_id if run_id is None else run_id
