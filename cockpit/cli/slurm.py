"""`cockpit slurm PRESET`: a batch script of what `cockpit run` would start."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cockpit.cli import options
from cockpit.errors import InputError

if TYPE_CHECKING:
    from cockpit.slurm.job import BatchJob, SlurmRequest
    from cockpit.supervise.request import RunRequest


def slurm(
    preset: options.Preset,
    settings: options.Settings = None,
    gpus: Annotated[str | None, typer.Option("--gpus", help="How many GPUs, or cpu.")] = None,
    python: options.Python = None,
    time: Annotated[str | None, typer.Option("--time", help="Time limit: 04:00:00.")] = None,
    partition: Annotated[str | None, typer.Option("--partition", help="Slurm's queue.")] = None,
    account: Annotated[str | None, typer.Option("--account", help="Who pays.")] = None,
    cpus: Annotated[
        int | None, typer.Option("--cpus-per-task", min=1, help="Cores; else 8 for each rank.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write the script there.")
    ] = None,
) -> None:
    """Print a Slurm batch script of a launch. Nothing is submitted."""
    from cockpit.slurm.job import SlurmRequest
    from cockpit.slurm.script import batch_script
    from cockpit.supervise.request import RunRequest

    wanted = RunRequest(preset, options.parse_settings(settings), gpus, python)
    job = plan(wanted, SlurmRequest(time, partition, account, cpus))
    for warning in job.warnings:
        print(f"note: {warning}", file=sys.stderr)
    text = batch_script(job)
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{output}: {error.strerror}") from error
    print(f"wrote {output}; submit it with: sbatch {output}", file=sys.stderr)


def plan(wanted: RunRequest, request: SlurmRequest) -> BatchJob:
    """Return the batch job of a run; this machine's GPUs do not matter."""
    from cockpit.launch.weights import with_weights
    from cockpit.presets.check import problems_of_preset
    from cockpit.slurm.job import plan_job
    from cockpit.supervise.prepare import python_of, requested_preset, texts_of
    from cockpit.supervise.preparing import refusal
    from cockpit.supervise.weights import weights_of

    preset = with_weights(requested_preset(wanted), weights_of)
    problems = problems_of_preset(preset)
    if problems:
        raise refusal(preset, problems)
    return plan_job(preset, python_of(preset), request, texts_of(preset))
