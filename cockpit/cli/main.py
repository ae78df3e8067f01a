"""The command line: its commands and its errors. What is heavy is imported where it is used."""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated

import typer

from cockpit import __version__
from cockpit.cli import check, estimate, gpus, logs, presets, run, runs, show, stop
from cockpit.errors import CockpitError

app = typer.Typer(
    name="cockpit",
    help="Launch, watch and stop PyTorch trainings on a GPU box. Without a command: the screen.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run")(run.run)
app.command("runs")(runs.runs)
app.command("show")(show.show)
app.command("logs")(logs.logs)
app.command("stop")(stop.stop)
app.add_typer(presets.app, name="presets")
app.command("gpus")(gpus.gpus)
app.command("check")(check.check)
app.command("estimate")(estimate.estimate)


@app.callback(invoke_without_command=True)
def screen(
    context: typer.Context,
    readonly: Annotated[
        bool, typer.Option("--readonly", help="Only look: start and stop nothing.")
    ] = False,
    ascii_only: Annotated[
        bool, typer.Option("--ascii", help="Draw with ASCII characters only.")
    ] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Open the screen, or say the version, when no command is given."""
    if version:
        print(f"cockpit {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        open_screen(readonly=readonly, ascii_only=ascii_only)


def open_screen(*, readonly: bool, ascii_only: bool, open_run: str | None = None) -> None:
    """Start the TUI; without a terminal that can draw, print the runs and say so."""
    if not is_terminal():
        print("no terminal to draw on, so this is the list of: cockpit runs", file=sys.stderr)
        runs.runs(as_json=False)
        return
    from cockpit import locations
    from cockpit.devices.spec import parse_spec, spec_from_environment
    from cockpit.tui.app import run as run_app

    devices = spec_from_environment()
    parse_spec(devices)  # a wrong COCKPIT_DEVICES is said here, before the screen is taken
    run_app(
        runs_dir=locations.runs_dir(),
        devices=devices,
        open_run=open_run,
        readonly=readonly,
        ascii_only=ascii_only,
    )


def is_terminal() -> bool:
    """Say whether both ends are a terminal that understands escape codes."""
    is_dumb = os.environ.get("TERM", "dumb") in ("", "dumb")
    return sys.stdin.isatty() and sys.stdout.isatty() and not is_dumb


def main() -> None:
    """Run one command; a user's mistake ends in a sentence, never in a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without UTF-8 shows ? for a glyph
    try:
        app()
    except CockpitError as error:
        print(f"cockpit: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
