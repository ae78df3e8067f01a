"""The commands of the command line. What is heavy is imported by those who need it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cockpit import __version__
from cockpit.cli import (
    adopt,
    after,
    check,
    collectives,
    compare,
    estimate,
    explain,
    gpus,
    logs,
    memory,
    metrics,
    presets,
    report,
    resume,
    run,
    runs,
    scaling,
    show,
    slurm,
    steptime,
    stop,
)
from cockpit.cli.main import has_screen, open_screen
from cockpit.cli.open import open_path, remembered
from cockpit.cli.options import Devices, use_devices
from cockpit.cli.plain_options import PlainCommand, PlainGroup

app = typer.Typer(
    name="cockpit",
    cls=PlainGroup,
    help="Launch, watch and stop PyTorch trainings on a GPU box. Without a command: the screen.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run")(run.run)
app.command("runs")(runs.runs)
app.command("show")(show.show)
app.command("metrics")(metrics.metrics)
app.command("open")(open_path)
app.command("explain")(explain.explain)
app.command("logs")(logs.logs)
app.command("stop")(stop.stop)
app.command("after")(after.after)
app.command("resume")(resume.resume)
app.command("adopt")(adopt.adopt)
app.add_typer(presets.app, name="presets")
app.command("gpus", cls=gpus.GpusCommand)(gpus.gpus)
app.command("compare")(compare.compare)
app.command("report")(report.report)
app.command("check")(check.check)
app.command("collectives")(collectives.collectives)
app.command("nccl", hidden=True)(collectives.collectives)
app.command("memory")(memory.memory)
app.command("scaling")(scaling.scaling)
app.command("steptime")(steptime.steptime)
app.command("slurm")(slurm.slurm)
app.command("estimate", cls=PlainCommand)(estimate.estimate)


@app.callback(invoke_without_command=True)
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
        why = "TERM is dumb" if sys.stdout.isatty() and sys.stdin.isatty() else "no terminal"
        print(f"{why}, so this is the list of: cockpit runs", file=sys.stderr)
        runs.runs(as_json=False)
        return
    open_screen(readonly=readonly, ascii_only=ascii_only, open_run=found(open_run))


def found(text: str | None) -> str | None:
    """Return the id of the run, or the path, that `--open` names. Raises InputError."""
    if text is None:
        return None
    from cockpit import locations
    from cockpit.views.naming import named

    run_id = named(text, locations.runs_dir()).run_id
    return remembered(text, with_curves=False).run_id if run_id is None else run_id
